"""Requests in the journal are as they were sent: bodies, pipelining, what is no HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx
import pytest

from mock_providers.vendor.application import MOST_BODY
from tests.support.lookalikes import MODEL, chat, head, raw, serving


async def test_a_body_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BODY > 2**21  # what gateways accept must arrive
    monkeypatch.setattr("mock_providers.vendor.application.MOST_BODY", 100_000)
    async with serving() as served:
        answer = await raw(served, head(length=100_001) + b"x" * 100_001)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer


@pytest.mark.parametrize("length", [10, 200_000])
async def test_the_journal_keeps_a_request_as_it_was_sent(length: int) -> None:
    body = (json.dumps(chat(pad="x" * length)) + " \n").encode()
    lines = "x-TWICE: 1\r\nX-Twice: 2\r\nx-conformance-exchange: e-9\r\nExpect: 100-continue\r\nConnection: close\r\n"
    async with serving() as served:
        answer = await raw(served, head("/v1/chat%2Fcompletions?A=%20b", length=len(body), extra=lines) + body)
        [seen] = served.lookalikes.journal.for_exchange("e-9")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 ")
    assert (seen.method, seen.target, seen.http_version) == ("POST", "/v1/chat%2Fcompletions?A=%20b", "1.1")
    assert seen.body == body
    assert seen.json()["model"] == MODEL
    names = [name for name, _ in seen.headers]
    assert names[:5] == ["Host", "Authorization", "Content-Length", "x-TWICE", "X-Twice"]
    assert names[5:] == ["x-conformance-exchange", "Expect", "Connection"]
    assert seen.values("X-TWICE") == ["1", "2"]
    assert (seen.outcome, seen.status, seen.body_complete) == ("answered", 404, True)


async def test_a_gzip_body_is_kept_as_it_came() -> None:
    body = gzip.compress(json.dumps(chat()).encode())
    async with serving() as served:
        response = await served.ask(content=body, exchange="e-1", headers={"Content-Encoding": "gzip"})
        assert served.lookalikes.journal.for_exchange("e-1")[0].body == body
    assert response.status_code == 422


async def test_pipelined_requests_are_answered_in_order() -> None:
    body = json.dumps(chat()).encode()
    async with serving() as served:
        first = head(exchange="e-1", length=len(body)) + body
        last = head(exchange="e-2", length=len(body), extra="Connection: close\r\n") + body
        answer = await raw(served, first + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b"exchange e-1") < answer.index(b"exchange e-2")


@pytest.mark.parametrize(
    "data", [b"no HTTP at all\r\n\r\n", head(extra="Transfer-Encoding: chunked\r\n"), head("http://[::1")]
)
async def test_what_is_no_http_gets_400(data: bytes) -> None:
    async with serving() as served:
        answer = await raw(served, data)
        assert all(seen.status == 400 for seen in served.lookalikes.journal.requests)
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.slow
async def test_many_requests_at_once_do_not_mix() -> None:
    async with serving() as served:

        async def one(number: int) -> httpx.Response:
            return await served.ask(chat(), exchange=f"e-{number}")

        responses = await asyncio.gather(*(one(number) for number in range(100)))
    for number, response in enumerate(responses):
        assert f"exchange e-{number}." in response.text
