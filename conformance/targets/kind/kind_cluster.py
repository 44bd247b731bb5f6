"""A kind cluster for one run at a time, made and removed through pytest-kind; not removed if it was there before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pytest_kind import KindCluster

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.targets.kind.options import KindOptions
from conformance.targets.kind.quiet import quiet
from conformance.targets.kind.tools import Tool, find, run

__all__ = ["OwnCluster"]

_LONGEST_PULL = 3600.0
"""Seconds that kind may take to pull a node image, before there is a container."""


class OwnCluster:
    """The cluster of that name. While a run has it, no other run on this machine can.

    A file says that a cluster is to be removed: it is written before the cluster is made, and what an interrupted run
    left is recognised by it. A second lock is held by a kind that makes a cluster, which outlives a killed run.
    """

    def __init__(self, options: KindOptions) -> None:
        self._options = options
        self._kind: Tool | None = None
        self._docker: Tool | None = None
        self._cluster: KindCluster | None = None
        self._made = False
        folder = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state", "agw-conformance", "kind").expanduser()
        self._lock = _lock(folder / f"{options.cluster_name}.lock")
        self._making = _lock(folder / f"{options.cluster_name}.making", self._share)
        self._making_file = -1
        self._disposable = folder / f"{options.cluster_name}.disposable"

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self._options.cluster_name

    @property
    def node(self) -> str:
        """The container of its control plane."""
        return f"{self.name}-control-plane"

    @property
    def kubeconfig(self) -> Path:
        """Where its kubeconfig is, once it stands."""
        assert self._cluster is not None
        return Path(self._cluster.kubeconfig_path)

    @property
    def kind(self) -> Tool:
        """The kind program."""
        assert self._kind is not None
        return self._kind

    async def start(self) -> bool:
        """Take the cluster, or make it; returns whether it was made now.

        Raises SetupProblem when a tool is missing, Docker does not answer, or another run has the cluster.
        """
        self._kind = find("kind", self._options.kind_bin)
        self._docker = find("docker")
        remedy = "start Docker, and see that `docker version` works for you"
        command = [self._docker, "version", "--format", "{{.Server.Version}}"]
        await run(command, "docker version", remedy=remedy, seconds=20)
        try:
            self._take()
        except OSError as error:
            remedy = "the state's folder ($XDG_STATE_HOME) and the working folder must be writable"
            raise SetupProblem(f"the kind cluster {self.name} cannot be used: {error}", remedy=remedy) from error
        await self._remove_left_over()
        if await self._exists():
            await self._write_kubeconfig()
            return False
        self._disposable.touch()
        self._made = True
        await self._create()
        self._disposable.write_text((await self._container())[0], encoding="utf-8")
        return True

    def _share(self, file: int) -> None:
        self._making_file = file

    def _take(self) -> None:
        if not _taken(self._lock):
            remedy = "wait for its end, or name another cluster with --cluster-name"
            raise SetupProblem(f"another run has the kind cluster {self.name}", remedy=remedy)
        self._cluster = KindCluster(
            self.name,
            Path(self._options.kubeconfig) if self._options.kubeconfig else None,
            image=self._options.image,
            kind_path=self._kind,
        )

    async def _remove_left_over(self) -> None:
        """Remove what an interrupted run was to remove, and end its kind if that is still at work."""
        if not self._disposable.exists():
            return
        end = deadlines.now() + deadlines.ROLLOUT
        while not _taken(self._making):
            if deadlines.now() > end:
                remedy = f"end it: pgrep -f 'kind create cluster --name={self.name}'"
                raise SetupProblem(f"an interrupted run is still making the cluster {self.name}", remedy=remedy)
            await self._delete()
        _let_go(self._making)
        if await self._exists() and await self._is_marked():
            await self._delete()
        self._disposable.unlink(missing_ok=True)

    async def _is_marked(self) -> bool:
        """Whether the cluster is the one that was to be removed, and no later one of somebody else's."""
        made, created = await self._container()
        marked = self._disposable.read_text(encoding="utf-8")
        if marked:
            return made == marked
        # The run ended before there was anything to write down.
        return created < self._disposable.stat().st_mtime + _LONGEST_PULL

    async def _container(self) -> tuple[str, float]:
        """The id of the control plane's container, and when it was created."""
        assert self._docker is not None
        command = [self._docker, "inspect", "--format", "{{.Id}} {{.Created}}", self.node]
        remedy = f"remove what is left of the cluster: kind delete cluster --name {self.name}"
        identity, created = (await run(command, "docker inspect", remedy=remedy, seconds=20)).split()
        return identity, datetime.fromisoformat(created[:19] + "+00:00").timestamp()

    async def _exists(self) -> bool:
        listed = await run([self.kind, "get", "clusters"], "kind get clusters", remedy="is Docker running?", seconds=30)
        return self.name in listed.split()

    async def _create(self) -> None:
        """Make the cluster; when interrupted meanwhile, return once kind has ended."""
        assert self._cluster is not None
        remedy = "check --kind-image and --kind-config, or try `kind create cluster` by hand"
        config = str(self._options.config) if self._options.config else None
        # A kind that is still making it has been waited for.
        with _held(self._making), quiet(self._making_file) as said:
            making = asyncio.ensure_future(asyncio.to_thread(self._cluster.create, config))
            try:
                await asyncio.wait([making])
            finally:
                while not making.done():
                    # Without its node it fails.
                    await asyncio.gather(asyncio.to_thread(self._cluster.delete), return_exceptions=True)
                    await asyncio.wait([making], timeout=1)
                failure = making.exception()
            if isinstance(failure, subprocess.CalledProcessError):
                raise SetupProblem(f"kind cannot create the cluster {self.name}: {said()}", remedy=remedy) from failure
            if failure is not None:
                raise failure

    async def _write_kubeconfig(self) -> None:
        command = [self.kind, "export", "kubeconfig", "--name", self.name, "--kubeconfig", str(self.kubeconfig)]
        await run(command, "kind export kubeconfig", remedy="is the cluster's container running?")

    async def stop(self) -> None:
        """Remove the cluster if this run made it and it is not to be kept; harmless when repeated."""
        try:
            if self._made and not (self._options.keep and await self._exists()):
                await self._delete()
            if self._made:
                self._disposable.unlink(missing_ok=True)
            self._made = False
        finally:
            self._leave()

    async def discard(self) -> None:
        """Remove what was made in vain, also when it was to be kept."""
        try:
            if self._made:
                await self._delete()
                self._disposable.unlink(missing_ok=True)
            self._made = False
        finally:
            self._leave()

    async def _delete(self) -> None:
        assert self._cluster is not None
        with quiet() as said:
            try:
                await asyncio.to_thread(self._cluster.delete)
            except subprocess.CalledProcessError as error:
                remedy = f"remove it by hand: kind delete cluster --name {self.name}"
                message = f"kind cannot delete the cluster {self.name}: {said()}"
                raise SetupProblem(message, remedy=remedy) from error
        if self._options.kubeconfig is None:
            self.kubeconfig.unlink(missing_ok=True)

    def _leave(self) -> None:
        if self._cluster is not None:
            # pytest-kind makes folders for the kubeconfig in the working folder.
            with contextlib.suppress(OSError):  # not empty: the cluster is kept, or there are others
                self._cluster.path.rmdir()
                self._cluster.path.parent.rmdir()
        _let_go(self._lock)


def _lock(path: Path, on_acquired: Callable[[int], None] | None = None) -> FileLock:
    """The kernel lets it go when its owner dies, and with it all that inherited the open file."""
    return FileLock(path, mode=0o600, blocking=False, thread_local=False, on_acquired=on_acquired)


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    return True


def _let_go(lock: FileLock) -> None:
    if lock.is_locked:
        # Before it is free: a file that is gone is nobody's lock, which FileLock looks at.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


@contextlib.contextmanager
def _held(lock: FileLock) -> Iterator[None]:
    lock.acquire()
    try:
        yield
    finally:
        _let_go(lock)
