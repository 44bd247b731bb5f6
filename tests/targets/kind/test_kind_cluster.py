"""The kind cluster of a run: made, kept, removed, left over, somebody else's; with programs that stand in for kind."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.targets.kind.kind_cluster import OwnCluster
from conformance.targets.kind.options import KindOptions
from conformance.targets.kind.quiet import what_is_wrong
from tests.support.cluster import Programs


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch)


def cluster(**options: Any) -> OwnCluster:
    return OwnCluster(KindOptions(cluster_name="mine", **options))


async def test_made_and_removed(programs: Programs) -> None:
    own = cluster(config=Path("/c.yaml"), image="node:1")
    assert await own.start()
    assert (own.name, own.node) == ("mine", "mine-control-plane")
    assert own.kubeconfig.read_text().startswith("apiVersion")
    assert programs.state.joinpath("mine.disposable").read_text() == "c0ffee"
    created = next(call for call in programs.calls if "create" in call)
    assert created.endswith("--image=node:1 --config /c.yaml")
    await own.stop()
    await own.stop()
    assert not programs.folder.joinpath("cluster").exists()
    assert programs.left == []


async def test_kept(programs: Programs, tmp_path: Path) -> None:
    own = cluster(keep=True)
    assert await own.start()
    await own.stop()
    assert programs.left == [".pytest-kind", "kubeconfig", "mine"]
    again = cluster()
    assert not await again.start()
    await again.stop()
    assert programs.folder.joinpath("cluster").exists()
    assert sum("create" in call for call in programs.calls) == 1
    assert not any("delete" in call for call in programs.calls)


async def test_what_was_to_be_kept_is_removed_when_it_was_made_in_vain(programs: Programs) -> None:
    own = cluster(keep=True)
    await own.start()
    await own.discard()
    assert not programs.folder.joinpath("cluster").exists()
    assert programs.left == []


async def test_one_that_was_there_before_stays(programs: Programs, tmp_path: Path) -> None:
    programs.cluster("mine")
    kubeconfig = tmp_path / "kubeconfig"
    own = cluster(kubeconfig=str(kubeconfig))
    assert not await own.start()
    assert kubeconfig.exists()
    await own.discard()
    assert programs.folder.joinpath("cluster").exists()
    assert programs.left == []


async def test_a_kubeconfig_that_was_asked_for_is_left_to_kind(programs: Programs, tmp_path: Path) -> None:
    own = cluster(kubeconfig=str(tmp_path / "kubeconfig"))
    await own.start()
    await own.stop()
    assert (tmp_path / "kubeconfig").exists()


@pytest.mark.parametrize(
    ("mark", "identity", "created", "made_anew"),
    [
        ("c0ffee", "c0ffee", "2026-11-23T07:00:00Z", True),
        ("c0ffee", "another", "2026-11-23T07:00:00Z", False),
        ("", "unknown", "2026-11-23T07:00:30Z", True),
        ("", "unknown", "2026-11-23T09:00:00Z", False),
    ],
    ids=["the one", "one of the same name", "its run was killed while it was made", "made long after"],
)
async def test_left_over(programs: Programs, mark: str, identity: str, created: str, made_anew: bool) -> None:
    programs.cluster("mine", identity, created)
    programs.state.mkdir(parents=True)
    marker = programs.state / "mine.disposable"
    marker.write_text(mark)
    os.utime(marker, (1795417200, 1795417200))  # 2026-11-23T07:00:00Z
    own = cluster()
    assert await own.start() is made_anew
    assert marker.exists() is made_anew
    await own.stop()
    assert programs.folder.joinpath("cluster").exists() is not made_anew
    assert programs.left == ([] if made_anew else [".pytest-kind", "kubeconfig", "mine"])


async def test_a_mark_without_a_cluster_is_forgotten(programs: Programs) -> None:
    programs.state.mkdir(parents=True)
    (programs.state / "mine.disposable").touch()
    own = cluster(keep=True)
    assert await own.start()
    await own.stop()
    assert programs.folder.joinpath("cluster").exists()


async def test_another_run_has_it(programs: Programs) -> None:
    first, second = cluster(), cluster()
    await first.start()
    with pytest.raises(SetupProblem, match="another run has the kind cluster mine - wait for its end, or name another"):
        await second.start()
    await second.discard()
    assert programs.folder.joinpath("cluster").exists()
    await first.stop()
    assert programs.left == []


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("docker-is-off", "", "docker version failed: Cannot connect to the Docker daemon.* - start Docker"),
        (
            "refuses",
            'ERROR: failed to create cluster: failed to pull image "n:1": command "docker pull n:1" failed with error:'
            " exit status 1\nCommand Output: Error response from daemon: no such host\n\nStack Trace:\nmain.go:7\n",
            'ERROR: failed to create cluster: failed to pull image "n:1": Error response from daemon: no such host'
            " - check --kind-image and --kind-config",
        ),
    ],
)
async def test_it_cannot_be_made(programs: Programs, file: str, text: str, message: str) -> None:
    programs.tell(file, text)
    own = cluster()
    with pytest.raises(SetupProblem, match=message):
        await own.start()
    await own.discard()
    assert programs.left == []


@pytest.mark.parametrize(("name", "message"), [("kind", "--kind-bin PATH"), ("docker", "install Docker")])
async def test_a_program_is_missing(
    programs: Programs, name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs.bin))
    (programs.bin / name).unlink()
    own = cluster()
    with pytest.raises(SetupProblem, match=f"{name} was not found on PATH - .*{message}"):
        await own.start()
    await own.discard()
    assert programs.left == []


async def test_a_given_kind_that_is_none(programs: Programs) -> None:
    with pytest.raises(SetupProblem, match="/nowhere/kind is no program that can be run"):
        await cluster(kind_bin="/nowhere/kind").start()


async def test_the_states_folder_cannot_be_written(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    own = cluster()
    with pytest.raises(SetupProblem, match=r"cannot be used: .* must be writable"):
        await own.start()
    await own.discard()


async def test_it_cannot_be_removed(programs: Programs) -> None:
    own = cluster()
    await own.start()
    programs.tell("stays")
    with pytest.raises(SetupProblem, match="cannot delete the cluster mine: ERROR: failed to delete cluster - remove"):
        await own.stop()
    # The next run knows of it.
    assert "mine.disposable" in programs.left
    programs.folder.joinpath("stays").unlink()
    another = cluster()
    assert await another.start()
    await another.stop()
    assert programs.left == []


def await_creation(programs: Programs) -> None:
    while not programs.folder.joinpath("creating").exists():
        time.sleep(0.01)


async def test_interrupted_while_it_is_made(programs: Programs, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(programs.folder / "wait")
    own = cluster()
    starting = asyncio.create_task(own.start())
    await asyncio.to_thread(await_creation, programs)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await own.discard()
    del starting
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []
    assert not programs.folder.joinpath("cluster").exists()
    assert not programs.folder.joinpath("creating").exists()
    assert programs.left == []


KILLED = """\
import asyncio, os, signal, sys, threading
from pathlib import Path
from conformance.targets.kind.kind_cluster import OwnCluster
from conformance.targets.kind.options import KindOptions

async def main():
    starting = asyncio.create_task(OwnCluster(KindOptions("mine")).start())
    while not Path(os.environ["FAKE"], "creating").exists():
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_kind_that_outlives_its_run_is_ended_before_another_begins(programs: Programs) -> None:
    os.mkfifo(programs.folder / "wait")
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", KILLED]
    done = await asyncio.to_thread(subprocess.run, command, check=False, env=environment)
    assert done.returncode == -9
    assert programs.folder.joinpath("creating").exists()
    assert {"mine.lock", "mine.making", "mine.disposable"} <= set(programs.left)
    own = cluster()
    assert await own.start()
    assert not programs.folder.joinpath("creating").exists()
    await own.stop()
    assert programs.left == []


async def test_a_kind_that_does_not_end(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "ROLLOUT", 0.0)
    programs.state.mkdir(parents=True)
    (programs.state / "mine.disposable").touch()
    own = cluster()
    stuck = pytest.raises(SetupProblem, match="still making the cluster mine - end it: pgrep -f 'kind create")
    with FileLock(programs.state / "mine.making"), stuck:
        await own.start()
    await own.discard()


async def test_a_lock_whose_file_its_owner_has_just_removed_is_nobodys(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, flock = cluster(), fcntl.flock

    def last_moment(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        (programs.state / "mine.lock").unlink()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", last_moment)
    with pytest.raises(SetupProblem, match="another run has the kind cluster mine"):
        await own.start()
    assert await own.start()
    await own.stop()
    assert programs.left == []


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", "it said nothing"),
        ("one\n\n  two \n", "two"),
        ("✗ Preparing\nERROR: no space\nStack\n", "ERROR: no space"),
        ("Command Output: no such host\n", "Command Output: no such host: no such host"),
    ],
)
def test_what_is_wrong(output: str, said: str) -> None:
    assert what_is_wrong(output) == said
