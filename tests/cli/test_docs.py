"""The command `docs` on pages of sites: each alternative is carried out, and what is not is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core import deadlines
from conformance.core.fixtures import fixtures
from tests.support.paths import CORPUS

PAGES = CORPUS / "pages"
SITE = PAGES / "docs" / "agentgateway" / "2.1.x" / "providers.md"

Capture = pytest.CaptureFixture[str]


def docs(capsys: Capture, *arguments: str) -> tuple[int, str]:
    code = main(["docs", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.slow
def test_a_page_with_tabs(capsys: Capture) -> None:
    code, printed = docs(capsys, str(SITE))
    assert code == 0, printed
    assert re.findall(r"tabs: (.*)\)", printed) == [
        "Load balancer, Mistral",
        "Port-forward, Mistral",
        "Load balancer, DeepSeek",
    ]
    assert re.findall(r"arrived at (\S+),", printed) == ["api.mistral.ai", "api.mistral.ai", "api.deepseek.com"]
    assert re.findall(r"^(?:ok|FAILED): .*", printed, re.MULTILINE) == [
        "ok: 9 ok, 0 failed, 5 not run; 0 notes.",
        "ok: 9 ok, 0 failed, 5 not run; 0 notes.",
        "ok: 9 ok, 0 failed, 5 not run; 0 notes.",
    ]
    assert "3 alternatives: 3 ok." in printed
    assert "Gateway kgateway-system/ai-gateway, which the page does not make, was made for it" in printed
    assert "kubectl apply BackendTLSPolicy provider, TrafficPolicy limit" in printed


def test_notes_tell_the_included_file_that_they_are_about(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "backend.md").write_text(applied(KEYED) + applied(KEYED.replace("{name: s}", "{name: t}")))
    page = tmp_path / "page.md"
    page.write_text('{{< reuse "backend.md" >}}\n')
    code, printed = docs(capsys, str(page))
    assert code == 0, printed
    assert f"secretRef names 't', and the page makes no such Secret in agentgateway-system in {tmp_path}" in printed


def test_a_page_in_html(capsys: Capture) -> None:
    code, printed = docs(capsys, str(PAGES / "rendered.html"))
    assert code == 0, printed
    assert re.findall(r"^ok: .*", printed, re.MULTILINE) == [
        "ok: 6 ok, 0 failed, 1 not run; 0 notes.",
        "ok: 7 ok, 0 failed, 1 not run; 0 notes.",
    ]
    assert printed.count("POST /openai/v1/chat/completions arrived at api.groq.com") == 2
    assert printed.count("x_groq: the vendor's own") == 2


@pytest.mark.slow
def test_one_alternative_that_fails_fails_the_page(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "PROPAGATION", 1.0)  # what is wrong here does not get right by waiting
    page = tmp_path / "page.md"
    text = SITE.read_text().replace('{{< reuse "snippets/namespace.md" >}}', "kgateway-system")
    secret = (PAGES / "assets" / "snippets" / "secret.md").read_text()
    text = text.replace(
        '{{% reuse "snippets/secret.md" %}}', secret.replace('{{< reuse "snippets/namespace.md" >}}', "x")
    )
    page.write_text(
        text.replace("namespace: x", "namespace: kgateway-system").replace("hostname: api.deep", "hostname: x.deep")
    )
    code, printed = docs(capsys, str(page))
    assert code == 1
    assert "3 alternatives: 2 ok, 1 failed." in printed
    assert printed.count("\nFAILED: ") == 1


def test_a_page_of_which_nothing_can_be_carried_out(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Install\n\n```sh\nhelm install x\nkubectl apply -f https://example.com/x.yaml\n```\n")
    code, printed = docs(capsys, str(page))
    assert code == 2
    assert printed.count("not run ") == 2
    assert "NOTHING CARRIED OUT: 0 ok, 0 failed, 2 not run" in printed


def applied(text: str) -> str:
    return f"```yaml\nkubectl apply -f- <<EOF\n{text}EOF\n```\n"


BACKEND = """apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: local, namespace: agentgateway-system}
spec: {ai: {provider: {openai: {model: <your model>}, host: ollama.x.svc.cluster.local, port: 11434}}}
"""
ROUTE = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: local, namespace: agentgateway-system}
spec:
  parentRefs: [{name: mine}]
  rules: [{backendRefs: [{name: local, group: agentgateway.dev, kind: AgentgatewayBackend}]}]
"""
MATCHED = ROUTE.replace("rules: [{", "rules: [{matches: [{path: {type: Exact, value: /other}}], ")
NATIVE = BACKEND.replace("openai:", "anthropic:").replace(", host: ollama.x.svc.cluster.local, port: 11434", "")
MIXED = """apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: local, namespace: agentgateway-system}
spec:
  ai:
    groups:
    - providers: [{name: a, openai: {model: m}, host: ollama.x.svc, port: 80}, {name: b, anthropic: {}}]
"""
GUARDED = BACKEND.replace("ai: {p", "policies: {ai: {promptGuard: {request: [{regex: {matches: [x]}}]}}}, ai: {p")
_POLICY = """apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: p, namespace: agentgateway-system}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: mine}]
  traffic: {%s}
"""
EARLY = (
    _POLICY % "phase: PreRouting, transformation: {request: {set: [{name: x-model, value: json(request.body).model}]}}"
)
CLOSED = _POLICY % 'authorization: {policy: {matchExpressions: ["false"]}}'
KEYED = BACKEND.replace("spec: {", "spec: {policies: {auth: {secretRef: {name: s}}}, ")
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: other, namespace: agentgateway-system}
stringData: {Authorization: sk-123456}
"""
POLICY = "{apiVersion: agentgateway.dev/v1alpha1, kind: AgentgatewayPolicy, metadata: {name: p}, spec: {x: 1}}\n"
WORKLOAD = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}}\n"
UNSET = "```sh\nexport AT=$(kubectl get svc x -o name)\n```\n"
FILTERED = ROUTE.replace("rules: [{", "rules: [{filters: [{type: ExtensionRef, extensionRef: {name: p}}], ")
CHAT = '{"messages": [{"role": "user", "content": "Hi"}]}'
REQUEST = f"```sh\ncurl localhost:8080/v1/chat/completions --json '{CHAT}'\n```\n"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (applied(BACKEND) + applied(ROUTE) + REQUEST, 0, "arrived at ollama.x.svc.cluster.local"),
        (applied(BACKEND) + applied(ROUTE) + REQUEST.replace("messages", "input"), 0, "it is no chat request"),
        (applied(BACKEND.replace("host: ollama", "host: <ip>")), 2, "<ip> is for the reader to fill in"),
        (applied(NATIVE) + applied(ROUTE) + REQUEST, 0, "not judged: the provider anthropic has an API of its own"),
        (applied(BACKEND.replace("ai: {p", "policies: {rateLimit: {}}, ai: {p")), 2, "nothing is known of it"),
        (
            applied(MIXED) + applied(ROUTE) + REQUEST,
            0,
            "without its providers of APIs of their own, which are not judged",
        ),
        (applied(GUARDED) + applied(ROUTE) + REQUEST, 0, "not judged: body, answer, because of ai.promptGuard.request"),
        (
            applied(BACKEND) + applied(EARLY) + applied(MATCHED) + REQUEST,
            0,
            "not judged: headers, path, because of transf",
        ),
        (applied(BACKEND) + applied(CLOSED) + applied(ROUTE) + REQUEST, 0, "not judged: who may call, because of"),
        (applied(BACKEND.replace("port: 11434", "port: many")), 1, "expected a number, found 'many'"),
        (applied(BACKEND.replace("port: 11434", "prot: 1")), 1, ".spec.ai.provider.prot: field not declared in schema"),
        (applied(BACKEND.replace("metadata: {", "metadata: {{")), 1, "YAML"),
        (applied(BACKEND.replace("name: local", "name: $NAME")), 1, "the variable $NAME has no value here"),
        (applied(BACKEND) + REQUEST, 0, "no HTTPRoute has been applied before it"),
        (applied(BACKEND) + applied(MATCHED) + REQUEST, 1, "the gateway answers 404: no route matches the request"),
        (applied(POLICY) + applied(BACKEND) + applied(MATCHED) + REQUEST, 0, "what was not run: AgentgatewayPolicy p"),
        (applied(BACKEND) + applied(FILTERED), 0, "an ExtensionRef, which is beyond this suite"),
        (applied(WORKLOAD) + applied(BACKEND) + applied(MATCHED) + REQUEST, 1, "what was not run: Deployment d"),
        (
            UNSET + applied(BACKEND.replace("ollama", "$AT")),
            2,
            "$AT has no value here: line 2, which would set it",
        ),
        (applied(BACKEND.replace(", namespace: agentgateway-system", "")), 0, "kubectl apply AgentgatewayBackend"),
        (REQUEST, 2, "no Backend has been applied before it"),
        (
            applied(KEYED) + applied(ROUTE) + REQUEST,
            0,
            "Secret agentgateway-system/s, which the page does not make",
        ),
        (applied(SECRET) + applied(KEYED) + applied(ROUTE) + REQUEST, 1, "the Secret s that AgentgatewayBackend"),
        (applied(ROUTE.replace("HTTPRoute", "Deployment")) + REQUEST, 2, "has no Deployment"),
        (REQUEST.replace("--json", '-H "authorization: Bearer $MY_TOKEN" --json'), 2, "a made-up key stands for it"),
    ],
)
def test_what_is_told_of_a_step(
    text: str, code: int, told: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "PROPAGATION", 0.5)  # what is wrong here does not get right by waiting
    page = tmp_path / "page.md"
    page.write_text(text)
    found, printed = docs(capsys, str(page), "--dialect", "agentgateway-1")
    assert (found, told in printed) == (code, True), printed


@pytest.mark.slow
def test_gateways_of_the_page_are_served(tmp_path: Path, capsys: Capture) -> None:
    gateway = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: mine, namespace: agentgateway-system}
spec:
  gatewayClassName: CLASS
  listeners: [{name: http, port: 3000, protocol: HTTP}]
"""
    page = tmp_path / "page.md"
    rest = applied(BACKEND) + applied(ROUTE) + REQUEST
    page.write_text(applied(gateway.replace("CLASS", "agentgateway-v2")) + rest)
    code, printed = docs(capsys, str(page))
    assert (code, "was made for it" in printed) == (0, False), printed
    page.write_text(applied(gateway.replace("CLASS", "kgateway")) + rest)
    code, printed = docs(capsys, str(page))
    assert "its class kgateway is none of agentgateway's" in printed


@pytest.mark.parametrize(
    ("request_", "output", "told"),
    [
        (REQUEST, '{"object": "x"}', "ok: 4 ok, 0 failed"),
        (REQUEST, '{"object": 1}', "object: expected a number, got a text"),
        (REQUEST, '{"object": ...}', "it is no JSON"),
        (REQUEST, "* Connected\n< HTTP/1.1 200 OK\n< x: y", "example output, its status"),
        (REQUEST, "HTTP/1.1 429 Too Many Requests", "FAILED: 3 ok, 1 failed, 0 not run"),
        (applied(POLICY) + REQUEST, "HTTP/1.1 429 Too Many Requests", "ok: 3 ok, 0 failed, 2 not run"),
        (REQUEST, '{"usage": {"queue_time": 1}}', "usage.queue_time: the vendor's own, which its lookalike does not"),
        (REQUEST.replace("\n```", " | jq .choices\n```"), "[]", "jq prints only a part of the answer"),
        (REQUEST.replace('"Hi"}]', '"Hi"}], "stream": true'), "{}", "the answer is a stream of events"),
        (REQUEST + "\n```sh\nkubectl get pods\n```\nExample output:\n", "{}", "the command before it was not run"),
    ],
)
def test_outputs(request_: str, output: str, told: str, tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{applied(BACKEND)}{applied(ROUTE)}{request_}\n```json\n{output}\n```\n")
    _, printed = docs(capsys, str(page))
    assert told in printed


@pytest.mark.slow
def test_what_fails_alike_is_told_once_with_its_places(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.txt"
    text = fixtures("pages", "mistral-and-deepseek.txt").read_text()
    page.write_text(text.replace("hostname: api.mistral.ai", "hostname: mistral.example"))
    code, printed = docs(capsys, str(page))
    assert (code, printed.count("invalid peer certificate")) == (1, 1), printed
    first, second = re.findall(r"^failed +(\d+)", printed, re.MULTILINE)
    assert int(first) < int(second)
    assert f"               the same as at line {first} of {page}\n" in printed
    assert "nothing arrived at api.mistral.ai:443, so nothing is told of the request itself" in printed
    assert "credential: expected" not in printed


@pytest.mark.slow
def test_quiet_tells_what_did_not_go_well_and_verbose_what_was_on_the_wire(capsys: Capture) -> None:
    _, usual = docs(capsys, str(SITE))
    code, quiet = docs(capsys, str(SITE), "-q")
    assert code == 0
    assert set(quiet.splitlines()) < set(usual.splitlines())
    assert not re.search(r"^ok +\d", quiet, re.MULTILINE)
    assert re.findall(r"^not run +\d.*", quiet, re.MULTILINE) == re.findall(r"^not run +\d.*", usual, re.MULTILINE)
    code, verbose = docs(capsys, str(SITE), "--verbose")
    assert code == 0
    assert "gateway -> api.mistral.ai:443 (TLS, SNI api.mistral.ai, TLSv1.3)  POST /v1/chat/completions" in verbose
    assert "Authorization: Bearer <" in verbose
    assert "gateway -> api.mistral.ai" not in usual
