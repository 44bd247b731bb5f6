"""The README's examples of `certify`, carried out: what it shows is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from conformance.core.providers.shipped import list_providers
from tests.support.nimbus import command
from tests.support.paths import ROOT

Capture = pytest.CaptureFixture[str]

README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples(start: str) -> str:
    """The README's first code block in which a line begins so."""
    blocks: list[str] = re.findall(r"^```\w+\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if any(line.startswith(start) for line in block.splitlines()))


def test_the_readme_counts_the_providers() -> None:
    assert f"facts of {len(list_providers())}, with sources" in README


@pytest.mark.slow
def test_certify_prints_what_the_readme_shows(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # The commands that make the manifests come after the example that uses them.
    for line in examples("$ agw-conformance provider new").splitlines():
        words = shlex.split(line, comments=True)[1:]
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            continue
        code, printed = command(capsys, *words[1:])
        assert code == 0, printed
    shown = examples("$ agw-conformance certify manifests/").partition("\n")[2]
    _, printed = command(capsys, "certify", "manifests/")
    assert printed.strip() == shown.strip(), "a new check counts: the README shows it, too"
    without = Path("manifests/acme.yaml").read_text().rpartition("---\n")[0]
    Path("manifests/acme.yaml").write_text(without)
    shown = examples("checks     1 error").rpartition("...")[0]
    code, printed = command(capsys, "certify", "manifests/")
    assert code == 1
    assert shown.strip() in printed
    Path("manifests/acme.yaml").write_text(without.replace("port: 443", "port: https"))
    code, printed = command(capsys, "certify", "manifests/")
    assert (code, printed) == (2, examples("agw-conformance: manifests/acme.yaml"))
