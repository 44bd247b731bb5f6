"""What an exchange shows, as named facts that two gateways can be compared by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.redaction import redact
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.json_difference import first_difference, shown
from mock_providers.journal import CORRELATION_HEADER, RequestSeen

__all__ = ["ABSENT", "OWN", "differences_of", "facts_of"]

ABSENT = "absent"
_REQUESTS, _STATUS, _ENDS = "upstream.requests", "client.status", "client.ends"
OWN = "the gateway's own words"

# What is new with each request: the id of a span, the number that a lookalike gives.
_OF_THE_MOMENT = re.compile(r"(?<=-)(?:[0-9a-f]{16}(?=-)|\d+$)")
# Of the moment, of the connection between two neighbours, or told by what is compared as a whole.
_PASSING = frozenset({"date", "connection", "keep-alive", "transfer-encoding", "content-length", CORRELATION_HEADER})


def facts_of(exchange: Exchange) -> dict[str, str]:
    """By name: `client.status`, `client.header server`, `upstream.target`, `upstream.body`, ..."""
    found = dict(_to_client(exchange))
    found[_REQUESTS] = str(len(exchange.arrivals))
    if len(exchange.arrivals) == 1:
        found |= _upstream(exchange.arrivals[0])
    traced = ", ".join(exchange.request.values("traceparent"))
    for name in ("upstream.header traceparent", "client.header x-request-id"):
        if name in found and found[name] != traced:
            found[name] = _OF_THE_MOMENT.sub("...", found[name])
    return {name: redact(value) for name, value in found.items()}


def differences_of(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(name, left, right) of what is not the same; of a body what differs first.

    Where the status differs, or only one side sent the request on, the rest is another matter altogether.
    """
    lone = left.get(_REQUESTS) != right.get(_REQUESTS)
    other = lone or any(left.get(name) != right.get(name) for name in (_STATUS, _ENDS))
    for name in dict.fromkeys((*left, *right)):
        one, two = left.get(name, ABSENT), right.get(name, ABSENT)
        beside = (other and name.startswith("client.")) or (lone and name.startswith("upstream."))
        if one != two and (name in (_REQUESTS, _STATUS, _ENDS) or not beside):
            yield _narrowed(name, one, two) if name.endswith(".body") else (name, one, two)


def _narrowed(name: str, left: str, right: str) -> tuple[str, str, str]:
    """The place of the first difference in JSON, and what stands there."""
    try:
        found = first_difference(json.loads(left), json.loads(right))
    except ValueError:
        return name, left, right
    return (
        (f"{name} {found.path}".strip(), shown(found.expected), shown(found.observed)) if found else (name, left, right)
    )


def _to_client(exchange: Exchange) -> Iterator[tuple[str, str]]:
    response = exchange.response
    yield _STATUS, str(response.status)
    yield _ENDS, "in order" if response.error is None else "broken off"
    if response.status is None:
        return
    # What a gateway says by itself is for people: that it does is what counts.
    own = response.status not in {one.status for one in exchange.arrivals if one.outcome == "answered"}
    if own:
        yield "client.body", OWN
        return
    if response.error is not None:
        return  # how much came before is a matter of moments
    for name, values in _headers(response.headers).items():
        yield f"client.header {name}", values
    yield "client.body", _body(response.body)


def _upstream(request: RequestSeen) -> Iterator[tuple[str, str]]:
    yield "upstream.method", request.method
    yield "upstream.target", request.target
    yield "upstream.version", request.http_version
    yield "upstream.place", f"{request.connection.host}:{request.connection.port}"
    tls = request.connection.tls
    yield "upstream.tls", f"{tls.sni} {tls.version}" if tls else "plaintext"
    yield "upstream.outcome", request.outcome
    for name, values in _headers(request.headers).items():
        yield f"upstream.header {name}", values
    yield "upstream.body", _body(request.body)


def _headers(headers: Any) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _PASSING:
            found.setdefault(name.lower(), []).append(value)
    return {name: " | ".join(values) for name, values in found.items()}


def _body(data: bytes) -> str:
    """JSON without regard to spaces and the order of fields; a stream as its events; else the text."""
    text = data.decode("utf-8", "replace")
    if text.startswith("data:"):
        return "\n".join(_event(line) for line in text.splitlines() if line.startswith("data:"))
    return _canonical(text)


def _event(line: str) -> str:
    return _canonical(line.removeprefix("data:").strip())


def _canonical(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return text
