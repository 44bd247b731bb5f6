"""`certify --watch`: a saved file has its providers certified again; Ctrl-C ends it cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.certification.request import CertifyRequest, RunOptions
from conformance.certification.source import Source, read_source
from conformance.cli import watching
from conformance.cli.commands import certify as certify_command
from conformance.cli.watching import again, concerned, watched
from tests.support.nimbus import KEY, NIMBUS, command
from tests.support.rendering import lay

Capture = pytest.CaptureFixture[str]

HOSTNAME = ("    hostname: llm.nimbus.example", "    hostname: lm.nimbus.example")


def request(*paths: str) -> CertifyRequest:
    return CertifyRequest(RunOptions(manifests=paths))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIMBUS_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    cirrus = NIMBUS.replace("nimbus", "cirrus").replace("hostname: llm.cirrus", "hostname: lm.cirrus")
    cirrus = cirrus.replace("$NIMBUS_API_KEY", "sk-cirrus-0123456789abcdef")
    lay(tmp_path, {"k8s/nimbus.yaml": NIMBUS, "k8s/cirrus.yaml": cirrus})


def saved(*files: str) -> set[str]:
    return {str(Path(one).resolve()) for one in files}


def test_only_the_providers_of_a_saved_file() -> None:
    source = read_source(request("k8s"))
    assert [one.name for one in concerned(source, saved("k8s/cirrus.yaml")).profiles] == ["cirrus"]
    for others in (["k8s/gone.yaml"], ["k8s/cirrus.yaml", "k8s/new.yaml"], []):
        assert len(concerned(source, saved(*others)).profiles) == 2


def test_only_the_parts_of_a_saved_file(capsys: Capture) -> None:
    lay(Path(), {"other/nimbus.yaml": NIMBUS})
    done: list[tuple[str, list[str], bool]] = []

    def certify(one: CertifyRequest, source: Source | None) -> int:
        names = [profile.name for profile in source.profiles] if source else []
        done.append((one.run.manifests[0], names, one.fix))
        return 0

    parts = [("a", request("k8s")), ("b", request("other"))]
    again(saved("k8s/nimbus.yaml"), parts, certify)
    assert capsys.readouterr().out == "== a: k8s/nimbus.yaml\n"
    lay(Path(), {"other/nimbus.yaml": "kind: ["})
    again(saved("other/nimbus.yaml"), parts, certify)
    again(saved("elsewhere.yaml"), parts, certify)
    assert done == [("k8s", ["nimbus"], False), ("other", [], False)]


def test_bases_elsewhere_are_watched() -> None:
    lay(Path(), {"overlay/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": "resources: []\n"})
    assert watched([request("overlay")]) == [Path("overlay"), Path("base")]
    assert watched([request("k8s/nimbus.yaml", "k8s")]) == [Path("k8s")]


@pytest.mark.slow
def test_a_mistake_is_told_when_it_is_saved(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved comes from a list in place of the file system; after it there is Ctrl-C."""

    def changes(folders: object) -> object:
        Path("k8s/nimbus.yaml").write_text(NIMBUS.replace(*HOSTNAME))
        yield saved("k8s/nimbus.yaml")
        raise KeyboardInterrupt

    monkeypatch.setattr("conformance.cli.commands.certify.changes", changes)
    code, printed = command(capsys, "certify", "--watch", "-q", "--case", "path/full-replaces-path", "k8s")
    first, _, second = printed.partition("watching k8s; Ctrl-C ends it")
    assert (code, "lm.nimbus.example" in first, "'lm.nimbus.example'" in second) == (130, False, True)
    assert ("cirrus: " in first, "cirrus: " in second, "nimbus: NOT conformant" in second) == (True, False, True)
    # What is wrong with the other file is told of that one.
    assert ("cirrus.yaml" in first, "cirrus.yaml" in second) == (True, False)


@pytest.mark.slow
def test_a_process_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    arguments = ["certify", "--watch", "-q", "--case", "path/full-replaces-path", "k8s"]
    with subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert any(line.startswith("watching k8s") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "Traceback" not in process.stderr.read()


def test_who_interrupts_the_first_certification_watches_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(certify_command, "_certify_parts", interrupted)
    code, printed = command(capsys, "certify", "--watch", "k8s")
    assert (code, printed) == (130, "")


def test_what_is_saved_is_noticed(tmp_path: Path) -> None:
    """By the real library: a change is written from another thread until it is seen."""
    import threading

    seen = threading.Event()

    def write() -> None:
        number = 0
        while not seen.wait(0.1):
            (tmp_path / "k8s" / "nimbus.yaml").write_text(f"{NIMBUS}# {(number := number + 1)}\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = next(watching.changes([tmp_path / "k8s"]))
    finally:
        seen.set()
        writer.join()
    assert found == saved("k8s/nimbus.yaml")


@pytest.mark.parametrize("arguments", [["--fix", "--yes"], ["--format", "json"], ["-"]])
def test_what_it_does_not_go_with(arguments: list[str], capsys: Capture) -> None:
    code, printed = command(capsys, "certify", "--watch", "k8s", *arguments)
    assert (code, "--watch does not go with" in printed) == (2, True), printed


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes(shell: str, capsys: Capture) -> None:
    code, printed = command(capsys, "completion", shell)
    assert code == 0
    for word in ("certify", "explain", "helm-values"):
        assert word in printed
