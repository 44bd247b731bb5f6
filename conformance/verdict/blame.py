"""Whom a failure is put down to that the manifests do not explain: the gateway under test, or this suite itself."""

from __future__ import annotations

from conformance.stage.target import Implementation
from conformance.verdict.diagnosis.failure import GATEWAY

__all__ = ["NOT_IN_MANIFESTS", "alike", "blamed"]

NOT_IN_MANIFESTS = GATEWAY.partition(":")[0]
"""How every remedy begins that blames no manifest."""

_PROJECT = "the gateway's project"
_OWN_PROJECT = "this suite's own project"
_OWN = (
    f"{NOT_IN_MANIFESTS} that this suite knows of. No gateway product was in play, so it is a mistake of this suite:"
    f" report it to {_OWN_PROJECT}, with this output, `agw-conformance --version` and the manifests without their keys."
)


def blamed(remedy: str, tested: Implementation, mutant: str = "") -> str:
    """A remedy as it is for who was under test: of the reference gateway no other project is to be told."""
    if tested.product:
        return remedy
    if not remedy.startswith(NOT_IN_MANIFESTS):
        return remedy.replace(_PROJECT, _OWN_PROJECT)
    if mutant:
        return f"{NOT_IN_MANIFESTS}: the mutant {mutant} of the reference gateway was asked for, and does it."
    return _OWN


def alike(reason: str) -> str:
    """The remedy in place of one that blames a gateway, where the reference gateway fails with the same manifests."""
    return (
        f"look at the manifests once more: the reference gateway of this suite fails with them, too ({reason})."
        " If they are right, report it with this output."
    )
