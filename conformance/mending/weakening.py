"""Whether a change weakens TLS, by comparison of all objects before and after: whatever it was meant to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.mending.view import Entry, Item, View, entries_of

__all__ = ["weakens_tls"]

_PLAINTEXT_PORT = 80


def weakens_tls(before: View, after: View) -> bool:
    """True where a policy or `tls` goes, verification is less strict, an authority is no longer the only one trusted,
    or a provider is then reached in plaintext.
    """
    if _count(before) > _count(after):
        return True
    was, now = list(_strengths(before)), list(_strengths(after))
    if len(now) < len(was):
        return True
    return any(
        any(new < old for old, new in zip(one, other, strict=True)) for one, other in zip(was, now, strict=False)
    )


def _count(view: View) -> int:
    """How many objects ask for TLS."""
    own = [entry for entry in view.entries() if entry.item.get(*entry.owner, "policies", "tls") is not None]
    return len(view.of("BackendTLSPolicy")) + len(own)


def _strengths(view: View) -> Iterator[tuple[bool, ...]]:
    """For each provider entry what of TLS is in force, each True better than False; then for each policy."""
    for backend in view.backends():
        for entry in entries_of(backend):
            tls = entry.item.get(*entry.owner, "policies", "tls")
            policies = [policy for policy in view.of("BackendTLSPolicy") if _targets(policy, backend)]
            yield (
                tls is not None or bool(policies),
                entry.get("port") != _PLAINTEXT_PORT,
                *_verified(entry),
            )
    for policy in view.of("BackendTLSPolicy"):
        found = policy.get("spec", "validation")
        found = found if isinstance(found, dict) else {}
        yield True, True, True, bool(found.get("subjectAltNames")), bool(found.get("caCertificateRefs"))


def _verified(entry: Entry) -> tuple[bool, bool, bool]:
    tls: Any = entry.item.get(*entry.owner, "policies", "tls")
    found = tls if isinstance(tls, dict) else {}
    return (
        "insecureSkipVerify" not in found,
        bool(found.get("verifySubjectAltNames")),
        bool(found.get("caCertificateRefs")),
    )


def _targets(policy: Item, backend: Item) -> bool:
    if policy.namespace != backend.namespace:
        return False
    return any(
        (one.get("name"), one.get("kind")) == (backend.name, backend.kind)
        for _, one in policy.maps("spec", "targetRefs")
    )
