"""What of a page's request is judged: all that no field of the manifests makes unknowable."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.exchange.expectations.base import ArrivedOnce, Expectation, Status
from conformance.exchange.expectations.upstream import (
    Credential,
    MessagesKept,
    ModelArrives,
    Reached,
    RequestAuthority,
    RequestTarget,
    Secured,
)
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.unjudged import Unjudged, before_routing, unjudged
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.fields.table import Aspect

__all__ = ["judged", "open_for", "told_open"]

# By what each is about. Whatever arrives otherwise than a provider wants it may also be refused.
_ABOUT: tuple[tuple[Expectation, Collection[Aspect]], ...] = (
    (Status(200), (Aspect.ANSWER, Aspect.BODY, Aspect.HEADERS, Aspect.MODEL, Aspect.PATH, Aspect.CONNECTION)),
    (ArrivedOnce(), (Aspect.CONNECTION,)),
    (Reached(), (Aspect.CONNECTION,)),
    (Secured(), (Aspect.CONNECTION,)),
    (RequestTarget(), (Aspect.PATH,)),
    (RequestAuthority(), (Aspect.HEADERS,)),
    (Credential(), (Aspect.HEADERS,)),
    (ModelArrives(), (Aspect.MODEL,)),
    (MessagesKept(), (Aspect.BODY,)),
)


def open_for(configuration: Configuration, request: ClientRequest) -> tuple[Unjudged, ...]:
    """What of a request cannot be judged, field by field; where no route takes it, what may lead it to one."""
    found = best_rule(configuration.routes, request)
    return unjudged(configuration, *found) if found else before_routing(configuration)


def judged(open_: Iterable[Unjudged]) -> tuple[Expectation, ...]:
    """What is expected of a request with these open sides; nothing at all where the client itself may be refused."""
    sides = {one.aspect for one in open_}
    if Aspect.CALLERS in sides:
        return ()
    return tuple(one for one, about in _ABOUT if not sides.intersection(about))


def told_open(open_: Iterable[Unjudged]) -> tuple[str, ...]:
    """A line for each field: what of the request it leaves open, and where it stands."""
    sides: dict[tuple[str, str], list[Aspect]] = {}
    for one in open_:
        at = one.where.position
        sides.setdefault((one.field, f"{at.file}:{at.line}"), []).append(one.aspect)
    return tuple(
        f"not judged: {', '.join(found)}, because of {field} at {where}" for (field, where), found in sides.items()
    )
