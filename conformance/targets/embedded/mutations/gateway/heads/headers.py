"""Defects in the headers beside the key."""

from __future__ import annotations

from collections.abc import Callable

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.messages import Headers, values_of, without

__all__ = ["HEADERS"]

_HOPS = "RFC 9110 7.6.1"

_END_TO_END = "RFC 9110 7.6; FACTS 6.9"


def _kept_too(*names: str) -> Callable[[Headers], Headers]:
    """Also these headers of the client's connection go up."""
    return lambda headers: (
        *forwarding.end_to_end(headers),
        *((key, value) for key, value in headers if key.lower() in names),
    )


def _dropped(*names: str) -> Callable[[Headers], Headers]:
    """These headers of the client's do not go up."""
    return lambda headers: without(forwarding.end_to_end(headers), names)


def unnamed(headers: Headers) -> Headers:
    """What Connection names goes up; only the header itself does not."""
    named = {token.strip().lower() for value in values_of(headers, "connection") for token in value.split(",")}
    kept = [(key, value) for key, value in headers if key.lower() in named - {"close", "keep-alive", "upgrade", "te"}]
    return (*forwarding.end_to_end(headers), *kept)


def first_of_each(headers: Headers) -> Headers:
    """Of several headers of one name the first."""
    found: dict[str, tuple[str, str]] = {}
    for key, value in forwarding.end_to_end(headers):
        found.setdefault(key.lower(), (key, value))
    return tuple(found.values())


def prefixed(headers: Headers) -> Headers:
    """Headers that begin with X- are the gateway's."""
    kept = ("x-conformance-exchange", "x-api-key")
    return tuple(one for one in forwarding.end_to_end(headers) if not one[0].startswith("x-") or one[0] in kept)


def stripped_values(headers: Headers) -> Headers:
    """Values of headers are cut at a semicolon."""
    return tuple((key, value.partition(";")[0]) for key, value in forwarding.end_to_end(headers))


HEADERS: tuple[Mutant, ...] = (
    gateway("te-forwarded", "TE goes up.", "auth", _HOPS, "sent a header TE", end_to_end=_kept_too("te")),
    gateway(
        "proxy-authorization-forwarded",
        "Proxy-Authorization goes up.",
        "auth",
        _HOPS,
        "sent a header Proxy-Authorization",
        end_to_end=_kept_too("proxy-authorization"),
    ),
    gateway(
        "connection-names-ignored",
        "Headers that Connection names go up.",
        "auth",
        _HOPS,
        "sent a header X-For-One-Hop",
        end_to_end=unnamed,
    ),
    gateway(
        "cookies-dropped",
        "Cookies of the client do not go up.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header cookie",
        end_to_end=_dropped("cookie"),
    ),
    gateway(
        "tracing-dropped",
        "traceparent does not go up.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header traceparent",
        end_to_end=_dropped("traceparent", "tracestate"),
    ),
    gateway(
        "accept-dropped",
        "Accept does not go up.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header accept",
        end_to_end=_dropped("accept"),
    ),
    gateway(
        "user-agent-dropped",
        "User-Agent does not go up.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header user-agent",
        end_to_end=_dropped("user-agent"),
    ),
    gateway(
        "repeated-headers-first",
        "Of several headers of one name the first goes up.",
        "auth",
        "RFC 9110 section 5.3",
        "did not pass on the client's header",
        end_to_end=first_of_each,
    ),
    gateway(
        "x-headers-dropped",
        "Headers that begin with X- do not go up.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header",
        end_to_end=prefixed,
    ),
    gateway(
        "header-values-cut",
        "Values of headers are cut at a semicolon.",
        "auth",
        _END_TO_END,
        "did not pass on the client's header",
        end_to_end=stripped_values,
    ),
)
