"""Which field of the manifests says what was seen: a header that a filter writes, a model that a policy sets."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.problems import Place
from conformance.exchange.oracle.matching import best_rule
from conformance.manifests.dialects.in_force import in_force
from conformance.verdict.diagnosis.failure import Failure

__all__ = ["filter_with", "model_set_by"]

_MODEL_FIELDS = ("ai.overrides", "ai.modelAliases", "ai.defaults")


def filter_with(failure: Failure, headers: Sequence[str]) -> Place | None:
    """The filter of the request's rule that writes one of these headers."""
    found = best_rule(failure.configuration.routes, failure.exchange.request)
    wanted = {one.lower() for one in headers}
    for index, one in enumerate(found[1].filters if found else ()):
        modifier = one.get("requestHeaderModifier") or {}
        named = {str(entry.get("name")).lower() for verb in ("set", "add") for entry in modifier.get(verb) or ()}
        if found and named & wanted:
            return found[1].origin.below("filters", index).place
    return None


def model_set_by(failure: Failure) -> Place | None:
    """The field that says the model, where that is not the provider's own."""
    expected, found = failure.exchange.expected, best_rule(failure.configuration.routes, failure.exchange.request)
    if found is None or expected.backend is None or expected.llm is None:
        return None
    told = in_force(failure.configuration, expected.backend, expected.llm, *found)
    return next((one.origin.place for one in told if one.field in _MODEL_FIELDS), None)
