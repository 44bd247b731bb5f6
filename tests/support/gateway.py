"""The store, the controller, the gateway and lookalikes in one test, wired as the embedded target wires them."""

from __future__ import annotations

import asyncio
import base64
import copy
import functools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import yaml

from conformance.core.fixtures import fixtures
from conformance.core.providers.shipped import load_provider
from conformance.manifests.schemas.kinds import GATEWAY, NAMESPACE, Kind, kind_for
from conformance.targets.reference.controller import REFERENCE_CONTROLLER, Controller, ControllerSeams
from conformance.targets.reference.gateway import REFERENCE, ReferenceGateway, Seams
from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.reference.kubeapi.store import Store, new_namespace
from mock_providers.behaviour import VENDOR, Behaviour, Identity
from mock_providers.journal import CORRELATION_HEADER, RequestSeen
from mock_providers.lookalikes import Attachment, Lookalikes

KEYS = {"mistral": "sk-mistral-4711-geheim", "deepseek": "sk-deepseek-0815-geheim"}
CHAT: dict[str, Any] = {"model": "", "messages": [{"role": "user", "content": "Write a haiku."}]}
NAMESPACE_NAME = "kgateway-system"


def documented(name: str) -> list[dict[str, Any]]:
    """The documented objects of a file, keys filled in, stringData merged as the API server does."""
    return copy.deepcopy(_documented(name))


@functools.cache
def _documented(name: str) -> list[dict[str, Any]]:
    text = fixtures("manifests", "kgateway-2.1", f"{name}.yaml").read_text()
    for provider, key in KEYS.items():
        text = text.replace(f"${provider.upper()}_API_KEY", key)
    return [as_stored(obj) for obj in yaml.safe_load_all(text)]


def as_stored(obj: dict[str, Any]) -> dict[str, Any]:
    """An object as the API server keeps it."""
    obj = copy.deepcopy(obj)
    for key, value in obj.pop("stringData", {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
    return obj


def secret(name: str, text: str, *, key: str = "Authorization", namespace: str = NAMESPACE_NAME) -> dict[str, Any]:
    """A Secret that holds a token."""
    data = {key: base64.b64encode(text.encode()).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        "data": data,
    }


class Bench:
    """One embedded arrangement; `send` posts a chat completion and `seen` gives what arrived for it."""

    def __init__(self, seams: Seams, controller_seams: ControllerSeams) -> None:
        self.store = Store()
        self.seams = controller_seams
        self.lookalikes = Lookalikes()
        self.log: list[str] = []
        self.unresolvable: set[str] = set()
        self.redirected: dict[str, tuple[str, int]] = {}
        self.gateway = ReferenceGateway(
            seams=seams,
            dial=self._dial,
            system_trust=lambda: self.lookalikes.authority.pem.decode(),
            log=self.log.append,
        )
        self.controller = Controller(self.store, self._configure, seams=controller_seams)
        self.config = GatewayConfig()
        # The gateway speaks plaintext: reading the system's authorities would cost more than all the rest.
        self.client = httpx.AsyncClient(trust_env=False, verify=False, timeout=20)
        self._ids = iter(range(1, 1_000_000))
        self.last_id = ""

    def _configure(self, config: GatewayConfig) -> None:
        self.config = config
        self.gateway.configure(config)

    def _dial(self, host: str, port: int) -> tuple[str, int] | None:
        if host in self.redirected:
            return self.redirected[host]
        listener = None if host in self.unresolvable else self.lookalikes.listener(host, port)
        return listener.address if listener else None

    async def attach(
        self,
        name: str,
        *,
        host: str | None = None,
        port: int | None = None,
        identity: Identity = "good",
        behaviour: Behaviour = VENDOR,
        keys: frozenset[str] = frozenset(),
        refused: bool = False,
    ) -> None:
        """Put up a lookalike of a provider."""
        provider = load_provider(name)
        await self.lookalikes.attach(
            Attachment(
                host or provider.host,
                port or provider.port,
                provider,
                identity=identity,
                behaviour=behaviour,
                keys=keys,
                reach="refused" if refused else "listening",
            )
        )

    async def apply(self, *objects: dict[str, Any]) -> None:
        """Create or replace objects, and wait until the controller has seen them."""
        for obj in objects:
            kind = kind_for(obj["apiVersion"], obj["kind"])
            assert kind is not None
            metadata = obj["metadata"]
            if kind.namespaced and self.store.peek(NAMESPACE, None, metadata["namespace"]) is None:
                self.store.create(NAMESPACE, new_namespace(metadata["namespace"]))
            live = self.store.get(kind, metadata.get("namespace"), metadata["name"])
            if live is None:
                self.store.create(kind, obj)
            else:
                live_status = {"status": live["status"]} if "status" in live else {}
                self.store.update(kind, {**obj, **live_status})
        await self.settled()

    async def delete(self, kind: Kind, name: str, namespace: str = NAMESPACE_NAME) -> None:
        """Delete an object, and wait until the controller has seen it."""
        self.store.delete(kind, namespace, name)
        await self.settled()

    async def settled(self) -> None:
        """Until the controller has nothing left to do."""
        async with asyncio.timeout(10):
            await self.controller.settle()

    async def send(self, path: str = "/mistral", payload: Any = None, **options: Any) -> httpx.Response:
        """Send a request with a correlation id of its own; without `content` it posts `payload` or CHAT as JSON."""
        headers = httpx.Headers(options.pop("headers", None))
        self.last_id = headers.setdefault(CORRELATION_HEADER, f"test-{next(self._ids)}")
        if "content" not in options and options.get("method", "POST") == "POST":
            options["json"] = CHAT if payload is None else payload
        method = options.pop("method", "POST")
        return await self.client.request(method, self.gateway.url + path, headers=headers, **options)

    def plan(self, behaviour: Behaviour) -> str:
        """What the lookalike does with the next request; gives the id under which to send it."""
        name = f"planned-{next(self._ids)}"
        self.lookalikes.plan(name, behaviour)
        return name

    async def send_planned(self, behaviour: Behaviour, path: str = "/mistral", **options: Any) -> httpx.Response:
        """Send a request that the lookalike treats so."""
        headers = {CORRELATION_HEADER: self.plan(behaviour), **options.pop("headers", {})}
        return await self.send(path, headers=headers, **options)

    @asynccontextmanager
    async def stream(self, payload: Any, name: str, path: str = "/mistral") -> AsyncIterator[httpx.Response]:
        """An answer as it comes, to a request with the id `name`."""
        headers = {CORRELATION_HEADER: name}
        async with self.client.stream("POST", self.gateway.url + path, json=payload, headers=headers) as answer:
            yield answer

    async def raw(self, head: bytes, payload: Any = None, *, identified: bool = False) -> bytes:
        """Send bytes as they are and read until the gateway closes; with a payload the head is completed for it."""
        if payload is not None:
            body = json.dumps(payload).encode()
            if not identified:
                self.last_id = f"raw-{next(self._ids)}"
                head += f"{CORRELATION_HEADER}: {self.last_id}\r\n".encode()
            head += b"Connection: close\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        reader, writer = await asyncio.open_connection(*self.gateway.address)
        writer.write(head)
        try:
            async with asyncio.timeout(10):
                return await reader.read(-1)
        finally:
            writer.close()
            await writer.wait_closed()

    def seen(self) -> list[RequestSeen]:
        """What arrived for the last request."""
        return self.lookalikes.journal.for_exchange(self.last_id)

    async def arrived(self, count: int) -> list[RequestSeen]:
        """All that ever arrived, once it is so many requests, read to their ends."""
        journal = self.lookalikes.journal

        def whole() -> list[RequestSeen] | None:
            found = [each for each in journal.since(0).requests if each.body_complete]
            return found if len(found) >= count else None

        return await journal.wait_for(lambda _: whole(), 10)

    def only(self) -> RequestSeen:
        """The one request that arrived for the last one sent."""
        (request,) = self.seen()
        return request

    def status(self, kind: Kind, name: str, namespace: str | None = NAMESPACE_NAME) -> Any:
        """An object's status."""
        obj = self.store.get(kind, namespace, name)
        assert obj is not None
        return obj.get("status")

    def conditions(self, kind: Kind, name: str, *path: Any) -> dict[str, tuple[str, str, str]]:
        """type -> (status, reason, message) of the conditions at a path in an object's status."""
        found = self.status(kind, name, NAMESPACE_NAME if kind.namespaced else None)
        for step in path:
            found = found[step]
        return {one["type"]: (one["status"], one["reason"], one["message"]) for one in found["conditions"]}


@asynccontextmanager
async def bench(
    seams: Seams = REFERENCE, controller_seams: ControllerSeams = REFERENCE_CONTROLLER, *, documents: bool = True
) -> AsyncIterator[Bench]:
    """A running arrangement; with `documents`, of the page's Gateway and both its providers."""
    one = Bench(seams, controller_seams)
    await one.gateway.start()
    await one.controller.start()
    try:
        await one.apply(*documented("gateway"))
        assert one.status(GATEWAY, "agentgateway")["addresses"]
        if documents:
            for provider in ("mistral", "deepseek"):
                await one.attach(provider, keys=frozenset({KEYS[provider]}))
                await one.apply(*documented(provider))
        yield one
    finally:
        await one.client.aclose()
        await one.controller.stop()
        await one.gateway.stop()
        await one.lookalikes.stop()
