"""Rules that divide their traffic among Backends that are looked at each by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from conformance.manifests.dialects.model import Configuration, Route, Rule
from conformance.manifests.objects import ObjectId

__all__ = ["apart"]


def apart(configuration: Configuration, everyone: Collection[ObjectId]) -> Configuration:
    """The same with each rule's backendRefs to Backends of `everyone` that are not in it as what is `shared`.

    A rule that gives weight to those only sends no traffic here, and is left out; so is a route with no other rules.
    """
    others = {*everyone} - {backend.id for backend in configuration.backends}
    routes = []
    for route in configuration.routes:
        rules = tuple(one for rule in route.rules if (one := _apart(rule, others)) is not None)
        if rules or not route.rules:
            routes.append(replace(route, rules=rules))
    return replace(configuration, routes=tuple[Route, ...](routes))


def _apart(rule: Rule, others: Collection[ObjectId]) -> Rule | None:
    shared = tuple(ref for ref in rule.backends if ref.id in others)
    own = tuple(ref for ref in rule.backends if ref.id not in others)
    if any(ref.weight > 0 for ref in shared) and not any(ref.weight > 0 for ref in own):
        return None
    return replace(rule, backends=own, shared=shared)
