"""The options of targets that need a cluster, and how a run ends that cannot have one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cluster_support import Programs
from tests.core_support import command

Capture = pytest.CaptureFixture[str]
ONE = ("--case", "path/full-replaces-path", "--provider", "mistral")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--chart", "x"), "--chart: only the kind target installs something - add --target kind"),
        (("--helm-set", "a=b"), "--helm-set: only the kind target installs something - add --target kind"),
        (("--target", "kind", "-n", "2"), "-n: the kind target has one gateway"),
        (("--target", "kind", "--kind-config", "gone.yaml"), "--kind-config gone.yaml: No such file"),
        (
            ("--target", "kind", "--kind-config", "bad.yaml"),
            "bad.yaml:2:1: --kind-config: this is not YAML - give a",
        ),
        (("--target", "kind", "--kind-config", "binary"), "binary: --kind-config: this is not YAML"),
        (("--target", "kind", "--kind-config", "other.yaml"), "--kind-config other.yaml: no object of kind Cluster"),
        (("--target", "kind", "--cluster-name", "../x"), "--cluster-name '../x': no name for a cluster"),
        (
            ("--target", "kind", "--proxy-image", "proxy"),
            "--proxy-image proxy: its parts cannot be told apart - give",
        ),
        (("--target", "kind", "--proxy-image", "r:5000/proxy"), "--proxy-image r:5000/proxy: its parts"),
        (("--target", "kind", "--mutant", "sni-empty"), "--mutant: only the embedded target has mutants"),
    ],
)
def test_options_that_cannot_be(programs: Programs, capsys: Capture, arguments: tuple[str, ...], message: str) -> None:
    (programs.work / "bad.yaml").write_text("a: [\n")
    (programs.work / "binary").write_bytes(b"\xff\xfe\x00")
    (programs.work / "other.yaml").write_text("kind: Pod\n")
    code, printed = command(capsys, "run", *ONE, *arguments)
    assert (code, printed.count(message)) == (2, 1), printed
    assert programs.calls == []


def without(name: str) -> Any:
    def remove(programs: Programs) -> None:
        (programs.bin / name).unlink()

    return remove


def told(name: str, text: str = "") -> Any:
    return lambda programs: programs.tell(name, text)


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        (
            told("docker-is-off"),
            (),
            "docker version failed: Cannot connect to the Docker daemon. Is it running? -",
        ),
        (without("kind"), (), "kind was not found on PATH - install kind"),
        (without("helm"), (), "helm was not found on PATH - install Helm"),
        (without("docker"), (), "docker was not found on PATH - install Docker"),
        (told("x"), ("--chart", "gone"), "--chart gone: there is no such chart - give a chart's folder"),
        (told("x"), ("--image-archive", "gone"), "--image-archive gone: no such file - give a file as"),
        (
            told("refuses", "ERROR: no such image"),
            (),
            "kind cannot create the cluster pytest-kind: ERROR: no such",
        ),
    ],
    ids=["docker is off", "no kind", "no helm", "no docker", "no chart", "no archive", "no node image"],
)
def test_one_message_and_nothing_left(
    programs: Programs,
    capfd: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    prepare: Any,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setenv("PATH", f"{programs.bin}")  # the machine's own kind would be found, too
    for name in ("cat", "rm"):
        (programs.bin / name).symlink_to(f"/bin/{name}")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    prepare(programs)
    code, printed = command(capfd, "run", *ONE, "--target", "kind", *arguments)
    assert (code, printed.count(message)) == (3, 1), printed
    assert printed.splitlines()[-1].startswith(f"agw-conformance: set-up failed: {message}")
    assert "Traceback" not in printed
    assert programs.left == []
    assert not programs.folder.joinpath("cluster").exists()
    assert [path.name for path in tmp_path.glob("*conformance*")] == []


def test_a_cluster_that_is_there_but_does_not_answer(
    programs: Programs, capfd: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    programs.cluster("pytest-kind")
    report = tmp_path / "report"
    code, printed = command(capfd, "run", *ONE, "--target", "kind", "--report", str(report))
    assert code == 3
    last = printed.splitlines()[-1]
    assert "set-up failed: the Kubernetes API endpoint does not answer" in last
    assert last.endswith("is the cluster running?")
    assert programs.folder.joinpath("cluster").exists()
    assert "could not be read" in (report / "cluster" / "events.txt").read_text()
    assert "version: unknown" in (report / "report.yaml").read_text()
    assert [path.name for path in tmp_path.glob("agw-conformance-*")] == []


def test_what_was_made_in_vain_goes_and_if_it_does_not_both_are_told(
    programs: Programs, capfd: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, printed = command(capfd, "run", *ONE, "--target", "kind", "--keep-cluster")
    assert code == 3
    assert "the Kubernetes API endpoint does not answer" in printed.splitlines()[-1]
    assert not programs.folder.joinpath("cluster").exists()
    assert programs.left == []
    programs.tell("stays")
    code, printed = command(capfd, "run", *ONE, "--target", "kind")
    last = printed.splitlines()[-1]
    assert code == 3
    assert "is the cluster running?; moreover, kind cannot delete the cluster pytest-kind: ERROR" in last
    assert last.endswith("remove it by hand: kind delete cluster --name pytest-kind")
