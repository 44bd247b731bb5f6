"""Whether a change weakens TLS, by comparison of all objects before and after: whatever it was meant to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.certification.mending.view import Entry, Item, View, entries_of
from conformance.core.startup.records import dataclass

__all__ = ["Strength", "asking", "strength_of", "weakens_tls"]

_PLAINTEXT_PORT = 80


@dataclass(frozen=True)
class Strength:
    """How many objects ask for TLS; and for each provider entry, then each policy, what of it is in force.

    Of these flags True is always better than False.
    """

    asking: int
    flags: tuple[tuple[bool, ...], ...]

    def weaker_than(self, other: Strength) -> bool:
        """Whether a policy or `tls` has gone, or anything is less strict."""
        if self.asking < other.asking or len(self.flags) < len(other.flags):
            return True
        pairs = zip(other.flags, self.flags, strict=False)
        return any(new < old for was, now in pairs for old, new in zip(was, now, strict=True))


def weakens_tls(before: View, after: View) -> bool:
    """True where a policy or `tls` goes, verification is less strict, an authority is no longer the only one trusted,
    or a provider is then reached in plaintext.
    """
    return strength_of(after).weaker_than(strength_of(before))


def strength_of(view: View) -> Strength:
    """How strong TLS is by what is written."""
    own = [entry for entry in view.entries() if entry.item.get(*entry.owner, "policies", "tls") is not None]
    policies = view.of("BackendTLSPolicy")
    return Strength(len(policies) + len(own), (*_entries(view), *_policies(view)))


def _entries(view: View) -> Iterator[tuple[bool, ...]]:
    for entry, asks in asking(view):
        # Where no port stands there is none that could become plaintext's.
        yield asks, entry.get("port") not in (None, _PLAINTEXT_PORT), *_verified(entry)


def asking(view: View) -> list[tuple[Entry, bool]]:
    """Each provider entry, and whether it is to be reached by TLS: by its Backend's own `tls`, or by a policy."""
    targets = {
        (policy.namespace, one.get("kind"), one.get("name"))
        for policy in view.of("BackendTLSPolicy")
        for _, one in policy.maps("spec", "targetRefs")
        if isinstance(one.get("name"), str) and isinstance(one.get("kind"), str)
    }
    return [
        (entry, entry.item.get(*entry.owner, "policies", "tls") is not None or _id(backend) in targets)
        for backend in view.backends()
        for entry in entries_of(backend)
    ]


def _id(backend: Item) -> tuple[str, str, str]:
    return backend.namespace, backend.kind, backend.name


def _verified(entry: Entry) -> tuple[bool, bool, bool]:
    tls: Any = entry.item.get(*entry.owner, "policies", "tls")
    found = tls if isinstance(tls, dict) else {}
    return (
        "insecureSkipVerify" not in found,
        bool(found.get("verifySubjectAltNames")),
        bool(found.get("caCertificateRefs")),
    )


def _policies(view: View) -> Iterator[tuple[bool, ...]]:
    for policy in view.of("BackendTLSPolicy"):
        found = policy.get("spec", "validation")
        found = found if isinstance(found, dict) else {}
        yield True, True, True, bool(found.get("subjectAltNames")), bool(found.get("caCertificateRefs"))
