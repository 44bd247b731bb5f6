"""Each port of a Gateway is a way in of its own, and the most specific of its listeners takes a request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from conformance.targets.reference.gateway import ReferenceGateway
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    InvalidBackend,
    Listener,
    Match,
    PathMatch,
    Route,
    Rule,
)


def named(status: int, *hostnames: str, path: str = "/v1") -> Route:
    """A route that shows by its status."""
    rule = Rule((Match(PathMatch("prefix", path)),), (), (BackendRef(InvalidBackend(status, "")),))
    return Route(f"llm/{status}", (rule,), hostnames)


LISTENERS = (
    Listener("http", 8080, (named(501),), "llm/public"),
    Listener("more", 8081, (named(502),), "llm/public"),
    Listener("http", 8080, (named(503),), "llm/internal"),
    Listener("wild", 8080, (named(504, "*.example.com"),), "llm/internal", "*.example.com"),
    Listener("one", 8080, (named(505, "a.example.com", path="/v2"),), "llm/internal", "a.example.com"),
)


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[ReferenceGateway]:
    running = ReferenceGateway(dial=lambda *_: None, system_trust=str, log=lambda _: None)
    await running.start()
    running.configure(GatewayConfig(LISTENERS))
    yield running
    await running.stop()


@pytest.mark.parametrize(
    ("door", "host", "status"),
    [
        (("llm/public", 8080), "localhost", 501),
        (("llm/public", 8081), "localhost", 502),
        (("llm/internal", 8080), "localhost:8080", 503),
        (("llm/internal", 8080), "b.example.com", 504),
        (("llm/internal", 8080), "a.b.example.com", 504),
        # Its own listener has no route for the path, and no other listener's count.
        (("llm/internal", 8080), "a.example.com", 404),
        (("llm/internal", 8080), "example.com", 503),
        (("llm/internal", 9090), "localhost", 404),
        (("llm/nobody", 8080), "localhost", 404),
    ],
)
async def test_a_request_is_the_listeners_of_its_port(
    gateway: ReferenceGateway, door: tuple[str, int], host: str, status: int
) -> None:
    url = await gateway.open(*door)
    assert await gateway.open(*door) == url != gateway.url
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        assert (await client.post(f"{url}/v1", headers={"Host": host})).status_code == status
