"""A kind cluster for one run at a time, made and removed through pytest-kind; not removed if it was there before."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_kind import KindCluster

from conformance.cluster.tools import Tool, find, run
from conformance.problems import SetupProblem

__all__ = ["LOOKALIKES_IMAGE", "KindOptions", "OwnCluster"]

LOOKALIKES_IMAGE = "agentgateway-conformance:dev"
"""As the README builds it."""

_NAME = "kind"


@dataclass(frozen=True)
class KindOptions:
    """What pytest-kind's options, `--kind-config` and `--lookalikes` say."""

    cluster_name: str
    keep: bool = False
    kubeconfig: str | None = None
    image: str | None = None
    kind_bin: str | None = None
    config: Path | None = None
    # Of the pod that lookalikes run in; None: they run on the host.
    lookalikes_image: str | None = None


class OwnCluster:
    """The cluster of that name. While a run has it, no other run on this machine can.

    A file beside the lock says that a cluster is to be removed: it is written before the cluster is made, and what an
    interrupted run left is recognised by it.
    """

    def __init__(self, options: KindOptions) -> None:
        self._options = options
        self._kind: Tool | None = None
        self._cluster: KindCluster | None = None
        self._lock: io.TextIOWrapper | None = None
        self._made = False
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "agw-conformance", _NAME)
        self._lock_file = folder / f"{options.cluster_name}.lock"
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
        docker = find("docker")
        remedy = "start Docker, and see that `docker version` works for you"
        await run([docker, "version", "--format", "{{.Server.Version}}"], "docker version", remedy=remedy, seconds=20)
        self._take_lock()
        self._cluster = KindCluster(
            self.name,
            Path(self._options.kubeconfig) if self._options.kubeconfig else None,
            image=self._options.image,
            kind_path=self._kind,
        )
        there = await self._exists()
        if there and self._disposable.exists():
            await self._delete()
            there = False
        if there:
            await self._write_kubeconfig()
            return False
        self._disposable.touch()
        self._made = True
        await self._create()
        return True

    def _take_lock(self) -> None:
        self._lock_file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock_file.open("a", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            self._lock = None
            remedy = "wait for its end, or name another cluster with --cluster-name"
            raise SetupProblem(f"another run has the kind cluster {self.name}", remedy=remedy) from error

    async def _exists(self) -> bool:
        listed = await run([self.kind, "get", "clusters"], "kind get clusters", remedy="is Docker running?", seconds=30)
        return self.name in listed.split()

    async def _create(self) -> None:
        assert self._cluster is not None
        cluster, config = self._cluster, self._options.config
        remedy = "check --kind-image and --kind-config, or try `kind create cluster` by hand"
        with _quiet() as said:
            try:
                await asyncio.to_thread(cluster.create, str(config) if config else None)
            except subprocess.CalledProcessError as error:
                raise SetupProblem(f"kind cannot create the cluster {self.name}: {said()}", remedy=remedy) from error

    async def _write_kubeconfig(self) -> None:
        command = [self.kind, "export", "kubeconfig", "--name", self.name, "--kubeconfig", str(self.kubeconfig)]
        await run(command, "kind export kubeconfig", remedy="is the cluster's container running?")

    async def stop(self) -> None:
        """Remove the cluster if this run made it and it is not to be kept; harmless when repeated."""
        if self._made:
            self._made = False
            if self._options.keep and await self._exists():
                self._disposable.unlink(missing_ok=True)
            else:
                await self._delete()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def discard(self) -> None:
        """Remove what was made in vain, also when it was to be kept."""
        if self._made:
            self._made = False
            await self._delete()
        await self.stop()

    async def _delete(self) -> None:
        assert self._cluster is not None
        with _quiet():
            await asyncio.to_thread(self._cluster.delete)
        self._disposable.unlink(missing_ok=True)


@contextlib.contextmanager
def _quiet() -> Iterator[Callable[[], str]]:
    """KindCluster lets kind write to our own streams; keeps that, and tells its last line that says what is wrong."""
    with tempfile.TemporaryFile() as kept, _redirected(kept.fileno()):

        def last() -> str:
            kept.seek(0)
            lines = [line.strip() for line in kept.read().decode(errors="replace").splitlines() if line.strip()]
            return next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it said nothing")

        yield last


@contextlib.contextmanager
def _redirected(to: int) -> Iterator[None]:
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    for number, _ in kept:
        os.dup2(to, number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
