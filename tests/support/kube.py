"""The embedded Kubernetes API endpoint in a thread of its own, with the client of a run, and an object for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance.core.loop_thread import LoopThread
from conformance.manifests.schemas.admission import SchemaAdmission
from conformance.stage.arrangement.kube import Kubernetes
from conformance.targets.embedded.target import client_of
from conformance.targets.reference.kubeapi import KubeApiServer, Store

__all__ = ["NAMESPACE", "config_map", "endpoint"]

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "opal"}}


@asynccontextmanager
async def endpoint(*, asked: bool = True) -> AsyncIterator[tuple[Kubernetes, LoopThread, KubeApiServer]]:
    """An endpoint with the namespace `opal`, and the run's client for it; unless `asked` it has never been asked."""
    loop = LoopThread("test-endpoint")
    loop.start()
    server = KubeApiServer(Store(), SchemaAdmission())
    await loop.call(server.start())
    files = TemporaryDirectory()
    client = client_of(server, Path(files.name))
    kubernetes = Kubernetes(client, "run-1")
    try:
        if asked:
            await kubernetes.apply(NAMESPACE)
        yield kubernetes, loop, server
    finally:
        kubernetes.close()
        client.close()
        files.cleanup()
        await loop.call(server.stop())
        loop.stop()


def config_map(name: str = "one", **data: Any) -> dict[str, Any]:
    """A ConfigMap of the namespace."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "opal"}, "data": data}
