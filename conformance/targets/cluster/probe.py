"""The first exchange on a gateway that is not ours: does it follow us, reach the lookalikes, and trust them?"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Protocol

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.core.redaction import excerpt
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.lookalikes import Entries
from conformance.stage.opening import client_of
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.scenario.scenario import Scenario
from conformance.stage.target import Target

__all__ = ["Explains", "probe", "until_good"]

_PAUSE = 0.2
_KEY = SceneKey("mistral", Scenario("probe"))


class Explains(Protocol):
    """What is to be said about a gateway that fails the probe."""

    def untrusted(self, failure: str) -> SetupProblem:
        """The gateway ended the handshake, with this alert."""

    def unreached(self, host: str, answer: str) -> SetupProblem:
        """No connection came to the lookalike of a host; the gateway answered so."""


async def probe(target: Target, kubernetes: Kubernetes, dialect: str, explains: Explains) -> None:
    """Let a provider with TLS stand for one good exchange. Raises SetupProblem, as it is explained, without one."""
    arrangement = Arrangement(target, kubernetes, [documented_profile(_KEY.provider, dialect)], dialect)
    try:
        await arrangement.arrange([_KEY])
        scene = arrangement.scenes[_KEY]
        if why := next((refused.message for refused in scene.refusals.values()), scene.unfit):
            raise SetupProblem(f"a provider cannot be put behind the gateway: {why}", remedy="is --dialect right?")
        path = scene.configuration.routes[0].rules[0].matches[0].path
        host = scene.attachments[0].host
        await until_good(target, path, host, explains)
    finally:
        await arrangement.applied.clean_up()


async def until_good(target: Target, path: str, host: str, explains: Explains) -> None:
    """Send to a path until the lookalike of this host answers. Raises SetupProblem when it does not.

    Each time on a connection of its own: behind one there may be a proxy that ends, or another server altogether.
    """
    lookalikes = target.lookalikes
    mark, end = await lookalikes.mark(), deadlines.now() + deadlines.STATUS
    while True:
        request = _request(path)
        response = await _sent(target, request)
        seen = await lookalikes.since(mark)
        if response.status == 200 and any(one.correlation_id == request.correlation_id for one in seen.requests):
            return
        if failure := _refused_handshake(seen, host):
            raise explains.untrusted(failure)
        if deadlines.now() > end:
            raise explains.unreached(host, _told(response))
        # Neither the data plane nor a Service's rules tell when they are there.
        await asyncio.sleep(_PAUSE)


async def _sent(target: Target, request: ClientRequest) -> ClientResponse:
    async with client_of(target.gateway) as client:
        return await client.send(request)


def _request(path: str) -> ClientRequest:
    body = json.dumps({"model": "", "messages": [{"role": "user", "content": "Do we trust each other?"}]}).encode()
    return ClientRequest("POST", path, (("Content-Type", "application/json"),), body, secrets.token_hex(8))


def _refused_handshake(seen: Entries, host: str) -> str:
    failures = (one.tls.failure for one in seen.connections if one.host == host and one.tls is not None)
    return next((failure for failure in failures if failure), "")


def _told(response: ClientResponse) -> str:
    if response.status is None:
        return f"no answer ({response.error})"
    server = response.header("server")
    by = f" (server: {excerpt(server, 80)})" if server else ""
    return f"{response.status}{by} {response.excerpt(200)}".strip()
