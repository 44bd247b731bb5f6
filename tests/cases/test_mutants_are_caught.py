"""A gateway with a defect fails the cases whose statements name it, and the output names the cause."""

from __future__ import annotations

import re

import pytest

from conformance.core import deadlines
from tests.support.caught import CAUGHT, Caught
from tests.support.nightly import BY_NIGHT
from tests.support.nimbus import command

pytestmark = pytest.mark.slow

REQUIRED = [
    ("key-not-sent", ["auth/key-as-bearer"], "the gateway sent no key: the header Authorization is missing"),
    (
        "client-key-forwarded-beside",
        ["auth/client-authorization-replaced"],
        "the client's own key was forwarded beside the Backend's",
    ),
    (
        "path-not-replaced",
        ["path/full-replaces-path"],
        "the path was not replaced: the client's own path went upstream",
    ),
    ("query-kept", ["path/query-replaced-too"], "the client's query string was kept"),
    ("model-not-overridden", ["model/overrides-other"], "the Backend's model did not override the client's"),
    ("sni-empty", ["tls/policy-makes-tls"], "the gateway sent no server name (SNI is empty)"),
    (
        "certificate-name-not-verified",
        ["tls/hostname-is-verified", "tls/bad-certificate-refused"],
        "the gateway did not verify the certificate's name",
    ),
    (
        "ca-not-verified",
        ["tls/bad-certificate-refused", "tls/other-authority-refused"],
        "the gateway did not verify the certificate's authority",
    ),
    (
        "plaintext-despite-policy",
        ["tls/policy-makes-tls"],
        "the gateway spoke plaintext although a BackendTLSPolicy is in force",
    ),
    ("prefix-matches-substring", ["routing/prefix-goes-by-segments"], "prefixes go by segments"),
    ("wrong-provider-key", ["auth/own-key-only"], "the key of another provider was sent"),
    ("stream-buffered", ["streaming/not-buffered"], "the response was buffered instead of streamed"),
]


@pytest.mark.parametrize(("mutant", "cases", "cause"), REQUIRED, ids=[mutant for mutant, _, _ in REQUIRED])
def test_required_defect(
    mutant: str,
    cases: list[str],
    cause: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A stream that is never sent is waited for in vain; there is no need to do so for long.
    monkeypatch.setattr(deadlines, "FIRST_CHUNK", 0.5)
    chosen = [part for case in cases for part in ("--case", case)]
    code, printed = command(capsys, "run", "-q", "-p", "no:randomly", "--mutant", mutant, *chosen)
    causes = printed.partition("\ncauses:\n")[2]
    assert code == 1, printed
    for case in cases:
        assert re.search(rf"^(MUST|SHOULD) {case} ", printed, re.MULTILINE), printed
    assert cause in causes, printed
    assert "Tested: the configuration, tested against the reference gateway" in printed


# All of them take minutes; a sample by day shows that the table is read, and what it says true.
CHOSEN = CAUGHT if BY_NIGHT else CAUGHT[::9]


@pytest.mark.parametrize("one", CHOSEN, ids=[f"{one.mutant}-{one.case}" for one in CHOSEN])
def test_a_case_catches_the_defect(
    one: Caught, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "FIRST_CHUNK", 0.5)
    options = ("--mutant", one.mutant, "--case", one.case, "--dialect", one.dialect, "-k", "mistral")
    code, printed = command(capsys, "run", "-q", "-p", "no:randomly", *options)
    assert code == 1, printed
    assert one.cause in printed.partition("\ncauses:\n")[2], printed


def test_the_reference_passes_the_same_cases(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [part for _, cases, _ in REQUIRED for case in cases for part in ("--case", case)]
    code, printed = command(capsys, "run", "-q", *chosen)
    assert code == 0, printed
    assert "mistral: no verdict after" in printed
    assert "deepseek: no verdict after" in printed


def test_an_unknown_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = command(capsys, "run", "-q", "--mutant", "nobody")
    assert code == 2
    assert "--mutant nobody: unknown - one of: " in printed
    assert "key-not-sent" in printed
