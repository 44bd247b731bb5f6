"""Corruptions between clients and the gateway: as if the gateway misread requests, or answered something else."""

from __future__ import annotations

from collections.abc import Callable

from conformance.targets.standalone.corruptions.corruption import Corruption, Hooks, Message

__all__ = ["TO_CLIENTS"]

_DONE = b"data: [DONE]\n\n"
_LARGE = 1 << 16


def _answer(change: Callable[[Message], None], *, buffers: bool = False) -> Callable[[], Hooks]:
    return lambda: Hooks(answer=change, buffers=buffers)


def _status(change: Callable[[int], int]) -> Callable[[], Hooks]:
    def answer(message: Message) -> None:
        message.status = change(message.status)

    return _answer(answer)


def _without(name: str) -> Callable[[], Hooks]:
    return _answer(lambda message: message.replace(name))


def _of_large(message: Message) -> None:
    message.body = message.body[:_LARGE]


def _emptied(message: Message) -> None:
    if message.status >= 400:
        message.body = b""


def _renamed(message: Message) -> None:
    message.body = message.body.replace(b'"usage"', b'"Usage"')


def _mixed() -> Hooks:
    """Each answer has the body of the one before it."""
    before: list[bytes] = []

    def answer(message: Message) -> None:
        before.append(message.body)
        message.body = before[-2] if len(before) > 1 else message.body

    return Hooks(answer=answer, buffers=True)


def _request(change: Callable[[Message], None]) -> Callable[[], Hooks]:
    return lambda: Hooks(request=change)


def _query_lost(message: Message) -> None:
    message.target = message.target.partition("?")[0]


def _as_post(message: Message) -> None:
    message.method = "POST"


def _in_small_letters(message: Message) -> None:
    message.target = message.target.lower()


_SSE = "WHATWG HTML, server-sent events; OpenAI API, streaming"
_PASSED = "FACTS 5: the provider's answer reaches the client as it is"
_MATCH = "Gateway API, HTTPRouteMatch"

TO_CLIENTS = [
    Corruption(
        "stream-held-back",
        "clients",
        "A stream is passed on when it is complete.",
        "streaming",
        _SSE,
        "no answer",
        lambda: Hooks(buffers=True),
    ),
    Corruption(
        "done-lost",
        "clients",
        "The last event of a stream is dropped.",
        "streaming",
        _SSE,
        "[DONE]",
        lambda: Hooks(piece=lambda data: data.replace(_DONE, b"")),
    ),
    Corruption(
        "lines-run-together",
        "clients",
        "Events are not kept apart.",
        "streaming",
        _SSE,
        "event",
        lambda: Hooks(piece=lambda data: data.replace(b"\n\n", b"\n")),
    ),
    Corruption(
        "stream-as-json",
        "clients",
        "A stream is called JSON.",
        "streaming",
        _SSE,
        "Content-Type",
        _answer(lambda message: message.replace("content-type", "application/json")),
    ),
    Corruption(
        "errors-told-as-200",
        "clients",
        "The provider's errors come as 200.",
        "errors",
        _PASSED,
        "200",
        _status(lambda status: 200 if status >= 400 else status),
    ),
    Corruption(
        "limits-as-failures",
        "clients",
        "429 comes as 500.",
        "errors",
        _PASSED,
        "500",
        _status(lambda status: 500 if status == 429 else status),
    ),
    Corruption(
        "errors-emptied",
        "clients",
        "The provider's errors come without their words.",
        "errors",
        _PASSED,
        "the provider's answer",
        _answer(_emptied, buffers=True),
    ),
    Corruption(
        "retry-after-lost",
        "clients",
        "Nobody learns when to try again.",
        "errors",
        _PASSED,
        "Retry-After",
        _without("retry-after"),
    ),
    Corruption(
        "id-of-request-dropped",
        "clients",
        "The provider's id of a request is dropped.",
        "body",
        _PASSED,
        "x-request-id",
        _without("x-request-id"),
    ),
    Corruption(
        "usage-renamed",
        "clients",
        "A field of the answer has another name.",
        "body",
        _PASSED,
        "usage",
        _answer(_renamed, buffers=True),
    ),
    Corruption(
        "answers-end-at-64k",
        "clients",
        "Answers end after 64 KiB.",
        "body",
        _PASSED,
        "a part of a large answer",
        _answer(_of_large, buffers=True),
    ),
    Corruption(
        "encoding-untold",
        "clients",
        "A compressed answer does not say so.",
        "body",
        "RFC 9110, 8.4",
        "Content-Encoding",
        _without("content-encoding"),
    ),
    Corruption(
        "answers-mixed", "clients", "Clients get each other's answers.", "isolation", _PASSED, "another", _mixed
    ),
    Corruption(
        "query-unread",
        "clients",
        "Routes do not see the query.",
        "routing",
        _MATCH,
        "another route",
        _request(_query_lost),
    ),
    Corruption(
        "every-method-post",
        "clients",
        "Routes see each method as POST.",
        "routing",
        _MATCH,
        "should have refused",
        _request(_as_post),
    ),
    Corruption(
        "header-unread",
        "clients",
        "Routes do not see a header.",
        "routing",
        _MATCH,
        "has no route",
        _request(lambda message: message.replace("x-tier")),
    ),
    Corruption(
        "path-in-small-letters",
        "clients",
        "Routes see paths in small letters.",
        "routing",
        _MATCH,
        "path",
        _request(_in_small_letters),
    ),
    Corruption(
        "hostname-unread",
        "clients",
        "Routes see the same Host in every request.",
        "routing",
        _MATCH,
        "another route",
        _request(lambda message: message.replace("host", "gateway.example")),
    ),
]
