"""Kinds that an API group does not have, and that were most likely meant to be one of those that matter here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from conformance.dialects import DIALECTS, dialect_named
from conformance.dialects.gateway_api import GROUP
from conformance.manifests import Manifest

__all__ = ["check_kinds"]

_KINDS = {GROUP: ("HTTPRoute", "BackendTLSPolicy", "ReferenceGrant", "Gateway", "GatewayClass")} | {
    one.BACKEND_GROUP: (one.BACKEND_KIND,) for one in map(dialect_named, DIALECTS)
}
"""Of each group the kinds that an LLM provider takes."""
# BackendLBPolicy was a kind of the Gateway API, too.
_LIKE = 0.92


def check_kinds(manifests: Iterable[Manifest]) -> None:
    """Raise InputProblem for a misspelt kind: an API server does not know it, so left out it would be missed."""
    for one in manifests:
        kinds = {kind.lower(): kind for kind in _KINDS.get(one.group, ())}
        if one.kind in kinds.values():
            continue
        if near := difflib.get_close_matches(one.kind.lower(), kinds, 1, _LIKE):
            raise one.problem(f"{one.group} has no kind {one.kind}", "kind", remedy=f"write kind: {kinds[near[0]]}")
