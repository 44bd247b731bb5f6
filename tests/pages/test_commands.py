"""Exports, applies and requests of a page, as a shell would take them."""

from __future__ import annotations

import re

import pytest

from conformance.core.problems import InputProblem
from conformance.pages import Apply, Export, NotRun, Request, read_page
from tests.support.pages import one

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
    export = one(line, Export)
    assert (export.name, export.placeholder, export.resolve({"B": "b c"})) == ("A", None, value)


@pytest.mark.parametrize("value", ["<insert>", '"<your key>"', "your-api-key", "...", "sk-xxxx", "YOUR_KEY"])
def test_placeholders_ask_for_a_generated_key(value: str) -> None:
    export = one(f"export KEY={value}", Export)
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
    assert re.search(reason, one(line, NotRun).reason)


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
    assert one(command, Apply).documents({"A": "b"})[0].data == {"a": "b"}


@pytest.mark.parametrize("marker", ["'EOF'", '"EOF"', r"\EOF"])
def test_a_quoted_end_marker_keeps_variables(marker: str) -> None:
    assert one(f"kubectl apply -f- <<{marker}\na: $(x) $A\nEOF", Apply).resolve({}) == "a: $(x) $A\n"


def test_options_of_apply_are_kept() -> None:
    step = one("kubectl apply -n here --server-side -f- <<EOF\na: 1\nEOF", Apply)
    assert (step.namespace, step.server_side) == ("here", True)
    assert one("kubectl apply --namespace=there -f- <<EOF\na: 1\nEOF", Apply).namespace == "there"


def test_escapes_in_a_heredoc() -> None:
    text = 'a: "\\$A \\\\ \\" $A costs 5$"'
    assert one(f"kubectl apply -f- <<EOF\n{text}\nEOF", Apply).resolve({"A": "v"}) == 'a: "$A \\ \\" v costs 5$"\n'


def test_yaml_mistakes_are_placed_on_the_page() -> None:
    step = one("Title\n\n    kubectl apply -f- <<EOF\n    a: 1\n      b: [\n    EOF", Apply)
    with pytest.raises(InputProblem) as caught:
        step.documents({})
    assert caught.value.position
    assert caught.value.position.line == 5


def test_a_value_with_several_lines_does_not_go_into_yaml() -> None:
    with pytest.raises(InputProblem, match="more than one line"):
        one("kubectl apply -f- <<EOF\na: $A\nEOF", Apply).resolve({"A": "x\ny: z"})


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
    assert reason in one(command, NotRun).reason


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
    request = one(command, Request).resolve({"INGRESS_GW_ADDRESS": "10.0.0.1"})
    assert (request.method, request.parts().target, request.body) == ("POST", "/x", b"a")


def test_variables_of_a_request() -> None:
    step = one("curl localhost:8080/x -H \"Authorization: Bearer $KEY\" -d '$KEY'", Request)
    assert step.curl.headers == (("Authorization", "Bearer $KEY"),)
    resolved = step.resolve({"KEY": "a key"})
    assert resolved.headers == (("Authorization", "Bearer a key"),)
    assert resolved.body == b"$KEY"
    with pytest.raises(InputProblem, match=r"page.txt:1:26: the variable \$KEY has no value here.*export KEY="):
        step.resolve({"KEY": ""})


def test_unquoted_values_that_a_shell_would_split_are_a_problem() -> None:
    with pytest.raises(InputProblem, match="white space"):
        one("curl localhost:8080/x -d $A", Request).resolve({"A": "a b"})


def test_values_that_make_no_url_are_a_problem() -> None:
    with pytest.raises(InputProblem, match="with the variables filled in, the URL's host or port"):
        one("curl $INGRESS_GW_ADDRESS:8080/x", Request).resolve({"INGRESS_GW_ADDRESS": "::1"})


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
