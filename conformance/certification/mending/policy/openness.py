"""Rules about what is open: which routes and requests listeners take, and which references grants permit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.certification.mending.policy.change import Change, keys_in, lost, scalars
from conformance.certification.mending.view import Item, View
from conformance.manifests.gateway_classes import Owner, owner_of

__all__ = ["opens_listener", "reclasses", "widens_grant"]

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


def reclasses(change: Change) -> bool:
    """Whether a Gateway that another data plane serves, or other routes use, is taken from them by its class."""
    classes = (one for one in change.before.items if one.kind == "GatewayClass")
    controllers = {one.name: one.text("spec", "controllerName") for one in classes}
    for old, new in change.of("Gateway"):
        was, now = (one.text("spec", "gatewayClassName") for one in (old, new))
        if was in ("", now):
            continue
        owner = owner_of(was, controllers)
        if owner in (Owner.OTHER, Owner.SUPPOSED) or (owner is Owner.AGENTGATEWAY and _is_shared(change.before, old)):
            return True
    return False


def _is_shared(view: View, gateway: Item) -> bool:
    """Whether a route that leads to none of the Backends is attached to a Gateway."""
    ours = {one.name for one in view.backends()}
    for route in view.of("HTTPRoute"):
        parents = [
            (one.get("namespace", route.namespace), one.get("name")) for _, one in route.maps("spec", "parentRefs")
        ]
        rules = [rule for rule, _ in route.maps("spec", "rules")]
        names = {one.get("name") for rule in rules for _, one in route.maps(*rule, "backendRefs")}
        if (gateway.namespace, gateway.name) in parents and names and not names & ours:
            return True
    return False


def widens_grant(change: Change) -> bool:
    """Whether grants permit more than one reference that they did not before, or all to a kind; or one less."""
    for old, new in change.of("ReferenceGrant"):
        before, after = _permitted(old), _permitted(new)
        moved = old.namespace != new.namespace
        # In its own namespace nobody needs a grant.
        if moved and any(source[2] != old.namespace for source, _ in before):
            return True
        if len(after) > len(before) and (any(to[2] == "" for _, to in after - before) or len(after - before) > 1):
            return True
        if _unbound(new) > _unbound(old) or any(one not in after and _is_whole(one) for one in before):
            return True
    added = [_permitted(one) for one in change.added if one.kind == "ReferenceGrant"]
    return any(len(one) != 1 or any(to[2] == "" for _, to in one) for one in added)


_Reference = tuple[tuple[str, str, str], tuple[str, str, str]]
"""From (group, kind, namespace) to (group, kind, name); without a name to all of the kind."""


def _permitted(grant: Item) -> set[_Reference]:
    sources = [_three(one, "namespace") for _, one in grant.maps("spec", "from")]
    return {(source, _three(one, "name")) for _, one in grant.maps("spec", "to") for source in sources}


def _three(entry: Mapping[str, Any], last: str) -> tuple[str, str, str]:
    return str(entry.get("group", "")), str(entry.get("kind", "")), str(entry.get(last) or "")


def _is_whole(reference: _Reference) -> bool:
    """Whether it is one that a cluster takes, and not misspelt in a field."""
    (_, source, namespace), (_, to, _) = reference
    return bool(source and namespace and to)


def _unbound(grant: Item) -> int:
    return sum("name" not in one for _, one in grant.maps("spec", "to"))
