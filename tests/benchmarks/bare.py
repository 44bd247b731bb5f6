"""The bare cost: the same imports, servers, objects and requests as a recorded run, without pytest and harness."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpcore
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

import conformance.exchange.oracle.upstream
import conformance.stage.stage  # noqa: F401 - imported by a run, so part of the bare cost
from conformance.targets.embedded.target import EmbeddedTarget
from tests.benchmarks.recording import Recording


def _apply(client: ApiClient, objects: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dynamic = DynamicClient(client, cache_file=str(Path(folder, "discovery.json")))
        for data in objects:
            resource = dynamic.resources.get(api_version=data["apiVersion"], kind=data["kind"])
            try:
                resource.patch(
                    body=json.dumps(data).encode(),
                    name=data["metadata"]["name"],
                    namespace=data["metadata"].get("namespace"),
                    content_type="application/apply-patch+yaml",
                    query_params=[("fieldManager", "bare"), ("force", "true")],
                    serialize=False,
                )
            except ApiException as error:  # what a case applied to see it refused is refused here, too
                if error.status not in (400, 422, 500):
                    raise


async def _bare(recording: Recording) -> None:
    target = EmbeddedTarget()
    await target.start()
    try:
        await target.attach(recording.attachments)
        await asyncio.to_thread(_apply, target.kubernetes(), recording.objects)
        limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 30.0)}
        async with httpcore.AsyncConnectionPool() as client:
            for request, headers in recording.requests:
                url = target.gateway.url + request.path
                try:
                    await client.request(request.method, url, headers=headers, content=request.body, extensions=limits)
                except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
                    if isinstance(error, httpcore.ConnectError):
                        raise  # a lookalike that resets connections is part of the requests
    finally:
        await target.stop()


if __name__ == "__main__":
    asyncio.run(_bare(pickle.loads(Path(sys.argv[1]).read_bytes())))
