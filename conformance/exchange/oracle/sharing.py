"""Rules that divide their traffic among Backends that are looked at each by itself."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from conformance.manifests.dialects.model import BackendRef, Configuration, Route, Rule
from conformance.manifests.objects import ObjectId

__all__ = ["apart", "in_vain", "leads_here", "share_of"]


def apart(configuration: Configuration, everyone: Collection[ObjectId]) -> Configuration:
    """The same with each rule's backendRefs to Backends of `everyone` that are not in it as what is `shared`.

    So is a Service beside a Backend of its own. A rule that gives weight to others of `everyone` only sends no traffic
    here, and is left out; so is a route with no other rules.
    """
    mine = {backend.id for backend in configuration.backends}
    routes = []
    for route in configuration.routes:
        rules = tuple(one for rule in route.rules if (one := _apart(rule, mine, everyone)) is not None)
        if rules or not route.rules:
            routes.append(replace(route, rules=rules))
    return replace(configuration, routes=tuple[Route, ...](routes))


def _apart(rule: Rule, mine: Collection[ObjectId], everyone: Collection[ObjectId]) -> Rule | None:
    divided = any(ref.id in mine and ref.weight > 0 for ref in rule.backends)

    def is_shared(ref: BackendRef) -> bool:
        return (ref.id in everyone and ref.id not in mine) or (
            divided and (ref.id.group, ref.id.kind) == ("", "Service")
        )

    shared = tuple(ref for ref in rule.backends if is_shared(ref))
    own = tuple(ref for ref in rule.backends if not is_shared(ref))
    if any(ref.weight > 0 for ref in shared) and not any(ref.weight > 0 for ref in own):
        return None
    return replace(rule, backends=own, shared=shared)


def leads_here(rule: Rule, configuration: Configuration) -> bool:
    """Whether a rule gives requests to a Backend of the configuration."""
    mine = {backend.id for backend in configuration.backends}
    return any(ref.id in mine and ref.weight > 0 for ref in rule.backends)


def share_of(rule: Rule) -> float:
    """The part of a rule's requests that is not for what is `shared`; 1 where nothing is divided."""
    own, shared = (sum(ref.weight for ref in refs) for refs in (rule.backends, rule.shared))
    return own / (own + shared) if own + shared else 1.0


def in_vain(share: float, requests: int) -> float:
    """The probability that none of so many requests falls to a share, though each is given by its weight."""
    return 0.0 if share >= 1 else math.exp(requests * math.log1p(-share))
