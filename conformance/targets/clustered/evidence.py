"""What a cluster still knows when a run ends: logs, events, statuses and the proxy's configuration, all redacted."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward

from conformance.core.problems import SetupProblem
from conformance.core.redaction import redact
from conformance.stage.arrangement.kube import Kubernetes, Refused

__all__ = ["KINDS", "ReadText", "asking", "config_dump", "events", "save", "told", "told_events"]

ReadText = Callable[[], Awaitable[str]]

KINDS = (
    ("gateway.networking.k8s.io/v1", "GatewayClass"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("gateway.networking.k8s.io/v1", "BackendTLSPolicy"),
    ("gateway.kgateway.dev/v1alpha1", "Backend"),
    ("agentgateway.dev/v1alpha1", "AgentgatewayBackend"),
    ("agentgateway.dev/v1alpha1", "AgentgatewayPolicy"),
    ("apps/v1", "Deployment"),
    ("v1", "Pod"),
)
"""What is worth keeping of a cluster, where it has the kind."""

_ADMIN_PORT = 15000


async def save(
    folder: Path, kubernetes: Kubernetes, kinds: Iterable[tuple[str, str]], more: Mapping[str, ReadText]
) -> None:
    """Write `objects.yaml` with the objects of these (apiVersion, kind), and what each further source tells, by file.

    A source that cannot be read leaves a file that says why: evidence must not be what a run fails of.
    """

    async def objects() -> str:
        found = [one for api, kind in kinds for one in await _all_of(kubernetes, api, kind)]
        return yaml.safe_dump_all((told(one) for one in found), sort_keys=False)

    for name, source in {"objects.yaml": objects, **more}.items():
        try:
            text = await source()
        except (SetupProblem, Refused) as problem:
            text = f"could not be read: {problem}\n"
        await asyncio.to_thread(_write, folder / name, redact(text))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def told(data: dict[str, Any]) -> dict[str, Any]:
    """An object without what nobody reads; of a Secret only the names of its entries."""
    metadata = {key: value for key, value in data["metadata"].items() if key != "managedFields"}
    told = {**data, "metadata": metadata}
    if data.get("kind") == "Secret":
        told.pop("data", None)
        told["keys"] = sorted(data.get("data") or {})
    return told


async def _all_of(kubernetes: Kubernetes, api_version: str, kind: str) -> list[dict[str, Any]]:
    try:
        return await kubernetes.list_all(api_version, kind)
    except Refused as refused:
        if refused.status == 404:  # the other stack's
            return []
        raise


def told_events(events: Iterable[Any]) -> str:
    """Events, oldest first, one a line."""
    return "".join(
        f"{one.last_timestamp or one.event_time} {one.type} {one.reason} {one.involved_object.kind}"
        f" {one.metadata.namespace}/{one.involved_object.name}: {one.message}\n"
        for one in sorted(events, key=lambda one: str(one.last_timestamp or one.event_time or ""))
    )


async def events(client: ApiClient) -> str:
    """The cluster's events, oldest first, one a line."""

    def read() -> str:
        return told_events(CoreV1Api(client).list_event_for_all_namespaces().items)

    return await asyncio.to_thread(asking, read)


async def config_dump(client: ApiClient, namespace: str, gateway: str) -> str:
    """What a proxy of this Gateway says it is configured with: its admin port listens inside the pod only.

    Raises SetupProblem when there is no pod, or it does not answer.
    """

    def read() -> str:
        core = CoreV1Api(client)
        selector = f"gateway.networking.k8s.io/gateway-name={gateway}"
        pods = core.list_namespaced_pod(namespace, label_selector=selector, field_selector="status.phase=Running")
        if not pods.items:
            raise SetupProblem(f"the Gateway {namespace}/{gateway} has no running pod")
        pod = pods.items[0].metadata.name
        forward = portforward(core.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(_ADMIN_PORT))
        return _get(forward.socket(_ADMIN_PORT), "/config_dump")

    return await asyncio.to_thread(asking, read)


def asking(read: Callable[[], str]) -> str:
    """What the cluster tells. Raises SetupProblem when it does not."""
    try:
        return read()
    except (ApiException, urllib3.exceptions.HTTPError, OSError, http.client.HTTPException) as error:
        raise SetupProblem(f"the cluster does not tell: {' '.join(str(error).split())}") from error


def _get(connection: Any, path: str) -> str:
    """One HTTP answer's body over a socket that is no real one."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    connection.settimeout(30)
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        return answer.read().decode(errors="replace")
    finally:
        answer.close()
        connection.close()
