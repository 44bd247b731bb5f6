"""`certify` on the manifests of a provider that the project has never heard of, sound and with the usual mistakes."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from conformance.stage.case import Case, catalogue
from tests.support.broken import UNUSUAL
from tests.support.nightly import BY_NIGHT, each_kind, share
from tests.support.nimbus import KEY, NIMBUS, command, edited

pytestmark = pytest.mark.slow

# A few of each kind; that all of them hold is asserted once.
CASES = ("path/full-replaces-path", "tls/policy-makes-tls", "auth/key-as-bearer", "model/overrides-other")
CHOSEN = [part for case in CASES for part in ("--case", case)]


def area(case: Case) -> list[str]:
    return [case.area]


PLAYED = {one.id: one for one in (*share(catalogue(), 0, 6), *each_kind(catalogue(), area))}
"""By day a sixth of the cases, and one of each area; all of them are played to two providers in any event."""
NOT_ALL = [] if BY_NIGHT else [part for case in PLAYED for part in ("--case", case)]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nimbus.yaml"


def causes(printed: str) -> str:
    return printed.partition("\ncauses:\n")[2].partition("\n\n")[0]


UNKNOWN = (
    "kgateway-2.1 has n",
    "kgateway 2.1 has none",
    "a Backend that says how other APIs than chat completions are asked for",
    "policies.auth.secretRef",
)
"""Of what kgateway 2.1 does not have, cases say so."""


def test_every_case_holds_or_does_not_apply(file: Path, capsys: Capture) -> None:
    file.write_text(NIMBUS)
    report = file.parent / "report"
    code, printed = command(capsys, "certify", "--full", str(file), "-q", "--report", str(report), *NOT_ALL)
    assert code == 0, printed[-6000:]
    assert ("nimbus: conformant (" if BY_NIGHT else "nimbus: no verdict after ") in printed
    assert "no gateway product was certified" in printed
    data = yaml.safe_load((report / "report.yaml").read_text())
    assert data["implementation"]["project"] == "reference gateway"
    assert "no gateway product was certified" in data["tested"]
    (profile,) = data["profiles"]
    result = "conformant" if BY_NIGHT else "no verdict"
    assert (profile["name"], profile["result"], profile["failedTests"]) == ("nimbus", result, [])
    untried = [one["reason"] for one in data["cases"] if one["verdict"] == "not applicable"]
    # Of what its dialect can say nearly all is tried.
    assert profile["statistics"]["pass"] > 20 * sum(not any(map(one.__contains__, UNKNOWN)) for one in untried)
    suite = ElementTree.parse(report / "junit.xml").find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert suite.get("tests") == str(len(data["cases"])) == str(len(suite.findall("testcase")))
    for text in (printed, (report / "report.yaml").read_text(), (report / "junit.xml").read_text()):
        assert KEY not in text


SECRET_REF = "          kind: SecretRef\n          secretRef:\n            name: nimbus-key\n"
MATCH = "    - path:\n        type: PathPrefix\n        value: /nimbus\n"
SYSTEM = "    wellKnownCACertificates: System\n"


def test_another_shape_of_manifests(file: Path, capsys: Capture) -> None:
    """Without namespace, Secret, model and path, but with two matches, a hostname and subjectAltNames."""
    text = edited(
        (SECRET_REF, "          kind: Inline\n          inline: tok-nimbus-4711\n"),
        (NIMBUS.partition("---\n")[0] + "---\n", ""),
        ("  namespace: llm\n", ""),
        ("        model: cumulus-2-chat\n", ""),
        ("      path:\n        full: /api/v3/chat/completions\n", ""),
        (MATCH, MATCH + MATCH.replace("/nimbus", "/cirrus")),
        ("  parentRefs:", "  hostnames: [ai.nimbus.test]\n  parentRefs:"),
        (SYSTEM, SYSTEM + "    subjectAltNames: [{type: Hostname, hostname: llm.nimbus.example}]\n"),
    )
    file.write_text(text)
    areas = ("-m", "routing or auth or path or host")
    code, printed = command(capsys, "certify", "--full", str(file), "-q", *areas, *NOT_ALL)
    assert code == 0, printed[-6000:]
    assert "nimbus: no verdict after " in printed
    assert "tok-nimbus" not in printed


def test_what_is_refused_fails_every_case_once(file: Path, capsys: Capture) -> None:
    file.write_text(edited(("      host: llm", "      hosts: llm")))
    levels = ("--case", "routing/not-found-text", "--case", "path/full-with-query")  # INFO and MAY
    code, printed = command(capsys, "certify", "--full", str(file), "-q", *CHOSEN, *levels)
    assert code == 1
    assert "setup error" not in printed
    assert "KeyError" not in printed


@pytest.mark.parametrize(
    ("old", "new", "cause", "remedy"),
    [
        (
            NIMBUS.rpartition("---\n")[2],
            "",
            "no BackendTLSPolicy is in force for Backend nimbus, so the gateway speaks plaintext, key included, to TLS",
            "add a BackendTLSPolicy in namespace llm with targetRefs [{group: gateway.kgateway.dev, kind: Backend,"
            " name: nimbus}] and validation {hostname: llm.nimbus.example, wellKnownCACertificates: System}",
        ),
        (
            "    hostname: llm.nimbus.example",
            "    hostname: llm.nimbsu.example",
            "validation.hostname 'llm.nimbsu.example' differs from the Backend's host 'llm.nimbus.example'",
            "set validation.hostname to llm.nimbus.example",
        ),
        (
            "full: /api/v3/chat/completions",
            "full: /api/v3/api/v3/chat/completions",
            "llm.nimbus.example has no path '/api/v3/api/v3/chat/completions': '/api/v3' stands twice in it",
            "write it once: /api/v3/chat/completions",
        ),
        (
            "  - name: nimbus\n    kind: Backend",
            "  - name: nimbsu\n    kind: Backend",
            "targets Backend.gateway.kgateway.dev nimbsu instead",
            "add a BackendTLSPolicy",
        ),
        (
            "    - name: nimbus\n      group",
            "    - name: nimbsu\n      group",
            "Backend llm/nimbsu does not exist",
            "mend the manifests",
        ),
        ("            name: nimbus-key", "            name: nimbsu-key", "the Secret nimbsu-key", "mend the manifests"),
        (
            "  - name: agentgateway",
            "  - name: agentgatewy",
            "the gateway has no route for",
            "check the HTTPRoute's parentRefs",
        ),
        ("      host: llm", "      hosts: llm", ".spec.ai.llm.hosts: field not declared in schema", ""),
    ],
    ids=["no policy", "host misspelt", "path doubled", "target", "backendRef", "no secret", "gateway", "unknown field"],
)
def test_a_mistake_is_told(file: Path, capsys: Capture, old: str, new: str, cause: str, remedy: str) -> None:
    file.write_text(edited((old, new)))
    code, printed = command(capsys, "certify", "--full", str(file), "-q", *CHOSEN)
    assert code == 1, printed
    assert cause in causes(printed)
    assert remedy in printed
    assert "nimbus: NOT conformant after " in printed
    assert re.search(
        rf"Run it again    agw-conformance run --manifests {re.escape(str(file))} --case \S+ --provider nimbus", printed
    )
    assert KEY not in printed


def test_one_mistake_counts_as_one_cause(file: Path, capsys: Capture) -> None:
    file.write_text(NIMBUS.rpartition("---\n")[0])
    _, printed = command(capsys, "certify", "--full", str(file), "-q", "--case", "path/custom-full-verbatim", *CHOSEN)
    assert len(causes(printed).splitlines()) == 1, causes(printed)


def test_where_the_mistake_stands(file: Path, capsys: Capture) -> None:
    file.write_text(edited(("    hostname: llm", "    hostname: lm")))
    _, printed = command(capsys, "certify", "--full", str(file), "-q", "--case", "tls/policy-makes-tls")
    assert f"at {file}:63:5 spec.validation.hostname" in printed
    assert "deselected" not in printed  # the tests of other cases were not even made


def test_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(edited(("full: /", "full: /v1/v1/")).encode())))
    code, printed = command(capsys, "certify", "--full", "-", "-q", "--case", "path/full-replaces-path")
    assert code == 1
    assert "at <stdin>:31:9 spec.ai.llm.path.full" in printed
    assert (
        "Run it again    agw-conformance run --manifests - --case path/full-replaces-path --provider nimbus" in printed
    )


def test_objects_as_kubectl_prints_them(tmp_path: Path, capsys: Capture) -> None:
    """With what a cluster noted in them, which makes no other configuration: the report is also of the bare objects."""
    printed, report, bare = UNUSUAL / "as-kubectl-prints-it", tmp_path / "report", tmp_path / "bare.yaml"
    listed = yaml.safe_load((printed / "manifests.yaml").read_text())
    for one in listed["items"]:
        metadata = one["metadata"]
        assert metadata["uid"]
        assert metadata["resourceVersion"]
        kept = {name: metadata[name] for name in ("name", "namespace", "labels") if name in metadata}
        others = {name: text for name, text in metadata.get("annotations", {}).items() if "kubectl" not in name}
        one["metadata"] = {**kept, "annotations": others} if others else kept
        one.pop("status", None)
    bare.write_text(yaml.safe_dump(listed))
    code, told = command(capsys, "certify", "--full", str(printed), "-q", "--report", str(report), *CHOSEN)
    assert code == 0, told[-4000:]
    for manifests in (printed, bare):
        code, told = command(capsys, "report", "verify", str(report), "--manifests", str(manifests))
        assert code == 0, told


def test_several_backends_are_judged_apart(file: Path, capsys: Capture) -> None:
    other = NIMBUS.replace("nimbus", "stratus").replace("$STRATUS_API_KEY", "$NIMBUS_API_KEY")
    assert "$NIMBUS_API_KEY" in other
    broken = other.replace("    hostname: llm", "    hostname: lm")
    file.write_text(f"{NIMBUS}---\n{broken}")
    code, printed = command(capsys, "certify", "--full", str(file), "-q", *CHOSEN)
    assert code == 1
    assert "nimbus: no verdict after " in printed
    assert "stratus: NOT conformant after " in printed
    code, printed = command(capsys, "certify", "--full", str(file), "-q", "--provider", "nimbus", *CHOSEN)
    assert code == 0
    assert "stratus" not in printed
    code, printed = command(capsys, "certify", "--full", str(file), "-q", "--provider", "cirrus")
    assert code == 2
    assert "--provider cirrus: the manifests have none of that name - they have: nimbus, stratus" in printed


def test_bad_input_is_one_message(file: Path, capsys: Capture) -> None:
    file.write_text(edited(("  Authorization:", "  authorization:")))
    code, printed = command(capsys, "certify", "--full", str(file))
    assert code == 2
    assert printed.strip() == (
        f"ERROR: {file}:7:1: stringData.Authorization: required, Backend llm/nimbus takes its API key from there; the"
        " Secret has only authorization - write the API key into stringData.Authorization"
    )


def test_a_configuration_beside_the_manifests_is_not_obeyed(file: Path, capsys: Capture) -> None:
    file.write_text(NIMBUS)
    (file.parent / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (file.parent / "conftest.py").write_text("raise SystemExit('obeyed')\n")
    code, printed = command(capsys, "certify", "--full", str(file), "-q", "--case", "tls/policy-makes-tls")
    assert code == 0, printed
