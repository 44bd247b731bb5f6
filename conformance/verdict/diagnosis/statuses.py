"""What it means when a status does not say what it must."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.statuses import Condition
from conformance.verdict.diagnosis.rules import Diagnosis

__all__ = ["explain_status"]

_GATEWAY = "none in the manifests: report it to the gateway's project with this output."

_CAUSES = {
    Facet.CONDITION_MISSING: (
        "the gateway's controller says nothing of this about the object",
        "see that the controller runs and that the object is its own (gatewayClassName, parentRefs, targetRefs);"
        " then report it to the gateway's project with this output.",
    ),
    Facet.CONDITION_REFUSES: (
        "the gateway's controller does not take the object; its reason and message say why",
        "mend what they name; if that is in order, report it to the gateway's project with this output.",
    ),
    Facet.CONDITION_CLAIMS: ("the controller claims that all is well although it is not", _GATEWAY),
    Facet.CONDITION_REASON: ("the controller gives another reason than the one that is specified for this", _GATEWAY),
    Facet.CONDITION_STALE: ("the condition is about an older generation of the object", _GATEWAY),
    Facet.POLICY_CLAIM: (
        "the status says that a policy is in force that is not: who relies on it sends the key in plaintext",
        _GATEWAY,
    ),
    Facet.STATUS_ENTRY: ("the status does not say whom it is about, or who says it", _GATEWAY),
    Facet.ATTACHED_ROUTES: ("the listener counts other routes than those that are attached to it", _GATEWAY),
    Facet.ADMISSION: (
        "the API endpoint refuses the object: {observed}",
        "mend the field that the message names; if it is as documented, install the CRDs that belong to the gateway.",
    ),
    Facet.ADMISSION_RULE: (
        "the API endpoint takes what the documented API refuses: its CRD lacks a rule, {expected}",
        "install the CRDs that belong to the gateway; if these are they, report it to the gateway's project.",
    ),
    Facet.UNKNOWN_FIELD: (
        "the API endpoint takes what the documented API refuses: it drops unknown fields in silence although it is to"
        " validate fields strictly, {expected}",
        "report it to the project of the API endpoint: it must be a Kubernetes API server.",
    ),
    Facet.ADMISSION_MESSAGE: (
        "the API endpoint refuses the object for another reason than the documented one: {observed}",
        "install the CRDs that belong to the gateway; if these are they, report it to the gateway's project.",
    ),
    Facet.DEFAULTS: (
        "the API endpoint does not store the defaults that the API defines: its CRD lacks them",
        "install the CRDs that belong to the gateway; if these are they, report it to the gateway's project.",
    ),
    Facet.CONDITION_TIME: ("lastTransitionTime changed although the condition's status did not", _GATEWAY),
    Facet.FOREIGN_ENTRY: ("the controller took away what another controller had written into the status", _GATEWAY),
    Facet.GENERATION: ("applying an object that did not change changed it", _GATEWAY),
    Facet.GENERATION_STAYS: (
        "the API endpoint does not count the object's generation on when its spec changes: nobody can tell whether a"
        " status is about the new one",
        "report it to the project of the API endpoint: it must be a Kubernetes API server.",
    ),
    Facet.DRY_RUN: (
        "the API endpoint stores what was only to be tried, and the controller puts it in force",
        "report it to the project of the API endpoint: it must be a Kubernetes API server.",
    ),
    Facet.UNCHECKED_CHANGE: (
        "the API endpoint checks new objects only: a change makes of one what would be refused as new",
        "report it to the project of the API endpoint: it must be a Kubernetes API server.",
    ),
}

_AREAS = {
    **dict.fromkeys((Facet.ADMISSION, Facet.ADMISSION_RULE, Facet.ADMISSION_MESSAGE, Facet.DEFAULTS), "admission"),
    **dict.fromkeys((Facet.DRY_RUN, Facet.UNCHECKED_CHANGE, Facet.UNKNOWN_FIELD), "admission"),
    Facet.GENERATION: "lifecycle",
}
"""Those that are about what the API endpoint does; all others are about what is reported."""


def explain_status(mismatches: Iterable[Mismatch]) -> Diagnosis | None:
    """The probable cause when what an object says is wrong; None when the mismatches are about something else."""
    for one in mismatches:
        if one.about in _CAUSES:
            cause, remedy = _CAUSES[one.about]
            told = cause.replace("{observed}", one.observed).replace("{expected}", one.expected)
            return Diagnosis(told + _further(one), remedy, one.where, _AREAS.get(one.about, "status"))
    return None


def _further(mismatch: Mismatch) -> str:
    """What a condition says that should say something else."""
    said = mismatch.detail
    if not isinstance(said, Condition) or mismatch.about not in (Facet.CONDITION_CLAIMS, Facet.CONDITION_REASON):
        return ""
    message = f" with the message {said.message!r}" if said.message else " without a message"
    return f": {said.type} is {said.status} ({said.reason}){message}"
