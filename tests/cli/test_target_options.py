"""The options of targets that need a cluster, and how a run ends that cannot have one."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from conformance.cli.target_options import add_target_options, read_target_options
from conformance.core.problems import InputProblem, SetupProblem
from conformance.stage.arrangement.kube import Kubernetes, Refused
from conformance.stage.settings import Settings, TargetOptions
from conformance.stage.target import Target
from conformance.targets.declaration import Option, TargetKind
from conformance.targets.kind.options import CLUSTER_NAME, KIND_CONFIG, KindOptions, StackOptions
from conformance.targets.kind.target import KindTarget
from conformance.targets.registry import TARGETS
from conformance.targets.run import make_target
from tests.support.cluster import Programs
from tests.support.nimbus import command

Capture = pytest.CaptureFixture[str]
ONE = ("--case", "path/full-replaces-path", "--provider", "mistral")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
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


def test_how_it_looks(programs: Programs, capfd: Capture, tmp_path: Path) -> None:
    programs.tell("docker-is-off")
    code, printed = command(capfd, "run", *ONE, "--target", "kind", "--report", str(tmp_path / "report"))
    message = "docker version failed: Cannot connect to the Docker daemon. Is it running? - start Docker"
    assert code == 3
    assert printed.splitlines()[-1].startswith(f"agw-conformance: set-up failed: {message}")
    assert printed.count(message) == 1
    assert "Traceback" not in printed
    assert "under test: the gateway that the kind target brings up" in printed
    assert "version: unknown" in (tmp_path / "report" / "report.yaml").read_text()


def temporary(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("agw-conformance*")]


def without(name: str) -> Any:
    def remove(programs: Programs) -> None:
        (programs.bin / name).unlink()

    return remove


def told(name: str, text: str = "") -> Any:
    return lambda programs: programs.tell(name, text)


@pytest.mark.parametrize(
    ("prepare", "stack", "message"),
    [
        (without("kind"), {}, "kind was not found on PATH - install kind"),
        (without("helm"), {}, "helm was not found on PATH - install Helm"),
        (without("docker"), {}, "docker was not found on PATH - install Docker"),
        (told("x"), {"chart": "gone"}, "--chart gone: there is no such chart - give a chart's folder"),
        (told("x"), {"images": ("gone",)}, "--image-archive gone: no such file - give a file as"),
        (told("refuses", "ERROR: no such image"), {}, "kind cannot create the cluster mine: ERROR: no such image"),
        (told("x"), {}, "the Kubernetes API endpoint does not answer"),
    ],
    ids=["no kind", "no helm", "no docker", "no chart", "no archive", "no node image", "no answer"],
)
@pytest.mark.parametrize("keep", [True, False])
async def test_one_message_and_nothing_left(
    programs: Programs,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    prepare: Any,
    stack: dict[str, Any],
    message: str,
    keep: bool,
) -> None:
    monkeypatch.setenv("PATH", f"{programs.bin}")  # the machine's own kind would be found, too
    for name in ("cat", "rm"):
        (programs.bin / name).symlink_to(f"/bin/{name}")
    prepare(programs)
    options = KindOptions("mine", keep=keep, stack=StackOptions(**stack))
    target = KindTarget("kgateway-2.1", options, tmp_path / "report")
    with pytest.raises(SetupProblem, match=message):
        await target.start()
    assert programs.left == []
    assert not programs.folder.joinpath("cluster").exists()
    assert temporary(tmp_path) == []


async def test_a_cluster_that_is_there_but_does_not_answer(programs: Programs, tmp_path: Path) -> None:
    programs.cluster("mine")
    target = KindTarget("kgateway-2.1", KindOptions("mine"), tmp_path / "report")
    with pytest.raises(SetupProblem, match=r"does not answer: .* - is the cluster running"):
        await target.start()
    assert programs.folder.joinpath("cluster").exists()
    assert "could not be read" in (tmp_path / "report" / "cluster" / "events.txt").read_text()
    assert temporary(tmp_path) == []


async def test_what_was_made_in_vain_and_does_not_go(programs: Programs) -> None:
    programs.tell("stays")
    target = KindTarget("kgateway-2.1", KindOptions("mine"), None)
    with pytest.raises(SetupProblem) as raised:
        await target.start()
    assert "is the cluster running?; moreover, kind cannot delete the cluster mine: ERROR" in str(raised.value)
    assert raised.value.remedy == "remove it by hand: kind delete cluster --name mine"


async def test_what_the_cluster_refuses(programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def refuse(self: Kubernetes, *place: str) -> None:
        raise Refused(403, "Forbidden", "namespaces is forbidden")

    monkeypatch.setattr(Kubernetes, "get", refuse)
    target = KindTarget("kgateway-2.1", KindOptions("mine"), None)
    with pytest.raises(SetupProblem, match="the cluster mine refuses: namespaces is forbidden - name another cluster"):
        await target.start()
    assert programs.left == []


def test_options_come_again_as_they_were_given() -> None:
    assert KindOptions("pytest-kind", keep=True, config=KIND_CONFIG).again() == []
    given = KindOptions("mine", image="node:1", config=Path("kind.yaml"), lookalikes_image="registry.example/ours:1")
    assert given.again() == [
        *("--cluster-name", "mine", "--kind-image", "node:1", "--kind-config", "kind.yaml"),
        *("--lookalikes", "pods", "--lookalikes-image", "registry.example/ours:1"),
    ]


@dataclass(frozen=True)
class LunarOptions(TargetOptions):
    """Those of a target that the suite has never heard of."""

    target: ClassVar[str] = "lunar"
    crater: str | None = None


LUNAR = TargetKind(
    name="lunar",
    options=(Option("--crater", "where it stands", "NAME"), Option("--dark", "on the far side", metavar=None)),
    elsewhere="only the lunar target stands on the moon",
    usual=LunarOptions,
    read=lambda values: LunarOptions(values["crater"]),
    make=lambda options, settings, run_id: cast("Target", (options, run_id)),
)


def test_a_target_is_what_its_package_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "lunar", LUNAR)
    parser = _parser()
    assert "lunar: where it stands" in " ".join(parser.format_help().split())
    values = vars(parser.parse_args(["--crater", "Tycho"]))
    options = read_target_options("lunar", values)
    assert options == LunarOptions("Tycho")
    with pytest.raises(InputProblem) as raised:
        read_target_options("embedded", values)
    assert str(raised.value) == "--crater: only the lunar target stands on the moon - add --target lunar"
    with pytest.raises(InputProblem, match=r"--target luna: unknown - one of: embedded, .*, lunar"):
        read_target_options("luna", vars(parser.parse_args([])))
    made: object = make_target(Settings((), options), "run-1")
    assert made == (options, "run-1")


@pytest.mark.parametrize("kind", TARGETS.values(), ids=list(TARGETS))
def test_each_target_is_found_by_the_name_that_its_options_have(kind: TargetKind[Any]) -> None:
    usual = kind.usual()
    assert TARGETS[usual.target] is kind
    assert usual.again(elsewhere=True) == []
    assert kind.read(vars(_parser().parse_args([]))) == usual


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_target_options(SimpleNamespace(addoption=parser.add_argument))
    parser.set_defaults(cluster_name=CLUSTER_NAME, keep_cluster=False, kubeconfig=None, kind_image=None, kind_bin=None)
    return parser


def test_who_asks_which_targets_there_are_does_not_wait_for_them() -> None:
    program = (
        "import sys, conformance.targets.registry as r; print([one for one in sys.modules if one.endswith('.target')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['conformance.stage.target']"
