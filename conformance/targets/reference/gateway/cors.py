"""Who may call. HTTPRoute's CORS filter: what browsers are answered, what is added for them; and keys of clients.

Source: Gateway API, HTTPCORSFilter (GEP-1767); Fetch standard, CORS protocol; agentgateway v1.4.1, http/cors.rs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.targets.reference.gateway.config import Cors, Credential, Filter
from conformance.targets.reference.gateway.messages import (
    Answer,
    ClientRequest,
    Headers,
    ProxyError,
    values_of,
    without,
)

__all__ = ["added", "admitted", "cors_of", "preflight"]

_ALLOW = "access-control-allow"


def cors_of(filters: Iterable[Filter]) -> Cors | None:
    """The filter of a rule; a rule has at most one."""
    return next((one for one in filters if isinstance(one, Cors)), None)


def preflight(cors: Cors, request: ClientRequest) -> Answer | None:
    """The answer to a browser that asks before it sends; None for any other request.

    A page that may not send gets no header that would let it, with the same status.
    """
    asked = values_of(request.headers, "access-control-request-method")
    if request.method != "OPTIONS" or not _origin(request) or not any(asked):
        return None
    headers = added(cors, request)
    if headers:
        wanted = values_of(request.headers, "access-control-request-headers")
        lists = (("methods", cors.methods, asked), ("headers", cors.headers, wanted))
        headers += tuple((f"{_ALLOW}-{what}", _listed(allowed, told)) for what, allowed, told in lists if allowed)
        headers += (("access-control-max-age", str(cors.max_age)),)
    return Answer(200, (*headers, ("content-length", "0")), b"")


def added(cors: Cors, request: ClientRequest) -> Headers:
    """What is added to an answer: nothing where the request is not of an allowed page."""
    origin = _origin(request)
    if not origin or not any(_fits(allowed, origin) for allowed in cors.origins):
        return ()
    found: Headers = ((f"{_ALLOW}-origin", origin),)
    if cors.credentials:
        found += ((f"{_ALLOW}-credentials", "true"),)
    if cors.exposes:
        found += (("access-control-expose-headers", ",".join(cors.exposes)),)
    return found


def _origin(request: ClientRequest) -> str:
    return next(iter(values_of(request.headers, "origin")), "")


def _fits(allowed: str, origin: str) -> bool:
    """Whether an origin is one: scheme, host and port as they are; `*.` before a host stands for any labels."""
    if allowed == "*":
        return True
    scheme, _, host = allowed.lower().partition("://")
    asked, _, place = origin.lower().partition("://")
    if scheme != asked or not host.startswith("*"):
        return (scheme, host) == (asked, place)
    return place.endswith(host[1:]) and len(place) >= len(host)


def _listed(allowed: tuple[str, ...], asked: list[str]) -> str:
    """The names; where all are allowed those that were asked for, since a `*` lets no credentials through."""
    return ", ".join(asked) or "*" if "*" in allowed else ",".join(allowed)


def admitted(request: ClientRequest, callers: Iterable[Credential]) -> ClientRequest:
    """The request less the client's key, which goes no further. Raises ProxyError 401 without one that is asked for."""
    asked = list(callers)
    for one in asked:
        for value in values_of(request.headers, one.header):
            size = len(one.prefix)
            if value[:size].lower() == one.prefix.lower() and value[size:] == one.value:
                return replace(request, headers=without(request.headers, (one.header,)))
    if asked:
        raise ProxyError(401, "api key authentication failure: no API Key found")
    return request
