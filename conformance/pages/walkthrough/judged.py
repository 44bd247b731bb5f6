"""What of a page's request is judged: all that no field of the manifests makes unknowable."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.core.problems import InputProblem
from conformance.exchange.expectations.base import ArrivedOnce, Expectation, Status
from conformance.exchange.expectations.credentials import Credential
from conformance.exchange.expectations.upstream import (
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
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.fields.table import Aspect
from conformance.manifests.objects import objects_of
from conformance.pages import Apply, Page
from conformance.pages.model import Dummies

__all__ = ["judged", "open_for", "other_tabs", "told_open"]

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


def other_tabs(pages: Iterable[Page], dialect: str, request: ClientRequest) -> str:
    """The tabs of another alternative, whose routes take a request that this one's do not; empty where none does.

    What stands below tabs is part of every alternative, and goes on from one of them.
    """
    for page in pages:
        try:
            documents = [one for step in page.steps if isinstance(step, Apply) for one in step.documents(Dummies({}))]
            routes = [one for document in documents for one in objects_of(document) if one.kind == "HTTPRoute"]
            if best_rule(read_configuration(routes, dialect).routes, request):
                return ", ".join(page.tabs)
        except InputProblem:
            continue  # its own steps tell of it
    return ""


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
