"""Rules about what is open: which routes and requests listeners take, and which references grants permit."""

from __future__ import annotations

from conformance.certification.mending.policy.change import Change, keys_in, lost, scalars
from conformance.certification.mending.view import Item

__all__ = ["opens_listener", "widens_grant"]

_UNFIT = ("tcp", "udp")
"""Protocols of listeners that no HTTPRoute attaches to, and that protect nothing."""
_LISTENERS = ("spec", "allowedListeners")
_PROTOCOLS = ("http", "https", "tls", *_UNFIT)


def opens_listener(change: Change) -> bool:
    """Whether anything that a listener demands goes, or it takes routes of all namespaces unless this was written.

    Nor may listeners be added by others, unless this was written.
    """
    for old, new in change.pairs:
        # What has listeners and another kind is a Gateway whose kind is wrong.
        if new is None or (old.role != "Gateway" and "listeners" not in keys_in(old.data)):
            continue
        for path, text in lost(old, new):
            unfit = text in _UNFIT or text not in _PROTOCOLS
            if path[-1] != "gatewayClassName" and (path[-1] != "protocol" or not unfit):
                return True
        if _open(new) > _open(old) or (new.get(*_LISTENERS) is not None and old.get(*_LISTENERS) is None):
            return True
    return False


def _open(gateway: Item) -> int:
    return [text for _, text in scalars(gateway.get("spec", "listeners"))].count("all")


def widens_grant(change: Change) -> bool:
    """Whether a grant permits references to all objects of a kind that did not before."""
    changed = [(old, new) for old, new in change.of("ReferenceGrant") if _unbound(new) > _unbound(old)]
    return bool(changed) or any(one.kind == "ReferenceGrant" and _unbound(one) for one in change.added)


def _unbound(grant: Item) -> int:
    return sum("name" not in one for _, one in grant.maps("spec", "to"))
