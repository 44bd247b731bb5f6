"""What a client sends without being told: the route's target, what its match asks for, and a token of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.core.redaction import new_key
from conformance.exchange.fitting import Fitting
from conformance.exchange.messages import ClientRequest, Headers
from conformance.exchange.oracle.filters import copy_places
from conformance.exchange.oracle.upstream import Expected, expectations
from conformance.manifests.dialects.model import Configuration
from mock_providers.journal import RequestSeen

__all__ = ["CLIENT_KEY", "JSON", "Place", "expected_of", "needed_headers", "target_of", "told_apart"]

Place = tuple[str, int]
"""(host, port)."""

JSON: Headers = (("Content-Type", "application/json"),)

# What clients call the gateway, where that goes up to the provider.
_OWN_HOST = "gateway.agw-conformance.internal"

CLIENT_KEY = new_key("client")
"""A client's own token, of which no provider may learn but by Passthrough."""


def needed_headers(configuration: Configuration, fitting: Fitting, host: str) -> Headers:
    """Without these no route of these manifests would match, or no provider answer."""
    needed = list(fitting.headers)
    needed += [one for one in JSON if one[0].lower() not in {name.lower() for name, _ in needed}]
    kept = any(rule.keeps_host for route in configuration.routes for rule in route.rules)
    needed += [("Host", host or _OWN_HOST)] if host or kept else []
    callers = [one for route in configuration.routes for rule in route.rules for one in rule.callers]
    needed += [(one.header or "", f"{one.prefix or ''}{one.token}") for one in callers[:1]]
    named = {name.lower() for name, _ in needed}
    if "authorization" not in named and any(llm.auth.kind == "passthrough" for _, llm in configuration.llms()):
        needed.append(("Authorization", f"Bearer {CLIENT_KEY.reveal()}"))
    return tuple(needed)


def target_of(path: str, below: str, fitting: Fitting) -> str:
    """The request target: the route's path and what is below it, with the query that its match asks for."""
    target = (path.rstrip("/") if below.startswith("/") else path) + below
    query = fitting.query
    return f"{target}{'&' if '?' in target else '?'}{query}" if query else target


def expected_of(
    configuration: Configuration, request: ClientRequest, arrivals: Sequence[RequestSeen], dialled: Iterable[Place]
) -> Expected:
    """What is expected; where a choice of providers is left, of the one at the first host and port that was dialled.

    Of several at one place it is the one that what arrived is most like.
    """
    allowed = expectations(configuration, request)
    for place in dialled:
        if there := [one for one in allowed if (one.host, one.port) == place]:
            return max(there, key=lambda one: sum(_alike(one, seen) for seen in arrivals))
    return allowed[0]


def _alike(expected: Expected, seen: RequestSeen) -> int:
    """In how much a request is as expected: target, key, model."""
    try:
        body = seen.json()
    except ValueError:
        body = None
    name, value = expected.credential or ("", "")
    model = body.get("model") if isinstance(body, dict) else None
    return sum((seen.target == expected.target, value in seen.values(name), model == expected.model))


def told_apart(
    configuration: Configuration,
    others: Iterable[Configuration],
    request: ClientRequest,
    seen: Iterable[RequestSeen],
) -> tuple[list[RequestSeen], list[RequestSeen]]:
    """What arrived of a request itself, and what are copies of it; of two at one place the first is the request.

    A Backend that gets copies may be another scene's, one of `others`.
    """
    places = copy_places(configuration, others, request)
    allowed = {(one.host, one.port) for one in expectations(configuration, request)} if places else set()
    own: list[RequestSeen] = []
    copies: list[RequestSeen] = []
    for one in seen:
        place = one.connection.host, one.connection.port
        (copies if place in places and (place not in allowed or own) else own).append(one)
    return own, copies
