"""Checks of whether one key goes to two vendors: as one Secret, one value, or one place in a store."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.key_uses import OWN, SECRET, KeyUse, key_uses
from conformance.manifests.input.key_sources import VALUE
from conformance.manifests.objects import BACKEND

__all__: list[str] = []


@reports(
    key_at_two_vendors=(
        "one key is sent to the hosts of two vendors: one of them gets what is the other's",
        "OpenAI API, Authentication: never share a key; each vendor issues its own",
    )
)
def one_vendor_a_key(sheet: Sheet) -> Iterator[Found]:
    """One Secret, two that hold the same value or variable, or two that are filled from one place in a store; the key
    of one policy or filter for several providers; a client's own, by one rule.

    Providers with an API of their own, and Backends of no provider, are not judged, but a key that they get is theirs
    or another's all the same.
    """
    first: dict[str, KeyUse] = {}
    told: set[tuple[str, str]] = set()
    for use in key_uses(sheet):
        others = [first.setdefault(mark, use) for mark in use.marks]
        other = next((one for one in others if one.party != use.party), None)
        if other is None or not (use.provider or other.provider):
            continue
        shared = next(mark for mark in use.marks if first[mark] is other)
        # Several rules may lead what clients bring to the same two.
        pairs = {(str(use.origin.place) if mark.startswith(OWN) else mark, use.party) for mark in use.marks}
        if pairs <= told:
            continue
        told |= pairs
        what = "the same key" if shared.startswith((VALUE, SECRET)) else f"the same key, {shared},"
        if shared.startswith(OWN):
            what = "a client's own key"
        yield Found(
            "key-at-two-vendors",
            use.origin.manifest,
            use.origin.path,
            f"{what} goes to {other.host} ({other.way.role} {other.way.name}) and to {use.host}",
            _remedy(use),
            _severity(use, other),
        )


def _remedy(use: KeyUse) -> str:
    if use.way.role == BACKEND and not use.provider:
        return "take the key away there: who may call it chooses who gets the key"
    if any(mark.startswith(OWN) for mark in use.marks):
        return (
            f"lead clients' own keys by each rule to one vendor only, or give the provider at {use.host} one of its own"
        )
    if use.origin.manifest is not use.way:
        return f"let it reach the Backends of one vendor only, and give the provider at {use.host} a key of its own"
    return f"give the provider at {use.host} a key of its own, in a Secret of its own"


def _severity(use: KeyUse, other: KeyUse) -> Severity:
    """Of two domains that nobody knows, alike but for their ends, one party may well have both."""
    one, two = (party.split(".")[0] for party in (use.party, other.party))
    return Severity.WARNING if one == two and not (use.known or other.known) else Severity.ERROR
