"""Rules about TLS to providers: it is turned on or off only where it is known what the server speaks."""

from __future__ import annotations

from conformance.certification.checks.needs import TLS_PORTS
from conformance.certification.mending.policy.change import Change, keys_in
from conformance.certification.mending.view import Entry, View
from conformance.certification.mending.weakening import asking, strength_of

__all__ = ["switches_tls", "weakens"]


def switches_tls(change: Change) -> bool:
    """Whether TLS is turned on or off for a provider of which nobody knows whether it speaks it."""
    return any(_known(change, entry) is not asks for entry, asks in _switched(change))


def _switched(change: Change) -> list[tuple[Entry, bool]]:
    """The provider entries for which TLS is asked then, and was not before, or the other way round."""
    before = asking(change.before)
    pairs = zip(before, asking(change.after), strict=False)
    return [(entry, asks) for (_, asked), (entry, asks) in pairs if asked != asks]


def _known(change: Change, entry: Entry) -> bool | None:
    """Whether a server speaks TLS: by the facts, by what is written of it, or by its port; None: nobody knows."""
    if vendor := change.before.vendor(entry.cleaned_host):
        return vendor.tls
    return True if entry.get("port") in TLS_PORTS or _wanted(change.before, entry) else None


def _wanted(view: View, entry: Entry) -> bool:
    """Whether TLS to a server was written, only not in force: a policy for its name, or `tls` in the wrong place."""
    policies = [one.text("spec", "validation", "hostname").lower() for one in view.of("BackendTLSPolicy")]
    backend = next((one for one in view.backends() if (one.namespace, one.name) == _id(entry)), None)
    return entry.cleaned_host in policies or bool(backend and "tls" in keys_in(backend.get("spec")))


def _id(entry: Entry) -> tuple[str, str]:
    return entry.item.namespace, entry.item.name


def weakens(change: Change) -> bool:
    """Whether TLS is weaker otherwise than by its end for a provider that is known to speak plaintext."""
    if not strength_of(change.after).weaker_than(strength_of(change.before)):
        return False
    return not any(not asks and _known(change, entry) is False for entry, asks in _switched(change))
