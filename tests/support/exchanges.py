"""Exchanges made by hand, for tests of what is expected of them."""

from __future__ import annotations

import json
from typing import Any

from conformance.exchange.exchange import Exchange
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.upstream import Expected
from mock_providers.journal import ConnectionSeen, RequestSeen

__all__ = ["arrival", "exchange", "response", "stream"]


def arrival(body: Any = None, *, status: int | None = 200, complete: bool = True, **headers: str) -> RequestSeen:
    """A request as a lookalike saw it; a body that is no bytes is sent as JSON, its length stated unless told."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()} or {"content-length": str(len(data))}
    connection = ConnectionSeen(1, "api.example.com", 443, "127.0.0.1")
    seen = RequestSeen(2, connection, "POST", "/v1/chat/completions", "1.1", tuple(named.items()), data, complete)
    seen.status = status
    return seen


def response(body: Any = "", status: int | None = 200, *, error: str | None = None, **headers: str) -> ClientResponse:
    """What the client got; a body that is no text is JSON."""
    data = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return ClientResponse(status, named, data, error=error)


def stream(*pieces: str, done: bool = True, error: str | None = None) -> ClientResponse:
    """A stream with these pieces of text."""
    events = [json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}) for piece in pieces]
    text = "".join(f"data: {event}\n\n" for event in [*events, *(["[DONE]"] if done else [])])
    return response(text, error=error, content_type="text/event-stream; charset=utf-8")


def exchange(answer: ClientResponse, *arrivals: RequestSeen, expected: Expected | None = None, **sent: str) -> Exchange:
    """An exchange with this answer; `sent` are the client's headers."""
    headers = tuple((name.replace("_", "-"), value) for name, value in sent.items())
    request = ClientRequest("POST", "/example", headers, b'{"messages": []}', "id")
    return Exchange(request, answer, arrivals, [one.connection for one in arrivals], expected or Expected())
