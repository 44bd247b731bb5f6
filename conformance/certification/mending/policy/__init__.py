"""What no fix may do, however green: rules over the manifests before and after a change, each with its reason."""

from __future__ import annotations

from collections.abc import Callable

from conformance.certification.mending.policy.change import Change
from conformance.certification.mending.policy.destination import changes_port, changes_provider_type, reaches_another
from conformance.certification.mending.policy.keys import (
    drops_credential,
    moves_secret,
    takes_another_secret,
    takes_another_value,
)
from conformance.certification.mending.policy.openness import opens_listener, reclasses, widens_grant
from conformance.certification.mending.policy.parties import shares_secret
from conformance.certification.mending.policy.protection import switches_tls, weakens
from conformance.certification.mending.policy.routes import (
    changes_weight,
    drops_filter,
    redirects_reference,
    reparents,
    widens_match,
)
from conformance.certification.mending.policy.vendors import decides_between_vendors
from conformance.certification.mending.view import View, entries_of
from conformance.core.startup.records import dataclass

__all__ = ["RULES", "Rule", "refused_by"]


@dataclass(frozen=True)
class Rule:
    """One thing that no fix does. `reason` is the end of a sentence that begins with the change."""

    name: str
    reason: str
    breaks: Callable[[Change], bool]


def _removes_object(change: Change) -> bool:
    """Whether an object goes, or a Backend with providers becomes something else.

    A BackendTLSPolicy is left to the rules about TLS, which know where it can only be in the way.
    """
    return any(
        old.role != "BackendTLSPolicy"
        if new is None
        else old.role == "Backend" and new.role != "Backend" and bool(entries_of(old))
        for old, new in change.pairs
    )


RULES = (
    Rule("object", "would take away an object that was given", _removes_object),
    Rule("provider-type", "would speak another provider's API, with the key of this one", changes_provider_type),
    Rule("host", "would send prompts and key to another party", reaches_another),
    Rule("port", "would take another port than the one that is written or that a given Service has", changes_port),
    Rule("secret", "would send the key of a Secret that was hardly meant", takes_another_secret),
    Rule("secret-of-another", "would send a key that belongs to somebody else", shares_secret),
    Rule("vendor", "would settle for one vendor where what is written names two", decides_between_vendors),
    Rule("secret-place", "would take a Secret away from a namespace where others may need it", moves_secret),
    Rule("secret-value", "would send one of several values of a Secret, which was hardly meant", takes_another_value),
    Rule(
        "credential", "would take away a credential, or where it is sent, or pass on the clients' own", drops_credential
    ),
    Rule("match", "would widen who may call, by a match or a host name less", widens_match),
    Rule("filter", "would take away a filter, or what it does", drops_filter),
    Rule("weight", "would send requests where a weight says that they shall not go", changes_weight),
    Rule("reference", "would lead requests away from what the route names", redirects_reference),
    Rule("parent", "would attach the route to another Gateway or listener than the one named", reparents),
    Rule("listener", "would open a listener to more routes, host names or protocols", opens_listener),
    Rule("class", "would take a Gateway from those who use it, by another class", reclasses),
    Rule("grant", "would permit more references than the one that is needed, or fewer than before", widens_grant),
    Rule("tls", "would turn TLS on or off where nobody knows what the server speaks", switches_tls),
    Rule("tls-strength", "would weaken TLS to a provider", weakens),
)
"""In the order in which they are asked; the first that is broken is told."""


def refused_by(before: View, after: View) -> Rule | None:
    """The rule that a change breaks; None where it breaks none."""
    change = Change(before, after)
    return next((rule for rule in RULES if rule.breaks(change)), None)
