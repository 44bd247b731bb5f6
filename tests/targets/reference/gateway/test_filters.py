"""Filters, odd requests, and what the gateway does when it is stopped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mock_providers.behaviour import Behaviour
from tests.support.gateway import CHAT, KEYS, Bench, bench
from tests.support.gateway_objects import backend, backend_ref, policy, route

REDIRECTS: list[tuple[dict[str, Any], str, int]] = [
    ({"scheme": "https", "statusCode": 301}, "https://x.test/go/a?b=1", 301),
    ({"hostname": "y.test", "port": 81}, "http://y.test:81/go/a?b=1", 302),
    ({"path": {"type": "ReplaceFullPath", "replaceFullPath": "/full"}}, "http://x.test:8080/full?b=1", 302),
    ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}, "http://x.test:8080/new/a?b=1", 302),
    ({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}, "http://x.test:8080/a?b=1", 302),
    ({"scheme": "http", "port": 80}, "http://x.test/go/a?b=1", 302),
]


@pytest.mark.parametrize(("redirect", "location", "status"), REDIRECTS)
async def test_redirects_are_answered_by_the_gateway(redirect: dict[str, Any], location: str, status: int) -> None:
    async with bench() as one:
        filters = [{"type": "RequestRedirect", "requestRedirect": redirect}]
        await one.apply(route("go", backend_ref("mistral"), filters=filters))
        answer = await one.send("/go/a?b=1", headers={"host": "x.test:8080"})
        assert (answer.status_code, answer.headers["location"]) == (status, location)
        assert not one.seen()


async def test_header_modifiers_of_rules_and_backends() -> None:
    async with bench() as one:
        request = {
            "set": [{"name": "X-Set", "value": "1"}],
            "add": [{"name": "x-add", "value": "2"}],
            "remove": ["x-gone"],
        }
        response = {"set": [{"name": "x-answer", "value": "3"}], "remove": ["content-type"]}
        extra = {"set": [{"name": "authorization", "value": "Bearer of-the-route"}]}
        ref_filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": extra}]
        filters = [
            {"type": "RequestHeaderModifier", "requestHeaderModifier": request},
            {"type": "ResponseHeaderModifier", "responseHeaderModifier": response},
        ]
        await one.apply(route("mistral", backend_ref("mistral", filters=ref_filters), filters=filters))
        answer = await one.send(headers={"x-set": "old", "x-add": "old", "x-gone": "old"})
        seen = one.only()
        assert (seen.values("x-set"), seen.values("x-add"), seen.values("x-gone")) == (["1"], ["old", "2"], [])
        assert "of-the-route" not in str(seen.headers)
        assert (answer.status_code, answer.headers["x-answer"]) == (200, "3")
        assert "content-type" not in answer.headers


def cors(**fields: Any) -> dict[str, Any]:
    """A rule's filters with CORS for the pages of one origin."""
    spec = {"allowOrigins": ["https://chat.test"], "allowMethods": ["POST"], **fields}
    return {"filters": [{"type": "CORS", "cors": spec}]}


ASKING = {"origin": "https://chat.test", "access-control-request-method": "POST"}


async def test_a_preflight_is_answered_by_the_gateway() -> None:
    async with bench() as one:
        rule = cors(allowHeaders=["*"], allowCredentials=True, maxAge=60, exposeHeaders=["x-a", "x-b"])
        await one.apply(route("mistral", backend_ref("mistral"), **rule))
        wanted = {**ASKING, "access-control-request-headers": "authorization"}
        answer = await one.send(method="OPTIONS", headers=wanted)
        told = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
        assert answer.status_code == 200
        assert told == {
            "access-control-allow-origin": "https://chat.test",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "authorization",
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "x-a,x-b",
            "access-control-max-age": "60",
        }
        assert not one.seen()


async def test_who_is_not_allowed_is_told_nothing() -> None:
    async with bench() as one:
        await one.apply(route("mistral", backend_ref("mistral"), **cors()))
        answers = [await one.send(method="OPTIONS", headers={**ASKING, "origin": "https://evil.test"})]
        assert not one.seen()
        answers.append(await one.send(headers={"origin": "https://chat.test.evil"}))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
        assert one.only()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://*.test", True), ("*", True), ("http://chat.test", False), ("https://chat.test:8443", False)],
)
async def test_pages_of_allowed_origins_see_answers_and_errors(origin: str, allowed: bool) -> None:
    async with bench() as one:
        await one.apply(route("mistral", backend_ref("mistral"), **cors(allowOrigins=[origin])))
        for sent in (CHAT, "no chat"):
            answer = await one.send(payload=sent, headers={"origin": "https://chat.test"})
            assert answer.headers.get("access-control-allow-origin") == ("https://chat.test" if allowed else None)


async def test_other_exchanges_of_a_rule_with_cors_are_unchanged() -> None:
    async with bench() as one:
        await one.apply(route("mistral", backend_ref("mistral"), **cors()))
        answer = await one.send()
        assert (answer.status_code, one.only().target) == (200, "/v1/chat/completions")
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def mirror(*refs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A rule's filters with RequestMirrors."""
    return {"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": ref, **fields}} for ref in refs]}


async def test_a_copy_goes_to_the_mirrored_backend_with_its_own_key() -> None:
    async with bench() as one:
        await one.apply(route("mistral", backend_ref("mistral"), **mirror(backend_ref("deepseek"))))
        answer = await one.send(headers={"x-own": "1"})
        assert answer.json()["model"] == "mistral-medium-2505"
        seen = {each.connection.host: each for each in await one.arrived(2)}
        assert set(seen) == {"api.mistral.ai", "api.deepseek.com"}
        copy = seen["api.deepseek.com"]
        assert (copy.values("authorization"), copy.values("x-own")) == ([f"Bearer {KEYS['deepseek']}"], ["1"])
        assert copy.json()["messages"] == seen["api.mistral.ai"].json()["messages"]


async def test_the_answer_depends_on_no_copy() -> None:
    async with bench() as one:
        await one.attach("deepseek", refused=True)
        missing = {"name": "nowhere", "port": 80}
        await one.apply(route("mistral", backend_ref("mistral"), **mirror(backend_ref("deepseek"), missing)))
        assert (await one.send()).status_code == 200
        assert one.only().connection.host == "api.mistral.ai"


async def test_a_share_of_the_requests_is_copied() -> None:
    async with bench() as one:
        rule = mirror(backend_ref("deepseek"), fraction={"numerator": 1, "denominator": 4})
        await one.apply(route("mistral", backend_ref("mistral"), **rule))
        for _ in range(8):
            await one.send()
        hosts = [each.connection.host for each in await one.arrived(10)]
        assert hosts.count("api.deepseek.com") == 2


@pytest.mark.parametrize(
    ("path", "sent", "target"),
    [
        (
            {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/v1"},
            "/rw/chat/completions?x=1",
            "/v1/chat/completions?x=1",
        ),
        ({"type": "ReplacePrefixMatch", "replacePrefixMatch": "/v1"}, "/rw", "/v1"),
        ({"type": "ReplaceFullPath", "replaceFullPath": "/full"}, "/rw/a?x=1", "/full?x=1"),
    ],
)
async def test_without_path_a_rewritten_path_goes_up(path: dict[str, str], sent: str, target: str) -> None:
    async with bench() as one:
        rewrite = {"type": "URLRewrite", "urlRewrite": {"path": path}}
        await one.apply(backend("rw", {"path": None}), policy("rw"), route("rw", filters=[rewrite]))
        await one.send(sent, {**CHAT, "model": "mistral-medium-2505"})
        assert one.only().target == target
        await one.apply(backend("rw"))
        await one.send(sent, {**CHAT, "model": "mistral-medium-2505"})
        assert one.only().target == "/v1/chat/completions"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST http://api.deepseek.com/mistral HTTP/1.1\r\nHost: api.deepseek.com\r\n", b"200"),
        (b"POST /mistral HTTP/1.1\r\nHost: a\r\nHost: b\r\n", b"400"),
        (b"POST /mistral HTTP/1.1\r\n", b"503"),
        (b"POST /mistral HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n", b"400"),
        (b"POST /mistral HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n", b"100"),
        (b"POST /mistral? HTTP/1.1\r\nHost: x\r\n", b"200"),
        (b"BREW pot HTTP/1.1\r\n", b"400"),
    ],
)
async def test_odd_heads(head: bytes, status: bytes) -> None:
    async with bench() as one:
        answer = await one.raw(head, CHAT)
        assert answer.split(b" ")[1] == status
        if status == b"200":
            assert (one.only().connection.host, one.only().target) == ("api.mistral.ai", "/v1/chat/completions")


async def test_head_has_no_body() -> None:
    async with bench() as one:
        answer = await one.send_planned(Behaviour(status=200, text="x"), method="HEAD", json=CHAT)
        assert (answer.status_code, answer.content) == (200, b"")


async def held_stream(one: Bench) -> asyncio.Task[bytes]:
    """A stream that waits for the provider."""
    name = one.plan(Behaviour(chunks=3, hold_after_chunks=1))
    begun = asyncio.Event()

    async def read() -> bytes:
        async with one.stream({**CHAT, "stream": True}, name) as answer:
            pieces = answer.aiter_bytes()
            first = await anext(pieces)
            begun.set()
            return first + b"".join([piece async for piece in pieces])

    task = asyncio.create_task(read())
    async with asyncio.timeout(5):
        await begun.wait()
    return task


async def test_stop_breaks_off_what_is_in_flight_and_is_idempotent() -> None:
    async with bench() as one:
        task = await held_stream(one)
        await one.gateway.start()
        await one.gateway.stop()
        await one.gateway.stop()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, Exception)


async def test_a_client_that_leaves_while_it_sends() -> None:
    async with bench() as one:
        reader, writer = await asyncio.open_connection(*one.gateway.address)
        writer.write(b"POST /mistral HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert await reader.read() == b""
        assert (await one.send()).status_code == 200


async def test_without_a_health_policy_nothing_leads_to_another_group() -> None:
    async with bench() as one:
        names = ("a", "b", "c")
        for name in names:
            await one.attach("mistral", host=f"{name}.test", behaviour=Behaviour(status=503, text=name))
        providers = [
            {"name": name, "openai": {"authToken": {"kind": "Passthrough"}}, "host": f"{name}.test", "port": 443}
            for name in names
        ]
        ai = {"priorityGroups": [{"providers": providers[:2]}, {"providers": providers[2:]}]}
        await one.apply(backend("three", type="AI", ai=ai), route("three"))
        for name in names:
            target = backend_ref("three", sectionName=name)
            await one.apply(policy(f"three-{name}", target, hostname=f"{name}.test"))
        seen = []
        for _ in range(4):
            answer = await one.send("/three", {**CHAT, "model": "m"})
            assert (answer.status_code, f"{answer.text}.test") == (503, one.only().connection.host)
            seen.append(answer.text)
        assert sorted(seen) == ["a", "a", "b", "b"]
