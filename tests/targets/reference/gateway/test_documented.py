"""The page's own objects and requests, through controller and gateway to the lookalikes."""

from __future__ import annotations

import pytest

from tests.support.gateway import CHAT, KEYS, bench

PROVIDERS = [
    ("mistral", "api.mistral.ai", "mistral-medium-2505"),
    ("deepseek", "api.deepseek.com", "deepseek-chat"),
]


@pytest.mark.parametrize(("name", "host", "model"), PROVIDERS)
async def test_the_documented_request_arrives_as_documented(name: str, host: str, model: str) -> None:
    async with bench() as one:
        response = await one.send(f"/{name}?x=1", headers={"authorization": "Bearer of-the-client", "x-custom": "1"})
        seen = one.only()
        assert (response.status_code, response.json()["object"]) == (200, "chat.completion")
        assert (seen.method, seen.target, seen.values("host")) == ("POST", "/v1/chat/completions", [host])
        assert seen.values("authorization") == [f"Bearer {KEYS[name]}"]
        assert seen.values("x-custom") == ["1"]
        assert seen.json() == {**CHAT, "model": model}
        assert seen.connection.tls is not None
        assert (seen.connection.host, seen.connection.tls.sni) == (host, host)


@pytest.mark.parametrize("path", ["/mistralx", "/Mistral", "/", "/other", "//mistral", "/mistral%2Fv1"])
async def test_what_no_route_matches_is_404_and_reaches_nobody(path: str) -> None:
    async with bench() as one:
        mark = one.lookalikes.journal.mark()
        response = await one.send(path)
        assert (response.status_code, response.text) == (404, "route not found")
        assert response.headers["content-type"] == "text/plain"
        assert not one.lookalikes.journal.since(mark).connections
