"""Pages are read into steps: the documented ones as they are meant, odd ones without surprise."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest

from conformance.data import fixtures
from conformance.page import (
    Apply,
    ExpectedOutput,
    Export,
    NotRun,
    Page,
    Request,
    Section,
    Step,
    load_page,
    read_page,
)
from conformance.problems import InputProblem

OURS = fixtures("pages", "mistral-and-deepseek.txt")
SEED = Path(__file__).parents[2] / "shared" / "seed" / "openai-compatible-providers.txt"
VARIABLES = {"INGRESS_GW_ADDRESS": "127.0.0.1", "MISTRAL_API_KEY": "m-key", "DEEPSEEK_API_KEY": "d-key"}


@pytest.fixture(params=[OURS, SEED], ids=["our-page", "documented-page"])
def page(request: pytest.FixtureRequest) -> Page:
    path: Path = request.param
    if not path.is_file():
        pytest.skip(f"the documented page is not at hand: {path.name} is looked for beside the checkout")
    return load_page(path)


def example(page: Page, provider: str) -> Section:
    return next(section for section in page.sections if section.title == f"{provider} example")


def one(text: str) -> Step:
    steps = read_page(text, "page.txt").steps
    assert len(steps) == 1, steps
    return steps[0]


def not_run(text: str) -> NotRun:
    step = one(text)
    assert isinstance(step, NotRun), step
    return step


def request_of(text: str) -> Request:
    step = one(text)
    assert isinstance(step, Request), step
    return step


def apply_of(text: str) -> Apply:
    step = one(text)
    assert isinstance(step, Apply), step
    return step


def export_of(text: str) -> Export:
    step = one(text)
    assert isinstance(step, Export), step
    return step


@pytest.mark.parametrize(("provider", "key"), [("Mistral AI", "MISTRAL_API_KEY"), ("DeepSeek", "DEEPSEEK_API_KEY")])
def test_each_example_is_eight_steps(page: Page, provider: str, key: str) -> None:
    steps = example(page, provider).steps
    assert [type(step) for step in steps] == [Export, Apply, Apply, Apply, Apply, Request, Request, ExpectedOutput]
    assert isinstance(steps[0], Export)
    assert (steps[0].name, steps[0].placeholder, steps[0].resolve({})) == (key, "<insert your API key>", None)
    kinds = [step.documents(VARIABLES)[0].data["kind"] for step in steps if isinstance(step, Apply)]
    assert kinds == ["Secret", "Backend", "HTTPRoute", "BackendTLSPolicy"]
    assert [step.item.number for step in steps if step.item] == [2, 3, 4, 5, 6, 7, 7, 7]


def test_no_step_stands_outside_the_examples(page: Page) -> None:
    assert len(page.steps) == 16


def test_the_secret_gets_its_key(page: Page) -> None:
    secret = next(step for step in example(page, "Mistral AI").steps if isinstance(step, Apply))
    assert "Authorization: $MISTRAL_API_KEY" in secret.text
    assert secret.documents(VARIABLES)[0].data["stringData"] == {"Authorization": "m-key"}
    with pytest.raises(InputProblem, match=r"\$MISTRAL_API_KEY has no value") as caught:
        secret.resolve({})
    assert caught.value.position
    line = Path(caught.value.position.file).read_text(encoding="utf-8").split("\n")[caught.value.position.line - 1]
    assert line.strip() == "Authorization: $MISTRAL_API_KEY"


def test_positions_of_fields_are_those_of_the_page(page: Page) -> None:
    for step in page.steps:
        if not isinstance(step, Apply):
            continue
        document = step.documents(VARIABLES)[0]
        place = document.at("metadata", "name")
        line = Path(place.file).read_text(encoding="utf-8").split("\n")[place.line - 1]
        assert line[place.column - 1 :] == f"name: {document.data['metadata']['name']}"


@pytest.mark.parametrize(("provider", "path"), [("Mistral AI", "/mistral"), ("DeepSeek", "/deepseek")])
def test_both_requests_are_what_curl_sends(page: Page, provider: str, path: str) -> None:
    requests = [step.resolve(VARIABLES) for step in example(page, provider).steps if isinstance(step, Request)]
    assert [request.parts().authority for request in requests] == ["127.0.0.1:8080", "localhost:8080"]
    for request in requests:
        assert (request.method, request.parts().target) == ("POST", path)
        assert request.headers == (("content-type", "application/json"),)
        assert request.body
        assert request.body.startswith(b'{\n   "model": "",\n   "messages": [')
        assert json.loads(request.body)["messages"][1]["role"] == "user"


def test_the_example_output_is_json(page: Page) -> None:
    for provider in ("Mistral AI", "DeepSeek"):
        output = example(page, provider).steps[-1]
        assert isinstance(output, ExpectedOutput)
        assert output.is_json
        assert output.value["object"] == "chat.completion"
        assert json.loads(output.text) == output.value


# --- exports


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("export A=plain", "plain"),
        ("export A='single $B'", "single $B"),
        ('export A="double ${B}"', "double b c"),
        ("export A=$B", "b c"),
        ("export A=", ""),
        ("A=bare", "bare"),
        ("$ export A=prompted # with a comment", "prompted"),
        (r'export A="\$B \\ \n"', r"$B \ \n"),
        (r"export A=a\ b", "a b"),
        ("export A=x\\\ny", "xy"),
        ("export A=5$", "5$"),
    ],
)
def test_exported_values(line: str, value: str) -> None:
    export = export_of(line)
    assert (export.name, export.placeholder, export.resolve({"B": "b c"})) == ("A", None, value)


@pytest.mark.parametrize("value", ["<insert>", '"<your key>"', "your-api-key", "...", "sk-xxxx", "YOUR_KEY"])
def test_placeholders_ask_for_a_generated_key(value: str) -> None:
    export = export_of(f"export KEY={value}")
    assert export.value is None
    assert export.placeholder == value.strip('"')


def test_one_export_may_set_several() -> None:
    steps = read_page("export A=1 B=2", "page.txt").steps
    assert [(step.name, step.resolve({})) for step in steps if isinstance(step, Export)] == [("A", "1"), ("B", "2")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("export A=$(kubectl get svc -o jsonpath='{.x}')", "command substitution"),
        ('export A="$(kubectl get "svc")"', "command substitution"),
        ('export A="$(unclosed"', "command substitution"),
        ("export A=$(unclosed", "command substitution"),
        ("export A=`date`", "backticks"),
        ('export A="`date`"', "backticks"),
        ("export A=${B:-c}", "other than"),
        ("export A=$'x'", "needs a shell"),
        ("export A=$1", r"\$1"),
        ("export A={a,b}", "braces"),
        ("export AB", "gives no value"),
        ("export A=1 | tee x", "not a plain"),
        ("export A=1 && export B=2", "'&&'"),
        ("export A=1 &&\nexport B=2", "'&&'"),
    ],
)
def test_exports_that_need_a_shell_are_not_run(line: str, reason: str) -> None:
    assert re.search(reason, not_run(line).reason)


# --- manifests


@pytest.mark.parametrize(
    "command",
    [
        "kubectl apply -f- <<EOF\na: $A\nEOF",
        "kubectl apply -f - << EOF\na: ${A}\nEOF\n",
        "kubectl apply --server-side --filename=- <<EOF\na: $A\nEOF",
        "kubectl apply --filename - --force-conflicts <<EOF\na: $A\nEOF",
        "    kubectl apply -f- <<EOF\n    a: $A\n    EOF",
        "\tkubectl apply -f- <<-EOF\n\t\ta: $A\n\tEOF",
        "cat <<EOF | kubectl apply -f -\na: $A\nEOF",
        "kubectl apply \\\n  -f- <<EOF\na: $A\nEOF",
        "1. kubectl apply -f- <<EOF\n   a: $A\n   EOF",
    ],
)
def test_spellings_of_apply(command: str) -> None:
    assert apply_of(command).documents({"A": "b"})[0].data == {"a": "b"}


@pytest.mark.parametrize("marker", ["'EOF'", '"EOF"', r"\EOF"])
def test_a_quoted_end_marker_keeps_variables(marker: str) -> None:
    assert apply_of(f"kubectl apply -f- <<{marker}\na: $(x) $A\nEOF").resolve({}) == "a: $(x) $A\n"


def test_options_of_apply_are_kept() -> None:
    step = apply_of("kubectl apply -n here --server-side -f- <<EOF\na: 1\nEOF")
    assert (step.namespace, step.server_side) == ("here", True)
    assert apply_of("kubectl apply --namespace=there -f- <<EOF\na: 1\nEOF").namespace == "there"


def test_escapes_in_a_heredoc() -> None:
    text = 'a: "\\$A \\\\ \\" $A costs 5$"'
    assert apply_of(f"kubectl apply -f- <<EOF\n{text}\nEOF").resolve({"A": "v"}) == 'a: "$A \\ \\" v costs 5$"\n'


def test_yaml_mistakes_are_placed_on_the_page() -> None:
    step = apply_of("Title\n\n    kubectl apply -f- <<EOF\n    a: 1\n      b: [\n    EOF")
    with pytest.raises(InputProblem) as caught:
        step.documents({})
    assert caught.value.position
    assert caught.value.position.line == 5


def test_a_value_with_several_lines_does_not_go_into_yaml() -> None:
    with pytest.raises(InputProblem, match="more than one line"):
        apply_of("kubectl apply -f- <<EOF\na: $A\nEOF").resolve({"A": "x\ny: z"})


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("kubectl apply -f https://example.com/x.yaml", "not on the page"),
        ("kubectl apply -f x.yaml -f y.yaml", "not on the page"),
        ("kubectl apply -k dir", "-k is not supported"),
        ("kubectl apply -f", "not on the page"),
        ("kubectl apply stray -f- <<EOF\na: 1\nEOF", "'stray' is not supported"),
        ("kubectl apply --dry-run=server -f- <<EOF\na: 1\nEOF", "--dry-run is not supported"),
        ("kubectl apply --server-side=false -f- <<EOF\na: 1\nEOF", "--server-side is not supported"),
        ("kubectl apply -f- <<EOF\na: $(date)\nEOF", "command substitution"),
        ("kubectl apply -f- <<EOF\na: `date`\nEOF", "backticks"),
        ("kubectl apply -f- <<EOF\na: \\\n1\nEOF", "continues a line"),
        ("kubectl create -f- <<EOF\na: 1\nEOF", "of kubectl, only `apply`"),
        ("kubectl get pods -A", "`kubectl get` only looks at the cluster"),
        ("kubectl get pods -o yaml > x.yaml", "what kubectl prints into a file"),
        ("kubectl -n x delete secret y", "the target ends with the page"),
        ("kubectl exec deploy/x -- ls", "needs pods"),
        ("kubectl apply -n $NS -f- <<EOF\na: 1\nEOF", "in a heredoc or file of the page"),
        ("kubectl create secret tls x --cert a --key b", "--cert is not supported"),
        ("kubectl create secret generic x --from-literal=$A", "only --from-literal=KEY=VALUE"),
        ("kubectl create secret generic x --from-literal=a=b | tee y", "only generic ones"),
        ("cat >> x.yaml <<EOF\na: 1\nEOF", "'>>'"),
        ("cat <<EOF\na: 1\nEOF", "'cat' only shows something"),
        ("kubectl port-forward deploy/agentgateway 15000", "the proxy's admin port"),
        ("```sh\ncurl localhost:8080/x -d '{\n```\nIt's x", "the quote that opens here is never closed"),
        ("```sh\nkubectl apply -f- <<EOF\na: 1\n```\n    EOF", "the heredoc that begins here is never closed"),
        ("kubectl port-forward deploy/x 8080:8080 &", "something else than the gateway"),
        ("kubectl port-forward deploy/agentgateway 8080 9090", "one pair of ports"),
        ("curl http://<ADDRESS>:11434/v1/models", "<ADDRESS> is for the reader to fill in"),
        ('kubectl apply -n {{< reuse "x.md" >}} -f- <<EOF\na: 1\nEOF', "stands for is not on the page"),
        ("apiVersion: v1\nkind: Secret", "outside a command"),
        ("helm install x \\\n  --set a=b", "'helm' installs or asks software"),
        ("kind create cluster", "'kind' makes clusters"),
        ("go install x@latest", "'go' fetches software"),
        ("frobnicate --all | sort", "'frobnicate' is not one"),
        ("$ frobnicate", "'frobnicate' is not one"),
        ("```sh\nfrobnicate all\n```", "'frobnicate' is not one"),
        ("KEY=x curl localhost:8080/x", "'KEY=x' is not one"),
        ("$ | x", "begins with an operator"),
    ],
)
def test_what_is_not_understood_says_why(command: str, reason: str) -> None:
    assert reason in not_run(command).reason


# --- requests


@pytest.mark.parametrize(
    "command",
    [
        "curl localhost:8080/x -d a",
        'curl "$INGRESS_GW_ADDRESS:8080/x" -d a | jq',
        "curl ${INGRESS_GW_ADDRESS}/x -d 'a' | jq -r '.choices[0].message' | jq .",
        "curl 127.0.0.1:8080/x \\\n  -d a |\n  jq",
        "curl http://[::1]:8080/x -d \"a\" # comment 'with' quotes",
        "```bash\n# a comment\n$ curl localhost:8080/x -d a\n```",
    ],
)
def test_requests_to_the_gateway(command: str) -> None:
    request = request_of(command).resolve({"INGRESS_GW_ADDRESS": "10.0.0.1"})
    assert (request.method, request.parts().target, request.body) == ("POST", "/x", b"a")


def test_variables_of_a_request() -> None:
    step = request_of("curl localhost:8080/x -H \"Authorization: Bearer $KEY\" -d '$KEY'")
    assert step.curl.headers == (("Authorization", "Bearer $KEY"),)
    resolved = step.resolve({"KEY": "a key"})
    assert resolved.headers == (("Authorization", "Bearer a key"),)
    assert resolved.body == b"$KEY"
    with pytest.raises(InputProblem, match=r"page.txt:1:26: the variable \$KEY has no value here.*export KEY="):
        step.resolve({"KEY": ""})


def test_unquoted_values_that_a_shell_would_split_are_a_problem() -> None:
    with pytest.raises(InputProblem, match="white space"):
        request_of("curl localhost:8080/x -d $A").resolve({"A": "a b"})


def test_values_that_make_no_url_are_a_problem() -> None:
    with pytest.raises(InputProblem, match="with the variables filled in, the URL's host or port"):
        request_of("curl $INGRESS_GW_ADDRESS:8080/x").resolve({"INGRESS_GW_ADDRESS": "::1"})


def test_variables_that_the_page_sets_count() -> None:
    page = read_page("export PORT=8080\nexport AT=localhost:$PORT\nexport O=$P\ncurl $AT/x", "page.txt")
    assert isinstance(page.steps[-1], Request)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("curl https://api.mistral.ai/v1/models", "api.mistral.ai:443, which is not the gateway"),
        ("curl localhost:9090/metrics", "not the gateway"),
        ("curl https://localhost:8080/x", "speaks TLS to the gateway"),
        ("curl $ELSEWHERE/x", "does not give: the variable ELSEWHERE"),
        ("curl localhost:8080/x | sh", "only `| jq` is understood"),
        ("curl localhost:8080/x |", "only `| jq` is understood"),
        ("curl localhost:8080/x > out", "'>'"),
        ("curl --frob localhost:8080/x", "--frob is not supported"),
        ("curl localhost:8080/x -d @- <<EOF\na\nEOF", "heredoc"),
        ("curl localhost:8080/x \\ ", "followed by a space"),
        ("curl localhost:8080/x -d $A", "white space"),
    ],
)
def test_requests_that_are_not_sent(command: str, reason: str) -> None:
    known = "export A='a b'\n" if "$A" in command else ""
    step = read_page(known + command, "page.txt").steps[-1]
    assert isinstance(step, NotRun)
    assert reason in step.reason


# --- outputs, prose, headings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Example output:\n\n{"a": 1}\nmore', {"a": 1}),
        ("**Expected response:**\n```json\n[1]\n```", [1]),
        ("Sample output (shortened):\n```json\n{}\n```\n", {}),
    ],
)
def test_json_outputs(text: str, value: object) -> None:
    step = one(text)
    assert isinstance(step, ExpectedOutput)
    assert (step.is_json, step.value) == (True, value)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('Example output:\n  {"a": ...}\n  x\nprose', '{"a": ...}\nx'),
        ("Example output:\n\nHTTP/1.1 200 OK\nx: y\n\nprose", "HTTP/1.1 200 OK\nx: y"),
        ("Example output:\n" + "[" * 100_000, "[" * 100_000),
        ("Example output:\n[" + "1" * 5000 + "]", "[" + "1" * 5000 + "]"),
    ],
)
def test_other_outputs_are_text(text: str, output: str) -> None:
    step = one(text)
    assert isinstance(step, ExpectedOutput)
    assert (step.is_json, step.text) == (False, output)


@pytest.mark.parametrize("text", ["Example output:", "Example output:\n\n", "Example output:\n\nHeading\n"])
def test_a_label_without_output(text: str) -> None:
    assert read_page(f"x\n{text}", "page.txt").steps == ()


def test_a_command_after_the_label_is_a_command() -> None:
    assert isinstance(one("Example output:\n\nexport A=1"), Export)


@pytest.mark.parametrize(
    "prose",
    [
        "kubectl is needed for this.",
        "curl and jq on your machine",
        "export the key in your shell.",
        "type Set to AI to configure this Backend for an AI provider.",
        "host Required: The host name, such as api.mistral.ai.",
        "the gateway -a proxy- takes it.",
        "# a comment",
        "make",
    ],
)
def test_prose_is_no_command(prose: str) -> None:
    assert read_page(f"Some text:\n    {prose}", "page.txt").steps == ()


def test_sections() -> None:
    page = read_page(
        "Title\n\nIntro.\n\nFirst part\n\n1. Do it.\n\n## Second part ##\nmore\n\nA sentence.\n", "page.txt"
    )
    assert page.title == "Title"
    assert [(section.title, section.position.line) for section in page.sections] == [
        ("Title", 1),
        ("First part", 5),
        ("Second part", 9),
    ]
    assert [line.text for line in page.sections[2].prose] == ["more", "A sentence."]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    assert export_of("\ufeffTitle\r\n\r\nexport A=1\r\n").resolve({}) == "1"


# --- hostile pages


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x\ncurl localhost:8080 -d '{", 2, "quote that opens here is never closed"),
        ('x\ncurl localhost:8080 -d "{', 2, "quote that opens here is never closed"),
        ("  1. A\n    curl localhost:8080 -d '{\n  2. It's B", 2, "before the text leaves"),
        ("x\n\nkubectl apply -f- <<EOF\na: 1\n", 3, "never closed"),
        ("kubectl apply -f- <<EOF", 1, "never closed"),
        ("kubectl apply -f- <<EOF\na: 1\n    EOF", 1, "EOF on line 3 is indented deeper"),
        ("    kubectl apply -f- <<EOF\n    a: 1\n  2. Next\n    EOF", 1, "before line 3"),
        ("kubectl apply -f- <<\na: 1", 1, "without a word"),
        ("a\x00b", 1, "U\\+0000"),
        ("a\nb\x1b[2J", 2, "U\\+001B"),
        ("<!DOCTYPE html><html>", 1, "page is empty"),
        ("kubectl apply -f- <<EOF\n" + "x\n" * 3000 + "EOF", 1, "never closed"),
    ],
)
def test_problems_have_a_line(text: str, line: int, message: str) -> None:
    with pytest.raises(InputProblem, match=message) as caught:
        read_page(text, "page.txt")
    assert caught.value.position
    assert caught.value.position.line == line


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_page(text: str) -> None:
    with pytest.raises(InputProblem, match="page is empty"):
        read_page(text, "page.txt")


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "UTF-8"), (b"a" * (1024 * 1024 + 1), "larger than 1024 KiB")]
)
def test_files_that_are_no_pages(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(content)
    with pytest.raises(InputProblem, match=message):
        load_page(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="cannot be read"):
        load_page(tmp_path)
    with pytest.raises(InputProblem, match="larger"):
        read_page("a" * (1024 * 1024 + 1), "page.txt")


@pytest.mark.parametrize(
    "text",
    [
        "export A={" + "," * 100_000,
        "curl " + "\\" * 100_001,
        'export A="' + "$(" * 50_000 + '"',
        "export A=" + "$(" * 50_000,
        'curl "$(" ' * 10_000,
        "<" * 100_000,
        "frob -x " * 20_000,
        "Example output:\n[\n" * 40_000,
        "1. " * 50_000,
        "export A=$B\n" * 10_000,
        "#" * 100_000,
    ],
)
def test_large_nonsense_is_read_to_its_end(text: str) -> None:
    """Work stays in proportion to the page: a blow-up would make this test hang."""
    with contextlib.suppress(InputProblem):
        assert read_page(text, "page.txt").sections
