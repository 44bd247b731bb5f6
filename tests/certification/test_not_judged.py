"""Policies beside what is certified: what is not judged because of them, in every form of the verdict."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from conformance import certify
from conformance.core.problems import ExitCode
from conformance.verdict.results import Outcome
from tests.support.checks import AGENTGATEWAY, documented
from tests.support.nightly import share
from tests.support.nimbus import command

pytestmark = pytest.mark.slow

ROUTE = "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: mistral}"
GATEWAY = "{group: gateway.networking.k8s.io, kind: Gateway, name: agentgateway-proxy}"
BACKEND = "{group: agentgateway.dev, kind: AgentgatewayBackend, name: mistral}"
BODY = "backend: {ai: {transformations: [{field: top_k, expression: '1'}]}}"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "mK3yQ9vX2bN7pL4tR8wZ1cF6")


def manifests(folder: Path, target: str, said: str, *edits: tuple[str, str]) -> Path:
    text = documented(AGENTGATEWAY)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    policy = "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolicy\n"
    policy += "metadata: {name: p, namespace: agentgateway-system}\n"
    file = folder / "given.yaml"
    file.write_text(f"{text}\n---\n{policy}spec:\n  targetRefs: [{target}]\n  {said}\n")
    return file


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (GATEWAY, "frontend: {accessLog: {filter: response.code >= 400}}"),
        (ROUTE, "traffic: {rateLimit: {local: [{requests: 100, unit: Seconds}]}}"),
        (BACKEND, "backend: {tcp: {connectTimeout: 5s}}"),
    ],
)
def test_an_inert_policy_changes_no_verdict(tmp_path: Path, target: str, said: str) -> None:
    verdict = certify(manifests(tmp_path, target, said), fix=False, strict=True)["mistral"]
    assert verdict.conformant
    assert not verdict.not_judged
    assert all(one.outcome is not Outcome.NOT_JUDGED for one in verdict.statements)


@pytest.mark.parametrize(
    ("target", "said", "side", "ids"),
    [
        (BACKEND, BODY, "body, model", {"body/messages-kept", "body/other-fields-kept", "model/overrides-empty"}),
        (ROUTE, "traffic: {transformation: {response: {body: x}}}", "answer", {"routing/reaches-provider"}),
        (GATEWAY, "backend: {tunnel: {backendRef: {name: proxy, port: 3128}}}", "connection", {"tls/policy-makes-tls"}),
        (
            ROUTE,
            "traffic: {authorization: {policy: {matchExpressions: ['true']}}}",
            "who may call",
            {"auth/key-as-bearer"},
        ),
    ],
)
def test_an_opaque_field_takes_out_the_statements_about_its_side(
    tmp_path: Path, target: str, said: str, side: str, ids: set[str]
) -> None:
    verdict = certify(manifests(tmp_path, target, said), fix=False)["mistral"]
    (told,) = verdict.not_judged
    assert told.startswith(f"{side}, because of ")
    assert told.endswith(":61")
    open_ = {one.id for one in verdict.statements if one.outcome is Outcome.NOT_JUDGED}
    assert ids <= open_
    assert not {one for one in open_ if one.startswith(("checks/", "admission/", "status/"))}
    assert verdict.conformant


def test_what_else_is_wrong_still_fails(tmp_path: Path) -> None:
    file = manifests(tmp_path, BACKEND, BODY, ("path: /v1/chat/completions", "path: /v1/completions"))
    assert certify(file, fix=False)["mistral"].conformant is False


def test_it_is_said_in_the_command_and_in_every_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = manifests(tmp_path, BACKEND, BODY)
    report = tmp_path / "report"
    code, printed = command(capsys, "certify", "--no-fix", str(file), "--report", str(report))
    assert code == ExitCode.CONFORMANT, printed
    where = f"ai.transformations at {file}:61"
    assert f"not judged: body, model, because of {where}" in " ".join(printed.split())
    assert "mistral: conformant in what was judged (" in printed
    data = yaml.safe_load((report / "report.yaml").read_text())
    (profile,) = data["profiles"]
    assert profile["result"] == "conformant in what was judged"
    assert {(one["aspect"], one["where"]) for one in profile["notJudged"]} == {
        ("body", f"{file}:61"),
        ("model", f"{file}:61"),
    }
    skipped = [one.get("message", "") for one in ElementTree.parse(report / "junit.xml").iter("skipped")]
    assert any(one.startswith("not judged: body, because of ai.transformations") for one in skipped)
    summary = (report / "summary.md").read_text()
    assert "### What was not judged" in summary
    assert where in summary
    page = (report / "report.html").read_text()
    assert "Conformant in what was judged" in page
    assert "not judged" in page


def test_for_who_is_strict_it_is_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = manifests(tmp_path, BACKEND, BODY)
    code, printed = command(capsys, "certify", "--no-fix", "--strict", str(file))
    assert code == ExitCode.BAD_INPUT, printed
    assert not certify(file, fix=False, strict=True).passed
    broken = manifests(tmp_path, BACKEND, BODY, ("path: /v1/chat/completions", "path: /v1/completions"))
    assert command(capsys, "certify", "--no-fix", "--strict", str(broken))[0] == ExitCode.FAILED


@pytest.mark.parametrize("target", share([GATEWAY, ROUTE, BACKEND], 0, 3))
def test_credentials_and_tls_of_a_policy_count(tmp_path: Path, target: str) -> None:
    said = "backend: {auth: {secretRef: {name: mistral-secret}}, tls: {sni: api.mistral.ai}}"
    text = documented(AGENTGATEWAY)
    own = text[text.index("  policies:\n") : text.index("---", text.index("  policies:\n"))]
    verdict = certify(manifests(tmp_path, target, said, (own, "")), fix=False, strict=True)
    assert verdict.passed, verdict.text
    wrong = said.replace("api.mistral.ai", "api.groq.com")
    assert not certify(manifests(tmp_path, target, wrong, (own, "")), fix=False).passed


def test_one_more_key_is_expected_to_arrive(tmp_path: Path) -> None:
    key = "auth: {secretRef: {name: mistral-secret}"
    more = "{location: {header: {name: x-org}}, secretRef: {name: callers, key: client}}"
    text = documented(AGENTGATEWAY)
    own = text[text.index("  policies:\n") : text.index("---", text.index("  policies:\n"))]
    said = f"backend: {{{key}, credentials: [{more}]}}, tls: {{sni: api.mistral.ai}}}}"
    file = manifests(tmp_path, ROUTE, said, (own, ""))
    file.write_text(file.read_text() + CALLERS % "org-4711-of-a-client")
    verdict = certify(file, fix=False, strict=True)
    assert verdict.passed, verdict.text


CALLERS = """---
apiVersion: v1
kind: Secret
metadata: {name: callers, namespace: agentgateway-system}
stringData: {client: %s}
"""


@pytest.mark.parametrize(
    ("key", "location", "judged"),
    [
        ("k-4711-of-a-client", "", True),
        ('\'{"key": "k-4711-of-a-client"}\'', ", location: {header: {name: x-caller}}", True),
        ('\'{"keyHash": "sha256:00"}\'', "", False),
        ("k-4711-of-a-client", ", location: {cookie: {name: x}}", False),
    ],
)
def test_a_client_that_may_call_is_made_of_a_key_that_is_given(
    tmp_path: Path, key: str, location: str, judged: bool
) -> None:
    said = f"traffic: {{apiKeyAuthentication: {{secretRef: {{name: callers}}{location}}}}}"
    file = manifests(tmp_path, ROUTE, said)
    file.write_text(file.read_text() + CALLERS % key)
    verdict = certify(file, fix=False)["mistral"]
    assert verdict.conformant, verdict
    assert bool(verdict.not_judged) is not judged, verdict.not_judged
