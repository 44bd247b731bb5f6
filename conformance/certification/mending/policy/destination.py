"""Rules about where requests go: the type of a provider, its host, its port."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.policy.change import Change, keys_in, scalars
from conformance.certification.mending.policy.likeness import near_host
from conformance.certification.mending.view import Entry, Item, View, entries_of

__all__ = ["changes_port", "changes_provider_type", "destination", "reaches_another"]

_COMPATIBLE = "openai"
_NATIVE = ("azureopenai", "azure", "anthropic", "gemini", "vertexai", "bedrock", "custom")
_DEFAULT = "api.openai.com"
"""Where the gateways send what a provider of type `openai` without a host gets."""


def changes_provider_type(change: Change) -> bool:
    """A type that is only misspelt is the one that was meant; what is none at all may become `openai`."""
    for old, new in change.of("Backend"):
        before, after = _types(old), _types(new)
        if before - after or (_native(before) and after[_COMPATIBLE] > before[_COMPATIBLE]):
            return True
    return False


def _types(backend: Item) -> Counter[str]:
    found = (difflib.get_close_matches(key.lower(), (_COMPATIBLE, *_NATIVE), 1, 0.75) for key in _type_keys(backend))
    return Counter(one for near in found for one in near)


def _type_keys(backend: Item) -> Iterator[str]:
    return keys_in(backend.get("spec", "ai"))


def _native(types: Counter[str]) -> bool:
    return any(types[one] for one in _NATIVE)


def reaches_another(change: Change) -> bool:
    """Whether any provider is then reached at a host that was neither written, nor nearly, nor said elsewhere."""
    for backend, old, entry in change.entries():
        before, after = destination(old) if old else "", destination(entry)
        if before != after and after not in _meant(change.before, backend, old):
            return True
    return False


def destination(entry: Entry) -> str:
    """The host that a provider is reached at; empty where none is written and none is the default."""
    return entry.cleaned_host or (_DEFAULT if entry.get(_COMPATIBLE) is not None else "")


def _meant(view: View, backend: Item, entry: Entry | None) -> set[str]:
    """The hosts that a person can have meant."""
    vendor = vendor_meant(view, entry) if entry else None
    named = {vendor.host} if vendor and vendor in view.facts else set()
    said = _said_of(view, backend)
    if entry and (written := entry.cleaned_host):
        near = {vendor.host, *said} if vendor else said
        return named | {host for host in near if near_host(written, host)}
    # A host that stands in the wrong place, or under another name, has still been written.
    inside = {text for text in _own_texts(backend, entry) if "." in text and "/" not in text}
    if inside:
        return named | inside
    if said or vendor:
        return named | (said if len(said) == 1 else set()) | ({vendor.host} if vendor else set())
    return {_DEFAULT} if _COMPATIBLE in _type_keys(backend) else set()


def _own_texts(backend: Item, entry: Entry | None) -> Iterator[str]:
    """What stands in the provider part of a Backend, but in no other provider's entry."""
    others = [one.path for one in entries_of(backend) if entry is None or one.path != entry.path]
    for path, text in scalars(backend.get("spec", "ai"), ("spec", "ai")):
        if path[-1] != "model" and not any(path[: len(other)] == other for other in others):
            yield text


def _said_of(view: View, backend: Item) -> set[str]:
    """The host names by which policies on a Backend, its own TLS and the routes to it call the server."""
    found = {backend.text("spec", "policies", "tls", "sni")}
    for policy in view.of("BackendTLSPolicy"):
        if any(one.get("name") == backend.name for _, one in policy.maps("spec", "targetRefs")):
            found.add(policy.text("spec", "validation", "hostname"))
    for route in view.of("HTTPRoute"):
        for rule, _ in route.maps("spec", "rules"):
            if [one.get("name") for _, one in route.maps(*rule, "backendRefs")] == [backend.name]:
                found |= {route.text(*path, "urlRewrite", "hostname") for path, _ in route.maps(*rule, "filters")}
    return {one.lower() for one in found if one}


def changes_port(change: Change) -> bool:
    """A written port changes only to the vendor's, to the one in the host, or to that of a Service among the input."""
    for _, old, entry in change.entries():
        if old is None or (written := _port(old)) is None or written == _port(entry):
            continue
        served = _service_ports(change.before, entry.cleaned_host)
        vendor = vendor_meant(change.before, old)
        allowed = {str(vendor.port)} if vendor else set()
        if served:
            allowed = set() if written in served else served
        elif f":{_port(entry)}" in old.host:
            continue
        if _port(entry) not in allowed:
            return True
    return False


def _port(entry: Entry) -> str | None:
    found = entry.get("port")
    return None if found is None else str(found).strip()


def _service_ports(view: View, host: str) -> set[str]:
    """The ports of the given Service that a host in the cluster names."""
    name, _, rest = host.partition(".")
    for service in view.of("Service"):
        if service.name == name and (not rest or rest.split(".")[0] == service.namespace):
            return {str(one.get("port")) for _, one in service.maps("spec", "ports")}
    return set()
