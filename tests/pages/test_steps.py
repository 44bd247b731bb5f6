"""Steps as documentation sites write them: files that a later step uses, prompts, ports, Secrets."""

from __future__ import annotations

import pytest

from conformance.pages import Apply, ExpectedOutput, PortForward, Request, Write
from tests.support.pages import kinds, left_out, only

# --- files, prompts, ports, secrets


@pytest.mark.parametrize(
    "writes",
    [
        "```sh\ncat > a.yaml <<EOF\na: 1\nEOF\n```",
        "```sh\ncat <<'EOF' > ./a.yaml\na: 1\nEOF\n```",
        "```sh\ncat <<EOF | tee a.yaml\na: 1\nEOF\n```",
        "```sh\ntee a.yaml <<EOF\na: 1\nEOF\n```",
        '```yaml title="a.yaml"\napiVersion: v1\n```',
        '```yaml {filename="a.yaml"}\napiVersion: v1\n```',
        "Save it as `a.yaml`:\n\n```yaml\n# a comment\napiVersion: v1\n```",
        "Save it as `a.yaml`:\n\n    apiVersion: v1",
    ],
)
def test_a_file_of_one_step_is_used_by_another(writes: str) -> None:
    page = only(f"{writes}\n\n```sh\nkubectl apply -f a.yaml\n```")
    assert kinds(page.steps) == ["Write", "Apply"]
    apply = page.steps[1]
    assert isinstance(apply, Apply)
    assert (apply.file, apply.documents({})[0].data) in [("a.yaml", {"a": 1}), ("a.yaml", {"apiVersion": "v1"})]


def test_a_file_with_a_gap_is_not_applied() -> None:
    page = only(
        '```yaml {filename="a.yaml"}\napiVersion: {{< reuse "x.md" >}}\n```\n```sh\nkubectl apply -f a.yaml\n```'
    )
    assert kinds(page.steps) == ["Write", "NotRun"]
    assert 'what {{< reuse "x.md" >}} stands for is not on the page' in left_out(page)[0]


def test_a_block_without_a_name_is_what_the_next_apply_means() -> None:
    page = only("```yaml\napiVersion: v1\n```\n\n```sh\nkubectl apply -f a.yaml\nkubectl apply -f b.yaml\n```")
    assert kinds(page.steps) == ["NotRun", "Apply", "NotRun"]


def test_several_files_are_several_steps() -> None:
    page = only(
        "```sh\ncat > a.yaml <<EOF\na: 1\nEOF\ntee b.yaml <<EOF\nb: 1\nEOF\nkubectl apply -f a.yaml -f x/b.yaml\n```"
    )
    assert kinds(page.steps) == ["Write", "Write", "Apply", "Apply"]


def test_a_session_has_prompts_commands_and_output() -> None:
    page = only(
        '```console\n$ export A=1\n\n$ curl localhost:8080/x \\\n    -d a\n{"a": 1}\n'
        "$ kubectl apply -f - <<EOF\n> a:\n>   b: 1\n> EOF\n"
        "created\n```"
    )
    assert kinds(page.steps) == ["Export", "Request", "ExpectedOutput", "Apply"]
    applied = page.steps[3]
    assert isinstance(applied, Apply)
    assert applied.documents({})[0].data == {"a": {"b": 1}}


@pytest.mark.parametrize("info", ["json", "", "text", "http"])
def test_a_block_after_a_request_is_its_answer(info: str) -> None:
    page = only(f'```sh\ncurl localhost:8080/x -d a\n```\n\nThis comes back.\n\n```{info}\n{{"a": 1}}\n```\n')
    assert kinds(page.steps) == ["Request", "ExpectedOutput"]
    assert isinstance(page.steps[1], ExpectedOutput)
    assert page.steps[1].value == {"a": 1}


def test_a_block_after_another_command_is_none() -> None:
    assert kinds(only('```sh\ncurl localhost:8080/x -d a\nexport A=1\n```\n```json\n{"a": 1}\n```').steps) == [
        "Request",
        "Export",
    ]


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ("kubectl port-forward deployment/agentgateway-proxy -n agentgateway-system 9000:80", 9000),
        ("kubectl port-forward svc/agentgateway 8888 &", 8888),
        ("kubectl -n x port-forward deploy/mine 9001:8080 &", 9001),
    ],
)
def test_a_forwarded_port_of_the_gateway_means_the_gateway(command: str, port: int) -> None:
    text = f"kubectl apply -f- <<EOF\nkind: HTTPRoute\nspec: {{parentRefs: [{{name: mine}}]}}\nEOF\n{command}"
    page = only(f"```sh\n{text}\ncurl localhost:{port}/x\n```")
    assert kinds(page.steps) == ["Apply", "PortForward", "Request"]
    assert isinstance(page.steps[1], PortForward)
    assert page.steps[1].port == port


def test_a_port_that_now_leads_elsewhere_is_no_longer_the_gateway() -> None:
    page = only("```sh\nkubectl port-forward svc/grafana 8080:80\ncurl localhost:8080/x\n```")
    assert kinds(page.steps) == ["NotRun", "NotRun"]


@pytest.mark.parametrize(
    ("command", "understood"),
    [
        ("kubectl get svc -n x agentgateway -o=jsonpath=\"{.status.loadBalancer.ingress[0]['ip']}\"", True),
        ("kubectl get gateway/agentgateway-proxy -o jsonpath='{.status.addresses[0].value}'", True),
        ("kubectl get gateway agentgateway-proxy -o name", False),
        ("kubectl get svc grafana -o jsonpath='{.spec.clusterIP}'", False),
    ],
)
def test_the_address_of_the_gateway_needs_no_cluster(command: str, *, understood: bool) -> None:
    page = only(f"```sh\nexport AT=$({command})\ncurl $AT:80/x\n```")
    assert kinds(page.steps) == (["Export", "Request"] if understood else ["NotRun", "NotRun"])


@pytest.mark.parametrize(
    "command",
    [
        "kubectl create secret generic s -n here --from-literal=Authorization=$KEY",
        'kubectl create secret generic s --namespace=here --from-literal="Authorization=$KEY"',
        "kubectl create secret generic s -n here --from-literal Authorization=${KEY} --dry-run=client -o yaml"
        " | kubectl apply -f -",
    ],
)
def test_a_secret_from_literals(command: str) -> None:
    apply = only(f"```sh\n{command}\n```").steps[0]
    assert isinstance(apply, Apply)
    assert apply.namespace == "here"
    data = apply.documents({"KEY": "k-1"})[0].data
    assert (data["kind"], data["metadata"], data["stringData"]) == ("Secret", {"name": "s"}, {"Authorization": "k-1"})


def test_a_namespace_is_made() -> None:
    apply = only("```sh\nkubectl create namespace here\n```").steps[0]
    assert isinstance(apply, Apply)
    assert apply.documents({})[0].data["metadata"] == {"name": "here"}


def test_literals_are_texts() -> None:
    apply = only("```sh\nkubectl create secret generic s --from-literal='a=$x\"\\`y'\n```").steps[0]
    assert isinstance(apply, Apply)
    assert apply.documents({})[0].data["stringData"] == {"a": '$x"\\`y'}


def test_writes_are_told_with_their_name() -> None:
    step = only("```sh\ncat > x/a.yaml <<EOF\na: 1\nEOF\n```").steps[0]
    assert isinstance(step, Write)
    assert step.name == "x/a.yaml"
    assert isinstance(only("```sh\ncurl localhost:8080/x | jq .a\n```").steps[0], Request)
