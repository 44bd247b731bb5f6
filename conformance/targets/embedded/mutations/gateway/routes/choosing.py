"""Defects in which listener of a port takes a request, and in whose turn it is among weighted backends."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made
from conformance.targets.reference.gateway.config import Door, Listener
from conformance.targets.reference.gateway.routing import host_matches, listener_for

__all__ = ["CHOOSING"]

_LISTENERS = "GW GatewaySpec.listeners (hostnames match from the most specific to the least)"

_OTHER_LISTENER = "by a route of another listener than the one for its host"


def first_wildcard(listeners: Iterable[Listener], authority: str) -> Listener:
    """The first wildcard that fits goes before longer ones."""
    there = list(listeners)
    right = listener_for(there, authority)
    if not right.hostname.startswith("*"):
        return right
    host = authority.partition(":")[0]
    return next(one for one in there if one.hostname.startswith("*") and host_matches(one.hostname, host))


def first_asked() -> Callable[[Iterable[Listener], str], Listener]:
    """The listener that is asked first takes all requests of its port."""
    known: dict[Door, str] = {}

    def choose(listeners: Iterable[Listener], authority: str) -> Listener:
        there = list(listeners)
        found = listener_for(there, authority)
        name = known.setdefault((found.gateway, found.port), found.name)
        return next((one for one in there if one.name == name), found)

    return choose


CHOOSING: tuple[Mutant, ...] = (
    gateway(
        "first-wildcard-listener",
        "Of the wildcard listeners of a port the first that fits takes a request.",
        "routing",
        _LISTENERS,
        _OTHER_LISTENER,
        listener_for=first_wildcard,
    ),
    made(
        "first-asked-listener",
        "The listener that is asked first takes all requests of its port.",
        "routing",
        _LISTENERS,
        _OTHER_LISTENER,
        "listener_for",
        first_asked,
    ),
    gateway(
        "turns-shared-by-rules",
        "Rules of the same weights take turns together.",
        "routing",
        "GW HTTPBackendRef.weight (the proportion of the requests of its rule)",
        "weights",
        rotation=lambda rule: tuple(ref.weight for ref in rule.backends),
    ),
)
