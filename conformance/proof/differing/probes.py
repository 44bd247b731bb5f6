"""What is sent through both gateways: a usual chat request with one unusual thing, or with several by chance."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_providers.behaviour import Behaviour

__all__ = ["ELEMENTS", "Element", "Probe", "all_probes"]

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Element:
    """One unusual thing: of the request, what `Stage.request` takes; of the answer, fields of a Behaviour."""

    request: Mapping[str, Any] = field(default_factory=dict)
    headers: Headers = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """The names of the elements that a request is made of; none: the usual request."""

    names: tuple[str, ...]

    def request(self) -> dict[str, Any]:
        """What `Stage.request` takes."""
        found: dict[str, Any] = {}
        headers: Headers = ()
        for element in self._elements():
            headers += element.headers
            found |= {**element.body, **element.request}
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers = (("content-type", "application/json"), *headers)
        return {**found, "headers": headers}

    def behaviour(self) -> Behaviour | None:
        """How the provider answers; None: as the vendor does."""
        changes = {name: value for element in self._elements() for name, value in element.answer.items()}
        return Behaviour(**changes) if changes else None

    def without(self, name: str) -> Probe:
        """The probe less one element."""
        return Probe(tuple(one for one in self.names if one != name))

    def __str__(self) -> str:
        return " + ".join(self.names) or "the usual request"

    def _elements(self) -> Iterator[Element]:
        yield from (ELEMENTS[name] for name in self.names)


def _body(**fields: Any) -> Element:
    return Element(body=fields)


def _verbatim(data: bytes, content_type: str = "application/json") -> Element:
    return Element(request={"body": data}, headers=(("content-type", content_type),))


def _headers(*headers: tuple[str, str]) -> Element:
    return Element(headers=headers)


def _answer(**fields: Any) -> Element:
    return Element(answer=fields)


def _chat(**fields: Any) -> bytes:
    return json.dumps({"model": "", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()


_OF_REQUESTS: Mapping[str, Element] = {
    "stream": _body(stream=True),
    "stream with usage": _body(stream=True, stream_options={"include_usage": True}),
    "stream: null": _body(stream=None),
    "other model": _body(model="some-other-model"),
    "model: null": _body(model=None),
    "no model": _body(model=...),
    "no messages": _body(messages=...),
    "messages: []": _body(messages=[]),
    "messages: null": _body(messages=None),
    "unknown field": _body(x_unknown={"a": [1, None, "ä"]}),
    "temperature": _body(temperature=0.7),
    "temperature as text": _body(temperature="0.7"),
    "large integer": _body(seed=9007199254740993),
    "non-ASCII": _body(messages=[{"role": "user", "content": "Grüße, 世界 \U0001f600"}]),
    "content parts": _body(messages=[{"role": "user", "content": [{"type": "text", "text": "hi"}]}]),
    "content: null": _body(messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": None}]),
    "unknown role": _body(messages=[{"role": "critic", "content": "hi"}]),
    "tools": _body(tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]),
    "max_tokens": _body(max_tokens=5),
    "body: []": _verbatim(b"[]"),
    "body: text": _verbatim(b"not JSON"),
    "body: empty": _verbatim(b""),
    "body: twice model": _verbatim(b'{"model":"a","model":"b","messages":[{"role":"user","content":"hi"}]}'),
    "body: spaces around": _verbatim(b"  " + _chat() + b"\n\n"),
    "body: text behind": _verbatim(_chat() + b" x"),
    "body: large": _verbatim(_chat(x_filler="x" * 300_000)),
    "body: gzip": Element(
        request={"body": gzip.compress(_chat())},
        headers=(("content-type", "application/json"), ("content-encoding", "gzip")),
    ),
    "content type with charset": _headers(("content-type", "application/json; charset=utf-8")),
    "content type of text": _headers(("content-type", "text/plain")),
    "accept": _headers(("accept", "text/event-stream")),
    "accept-encoding": _headers(("accept-encoding", "gzip, br")),
    "client's key": _headers(("authorization", "Bearer the-clients-own")),
    "client's api-key": _headers(("api-key", "the-clients-own")),
    "cookie": _headers(("cookie", "a=1; b=2")),
    "header twice": _headers(("x-twice", "one"), ("x-twice", "two")),
    "header empty": _headers(("x-empty", "")),
    "header in capitals": _headers(("X-CAPITALS", "Kept As It Is")),
    "forwarded": _headers(("x-forwarded-for", "192.0.2.1"), ("x-forwarded-host", "a.example"), ("forwarded", "for=a")),
    "te": _headers(("te", "trailers")),
    "connection names": _headers(("connection", "x-hop"), ("x-hop", "1")),
    "proxy-authorization": _headers(("proxy-authorization", "Basic YTpi")),
    "trace": _headers(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
    "user-agent": _headers(("user-agent", "a client/1.0")),
    "expect": _headers(("expect", "100-continue")),
    "chunked": _headers(("transfer-encoding", "chunked")),
    "host with port": _headers(("host", "localhost:1234")),
    "host in capitals": _headers(("host", "LOCALHOST:8080")),
    "below": Element(request={"below": "/v1/chat/completions"}),
    "query": Element(request={"below": "?a=1&b=%20"}),
    "slash": Element(request={"below": "/"}),
    "two slashes": Element(request={"below": "//x"}),
    "dots": Element(request={"below": "/a/../b"}),
    "encoded": Element(request={"below": "/a%2Fb%20c"}),
    "GET": Element(request={"method": "GET"}),
    "PUT": Element(request={"method": "PUT"}),
    "OPTIONS": Element(request={"method": "OPTIONS"}),
    "DELETE": Element(request={"method": "DELETE"}),
}
_OF_ANSWERS: Mapping[str, Element] = {
    **{f"answer {status}": _answer(status=status) for status in (201, 302, 400, 401, 404, 408, 422, 429, 500, 503)},
    "answer: HTML": _answer(status=502, text="<html>bad gateway</html>", headers=(("content-type", "text/html"),)),
    "answer: 200 and no JSON": _answer(status=200, text="oops", headers=(("content-type", "application/json"),)),
    "answer: 200 and empty": _answer(status=200, text=""),
    "answer: 200 of text": _answer(status=200, text="hi", headers=(("content-type", "text/plain"),)),
    "answer: headers": _answer(headers=(("retry-after", "3"), ("x-request-id", "abc"), ("set-cookie", "a=1"))),
    "answer: hop headers": _answer(headers=(("connection", "x-hop"), ("x-hop", "1"), ("proxy-authenticate", "Basic"))),
    "answer: no usage": _answer(drop=("usage",)),
    "answer: no id": _answer(drop=("id",)),
    "answer: no choices": _answer(drop=("choices",)),
    "answer: unknown field": _answer(merge={"x_unknown": {"a": 1}}),
    "answer: content null": _answer(merge={"choices": [{"message": {"content": None}}]}),
    "answer: non-ASCII": _answer(content="Grüße, 世界 \U0001f600"),
    "answer: large": _answer(content_bytes=300_000),
    "answer: gzip": _answer(gzip=True),
    "answer: gzip if accepted": _answer(gzip="accepted"),
    "answer: in pieces": _answer(cut_every=7),
    "answer: many chunks": _answer(chunks=30),
    "answer: no [DONE]": _answer(done=False),
    "answer: last line open": _answer(last_line_feed=False),
    "answer: trailers": _answer(trailers=(("x-checksum", "1"),)),
    "answer: error event": _answer(closing={"error": {"message": "overloaded"}}),
    "answer: broken off": _answer(chunks=4, reset_after_chunks=2),
    "answer: reset before": _answer(reset="before-response"),
    "answer: reset in it": _answer(reset="in-response"),
    "answer: closed before": _answer(close="before-response"),
    "answer: closed after": _answer(close="after-response"),
}
ELEMENTS: Mapping[str, Element] = {**_OF_REQUESTS, **_OF_ANSWERS}
"""By the name under which differences tell them."""

_MOST_TOGETHER = 3


def all_probes(by_chance: int, seed: int) -> list[Probe]:
    """The usual request, each element alone and in a stream, and as many by chance, which a seed repeats."""
    alone = [Probe(())] + [Probe((name,)) for name in ELEMENTS]
    streamed = [Probe(("stream", name)) for name in _OF_ANSWERS]
    dice = random.Random(seed)
    return [*alone, *streamed, *(Probe(_together(dice, list(ELEMENTS))) for _ in range(by_chance))]


def _together(dice: random.Random, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dice.sample(names, dice.randint(2, _MOST_TOGETHER)))
