"""From evidence to the probable cause, where it is about time: limits of a route, and changes that are not followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.exchange.expectations.base import Change, Status
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.oracle.matching import best_rule
from conformance.manifests.dialects.model import Rule
from conformance.manifests.schemas.crds.common import milliseconds
from conformance.verdict.diagnosis.failure import GATEWAY, Diagnosis, Failure

__all__ = ["timed_out", "unfollowed", "unlimited"]


def timed_out(failure: Failure) -> Diagnosis | None:
    """The route's own limit ended the request, whatever the provider would have answered."""
    exchange = failure.exchange
    if exchange.response.status != 504 or exchange.expected.answer or failure.about(Facet.STATUS) is None:
        return None
    found = best_rule(failure.configuration.routes, exchange.request)
    if found is None or found[1].timeout is None:
        return None
    rule = found[1]
    cause = f"the route ends requests after {rule.timeout}, and no answer had come by then"
    return Diagnosis(cause, "give it more time, or leave it out", rule.origin.below("timeouts", "request").place)


_SURELY = 3
"""So many times its limit a request took that no limit ended."""


def unlimited(failure: Failure) -> Diagnosis | None:
    """The route's limit should have ended the request, and did not, or not with the status that it has."""
    mismatch = failure.about(Facet.STATUS)
    found = best_rule(failure.configuration.routes, failure.exchange.request)
    if mismatch is None or mismatch.detail != Status(504) or found is None:
        return None
    limits = _limits(found[1])
    field = min(limits, key=lambda name: milliseconds(limits[name]), default="request")
    got, limit = failure.exchange.response.status, milliseconds(limits[field]) / 1000 if limits else 0.0
    if got is None or got < 500 or failure.exchange.seconds > _SURELY * limit:
        cause, area = f"the route's timeouts.{field} has no effect", "routing"
    else:
        cause, area = f"the gateway answered {got} instead of 504 when the route's timeouts.{field} was over", "errors"
    return Diagnosis(cause, GATEWAY, found[1].origin.below("timeouts", field).place, area)


def _limits(rule: Rule) -> Mapping[str, str]:
    """The limits of a rule by field; none where a policy sets them."""
    node: Any = rule.origin.manifest.data
    for part in rule.origin.path:
        node = node[part]
    return {name: value for name, value in (node.get("timeouts") or {}).items() if name != "idle"}


def unfollowed(failure: Failure) -> str:
    """That an object was changed, and the gateway goes on as if it had not been; empty where nothing says so."""
    mismatch = failure.about(Facet.CHANGE)
    if mismatch is None or not isinstance(change := mismatch.detail, Change) or not change.still:
        return ""
    when = f"{change.seconds:.0f} s after the {change.how} of {change.what}"
    return f"{when} the gateway still does not do what the manifests say"
