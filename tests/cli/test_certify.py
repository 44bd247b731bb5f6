"""`certify`: stages, verdict, causes, fix, reports and exit codes, for manifests and for providers."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import yaml

from conformance.certification.request import RunOptions
from conformance.certification.selection import given_tests
from conformance.cli.certify_options import read_certify_options
from conformance.stage.case import catalogue
from conformance.targets.cluster.options import ClusterOptions
from conformance.targets.clustered.lookalikes_image import LOOKALIKES_IMAGE
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.embedded.target import EmbeddedTarget
from conformance.targets.kind.options import KIND_CONFIG, KindOptions
from tests.support.nimbus import KEY, NIMBUS, command, edited

pytestmark = pytest.mark.slow
Capture = pytest.CaptureFixture[str]
CHOSEN = r"no verdict after 1 of \d+ tests"
SHADOWED = "checks/prefix-shadowed"
TAKING = "  - matches: [{path: {type: PathPrefix, value: /nimbus}}]\n    backendRefs: [{name: web, port: 80}]\n"
HOSTNAME = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nimbus.yaml"
    path.write_text(NIMBUS)
    return path


def test_every_stage_is_reported(file: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", str(file))
    assert code == 0, printed
    stages = [line.split()[0] for line in printed.splitlines() if re.match(r"[a-z]+ {2,}", line)]
    assert stages == ["read", "checks", "admission", "status", "exchanges"]
    assert re.search(r"^nimbus: conformant \(\d+ pass", printed, re.MULTILINE)
    assert "no gateway product was certified" in printed


def test_a_mistake_is_told_once_with_its_place_and_its_fix(file: Path, capsys: Capture) -> None:
    file.write_text(edited(HOSTNAME))
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "hostname: lm" in text)
    code, printed = command(capsys, "certify", str(file))
    assert code == 1, printed
    assert printed.count("error   ") == 1
    assert f"  at       {file}:{line}:5 spec.validation.hostname" in printed
    assert "  remedy   set validation.hostname to llm.nimbus.example" in printed
    assert "-    hostname: lm.nimbus.example\n+    hostname: llm.nimbus.example\n" in printed
    assert "kubectl patch backendtlspolicy.gateway.networking.k8s.io nimbus-tls -n llm" in printed
    assert "nimbus: NOT conformant (" in printed
    assert KEY not in printed


def test_nothing_tried_is_no_verdict(file: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddedTarget, "inexpressible", lambda self, routes: "it has no word for this")
    code, printed = command(capsys, "certify", str(file))
    assert code == 3
    assert "nothing of nimbus can be tried on the embedded target: it has no word for this" in printed
    assert "nimbus: conformant" not in printed
    # What needs no gateway to be seen fails all the same.
    file.write_text(edited(("    host: llm.nimbus.example", "    host: https://llm.nimbus.example")))
    code, printed = command(capsys, "certify", str(file), "--no-fix")
    assert code == 1, printed


def test_no_fix_is_sought_where_none_is_wanted(file: Path, capsys: Capture) -> None:
    file.write_text(edited(HOSTNAME))
    code, printed = command(capsys, "certify", str(file), "--no-fix")
    assert code == 1
    assert "kubectl patch" not in printed


def test_quiet_says_the_verdict_and_verbose_every_test(file: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", str(file), "-q")
    assert code == 0
    assert not re.search("^(read|checks|admission|status|exchanges) ", printed, re.MULTILINE)
    told = printed.strip().splitlines()
    assert told[-2].startswith("nimbus: conformant")
    assert told[-1].startswith("  Nothing is known of llm.nimbus.example but ")
    code, printed = command(capsys, "certify", str(file), "-v")
    assert code == 0
    assert "pass  test_reaches_provider[nimbus]" in printed


def test_reports_tell_of_checks_and_of_the_fix(file: Path, tmp_path: Path, capsys: Capture) -> None:
    file.write_text(edited(HOSTNAME))
    report = tmp_path / "report"
    code, _ = command(capsys, "certify", str(file), "-q", "--report", str(report))
    assert code == 1
    data = yaml.safe_load((report / "report.yaml").read_text())
    verdicts = {one["case"]: one["verdict"] for one in data["cases"]}
    assert verdicts["checks/policy-hostname-differs"] == "fail"
    assert verdicts["checks/host-under-openai"] == "pass"
    assert data["reproduce"]["command"] == f"agw-conformance certify {file}"
    assert "hostname: llm.nimbus.example" in data["fix"]["diff"]
    assert "### One change mends it" in (report / "summary.md").read_text()
    assert '<h2 id="fix">One change mends it</h2>' in (report / "report.html").read_text()
    assert not [one.name for one in report.iterdir() if KEY in one.read_text()]
    assert command(capsys, "report", "verify", str(report), "--manifests", str(file))[0] == 0


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stream = io.TextIOWrapper(io.BytesIO(edited(HOSTNAME).encode()))
    monkeypatch.setattr("sys.stdin", stream)
    code, printed = command(capsys, "certify", "-")
    assert code == 1
    assert "  at       <stdin>:" in printed
    assert "+    hostname: llm.nimbus.example" in printed


def test_one_case(file: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", str(file), "--case", "auth/key-as-bearer", "-v")
    assert code == 0, printed
    assert re.search(rf"^nimbus: {CHOSEN} \(1 pass\)$", printed, re.MULTILINE)


@pytest.mark.parametrize(
    ("case", "counts"),
    [("auth/key-as-bearer", "1 pass, 1 fail"), ("checks/host-under-openai", "1 pass, 1 fail"), (SHADOWED, "1 fail")],
)
def test_a_mistake_that_checks_see_fails_the_run_whatever_is_chosen(
    case: str, counts: str, file: Path, capsys: Capture
) -> None:
    file.write_text(edited(("  rules:\n", f"  rules:\n{TAKING}")))
    code, printed = command(capsys, "certify", str(file), "--no-fix", "--case", case)
    assert code == 1, printed
    assert re.search(r"^  id       prefix-shadowed\n(.*\n)*.*agw-conformance explain prefix-shadowed$", printed, re.M)
    assert re.search(rf"^nimbus: NOT conformant after \d of \d+ tests \({counts}\)$", printed, re.MULTILINE)


@pytest.mark.parametrize(("case", "counts"), [("auth/key-as-bearer", "1 pass"), (SHADOWED, "1 warning")])
def test_a_warning_is_judged_only_where_it_is_chosen(case: str, counts: str, file: Path, capsys: Capture) -> None:
    file.write_text(edited(("  rules:\n", f"  rules:\n{TAKING.replace('PathPrefix', 'Exact')}")))
    code, printed = command(capsys, "certify", str(file), "--case", case)
    assert code == 0, printed
    assert (SHADOWED.removeprefix("checks/") in printed) == (case == SHADOWED)
    assert re.search(rf"^nimbus: {CHOSEN} \({counts}\)$", printed, re.MULTILINE)


GUARDED = """\
apiVersion: {group}/v1alpha1
kind: {kind}
metadata: {{name: guard, namespace: {namespace}}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: {gateway}}}]
"""


@pytest.mark.parametrize(
    ("group", "kind", "namespace", "gateway"),
    [
        ("agentgateway.dev", "AgentgatewayPolicy", "agentgateway-system", "agentgateway-proxy"),
        ("gateway.kgateway.dev", "TrafficPolicy", "kgateway-system", "agentgateway"),
    ],
)
def test_a_policy_that_says_nothing_is_refused_or_left_as_it_is(
    group: str, kind: str, namespace: str, gateway: str, tmp_path: Path, capsys: Capture
) -> None:
    policy = GUARDED.format(group=group, kind=kind, namespace=namespace, gateway=gateway)
    dialect = "agentgateway-1" if kind == "AgentgatewayPolicy" else "kgateway-2.1"
    assert command(capsys, "certify", "--provider", "groq", "--dialect", dialect, "--write", str(tmp_path))[0] == 0
    (tmp_path / "guard.yaml").write_text(policy)
    code, printed = command(capsys, "certify", "--no-fix", str(tmp_path))
    # Of agentgateway's the API wants traffic, frontend or backend.
    assert code == (1 if kind == "AgentgatewayPolicy" else 0), printed
    assert ("At least one of traffic, frontend, or backend must be provided" in printed) is bool(code)


@pytest.mark.parametrize("dialect", ["kgateway-2.1", "agentgateway-1"])
def test_a_provider_by_name_and_its_manifests(dialect: str, tmp_path: Path, capsys: Capture) -> None:
    place = tmp_path / "made"
    arguments = ("--provider", "groq", "--dialect", dialect, "--write", str(place))
    code, printed = command(capsys, "certify", "-q", *arguments)
    assert code == 0, printed
    assert "groq: conformant (" in printed
    code, printed = command(capsys, "certify", "-q", *arguments)
    assert code == 2
    assert f"{place / 'groq.yaml'}: is there already" in printed


def test_what_was_written_is_certified_with_a_key_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert command(capsys, "certify", "-q", "--provider", "groq", "--write", str(tmp_path))[0] == 0
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    code, printed = command(capsys, "certify", "-q", str(tmp_path / "groq.yaml"))
    assert code == 0, printed
    assert KEY not in printed


def test_a_persons_own_facts_count(tmp_path: Path, file: Path, capsys: Capture) -> None:
    """Known models are refused when they are others; without the facts any model would do."""
    facts = tmp_path / "facts.yaml"
    facts.write_text(
        "name: nimbus-cloud\nhost: llm.nimbus.example\nport: 8443\npath: /api/v3/chat/completions\n"
        "auth: {header: x-nimbus-token, scheme: Nimbus}\nmodels: [cumulus-1]\n"
    )
    assert command(capsys, "certify", "-q", str(file))[0] == 0
    code, printed = command(capsys, "certify", "-q", str(file), "--provider", str(facts), "--no-fix")
    assert code == 1, printed
    assert "nimbus-cloud: NOT conformant" in printed


SECRET = NIMBUS.partition("---\n")[0] + "---\n"


def test_a_secret_that_is_kept_elsewhere(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    file.write_text(NIMBUS.replace(SECRET, ""))
    code, printed = command(capsys, "certify", str(file))
    assert code == 0, printed
    assert "Secret llm/nimbus-key is made up; --secret nimbus-key=VARIABLE gives one" in " ".join(printed.split())
    code, printed = command(capsys, "certify", str(file), "--secret", "nimbus-key=NIMBUS_API_KEY")
    assert code == 0, printed
    assert "made up" not in printed
    assert KEY not in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to certify"),
        (["{file}", "-k", "tls"], "unknown argument -k"),
        (["{file}", "--write", "there"], "--write keeps what is made for a --provider"),
        (["{file}", "--case", "path/custom-full-verbatim"], "--case path/custom-full-verbatim: no case of `certify`"),
        (
            ["{file}", "--case", "path/full-replace-path"],
            "no case of `certify` - did you mean path/full-replaces-path?",
        ),
        (["{file}", "--case", "checks/secret-mising"], "no case of `certify` - did you mean checks/secret-missing?"),
        (["{file}", "--case", "checks/bogus"], "--case checks/bogus: no case of `certify`"),
        (["{file}", "--secret", "nimbus-key=sk-my-very-own"], "--secret is NAME=VARIABLE"),
        (["{file}", "--provider", "cirrus"], "--provider cirrus: the manifests have none of that name"),
        (["--provider", "cirrus"], "unknown provider 'cirrus'"),
        (["--full", "--provider", "groq"], "--full needs paths"),
        (["{file}", "--target", "moon"], "--target moon: unknown"),
    ],
)
def test_bad_usage(arguments: list[str], message: str, file: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", *(one.format(file=file) for one in arguments))
    assert code == 2
    assert message in printed
    assert "sk-my-very-own" not in printed
    assert "Traceback" not in printed


def test_options_of_clusters_are_known(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "k"
    kubeconfig.write_text("")

    def run(*arguments: str) -> RunOptions:
        return read_certify_options(["all.yaml", *arguments]).request.run

    usual = run("--target", "cluster").on
    assert (usual, run().on) == (ClusterOptions(LOOKALIKES_IMAGE), EmbeddedOptions())
    given = run("--target", "cluster", "--kubeconfig", str(kubeconfig)).on
    assert given == ClusterOptions(LOOKALIKES_IMAGE, kubeconfig)
    kind = run("--cluster-name", "mine", "--target", "kind", "--keep-cluster").on
    assert kind == KindOptions("mine", keep=True, config=KIND_CONFIG)


def test_the_chosen_cases_are_there_and_change_nothing() -> None:
    """A label that was renamed must not silently leave the selection; nor may one vary the objects."""
    tests = given_tests(["one", "two"], "kgateway-2.1", {"one": ["rules[1].matches[0]"]})
    for case in catalogue():
        mine = {test.name.partition("[")[2][:-1] for test in tests if test.case == case}
        labels = case.certifies if isinstance(case.certifies, tuple) else ("",) if case.certifies else ()
        if case.certifies is True:
            assert mine
            continue
        each = ("one+two",) if "stages" in case.test.__annotations__ else ("one", "two")
        assert mine == {f"{name}-{label}" for name in each for label in labels}, case.id
    assert all(not key.scenario.changes and not key.scenario.own for test in tests for key in test.keys)
    assert len({test.name for test in tests}) == len(tests)


def test_no_fix_is_sought_where_the_gateway_is_at_fault(file: Path, capsys: Capture) -> None:
    code, printed = command(capsys, "certify", str(file), "--mutant", "query-kept")
    assert code == 1, printed
    assert "none in the manifests: the mutant query-kept of the reference gateway" in printed
    assert "kubectl" not in printed


def test_a_refusal_is_told_without_what_is_no_mistake(file: Path, capsys: Capture) -> None:
    file.write_text(edited(("type: PathPrefix", "type: Prefix")))
    code, printed = command(capsys, "certify", str(file), "--no-fix")
    assert code == 1, printed
    assert 'supported values: "Exact", "PathPrefix", "RegularExpression"' in " ".join(printed.split())
    assert "validation rules were not checked" not in " ".join(printed.split())
