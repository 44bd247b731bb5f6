"""Providers with an API of their own beside OpenAI-compatible ones: which they are, and what is left without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import load_provider, provider_at
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import BACKEND_KINDS, Manifest
from conformance.manifests.parts import part_of

__all__ = ["NativeUse", "native_members", "native_type", "native_uses", "secrets_named", "secrets_of", "without"]

# Each with the name of the vendor's file, whose hosts have the OpenAI-compatible API, too.
_NATIVE = {
    "anthropic": "anthropic",
    "azure": "azure-openai",
    "azureopenai": "azure-openai",
    "bedrock": "bedrock",
    "gemini": "gemini",
    "vertexai": "vertex",
}
_SINGLE = ("llm", "provider")
_GROUPS = ("groups", "priorityGroups")
_DEFAULT_KEY = "Authorization"


@dataclass(frozen=True)
class NativeUse:
    """That a native provider, which is not judged, gets a Secret's key: where that is said, and who the vendor is."""

    manifest: Manifest
    path: FieldPath
    secret: str
    key: str
    vendor: Provider


def native_uses(manifests: Iterable[Manifest]) -> tuple[NativeUse, ...]:
    """The keys that native providers get. Bedrock's are several values of a Secret, which no other vendor reads."""
    return tuple(use for one in manifests if one.kind in BACKEND_KINDS for use in _uses(one))


def _uses(backend: Manifest) -> Iterator[NativeUse]:
    ai = backend.spec.get("ai")
    singles = [(("spec", "ai", one), ai[one]) for one in _SINGLE if isinstance(ai, dict) and one in ai]
    for place, entry in [*singles, *((place, entry) for place, _, entry in _members(backend))]:
        native = _native(entry)
        if native in (None, "bedrock"):
            continue
        assert native is not None
        below = ((*place, native, "authToken"), (*place, "policies", "auth"), ("spec", "policies", "auth"))
        for path in below:
            ref = _at(backend.data, (*path, "secretRef"))
            if isinstance(ref, dict) and isinstance(ref.get("name"), str):
                key = ref.get("key") if isinstance(ref.get("key"), str) else _DEFAULT_KEY
                yield NativeUse(backend, (*path, "secretRef"), ref["name"], str(key), load_provider(_NATIVE[native]))
                break


def _at(data: Any, path: FieldPath) -> Any:
    for part in path:
        try:
            data = data[part]
        except (LookupError, TypeError):
            return None
    return data


def native_type(backend: Manifest) -> str | None:
    """Of a Backend whose providers are all native, which they are."""
    ai = backend.spec.get("ai")
    if not isinstance(ai, dict):
        return None
    entries = [ai[one] for one in _SINGLE if one in ai] + [entry for _, _, entry in _members(backend)]
    types = [_native(one) for one in entries]
    return ", ".join(dict.fromkeys(filter(None, types))) if types and all(types) else None


def native_members(backend: Manifest) -> list[tuple[FieldPath, str, Any]]:
    """The native members of a Backend's groups: (place, type, entry)."""
    return [(place, found, entry) for place, _, entry in _members(backend) if (found := _native(entry))]


def without(backend: Manifest) -> Manifest:
    """The Backend less its native members, and less the groups that would have no others."""
    members = list(_members(backend))
    if not any(_native(entry) for _, _, entry in members):
        return backend
    groups: dict[FieldPath, list[int]] = {}
    for place, index, entry in members:
        groups.setdefault(place[:-1], []).extend([] if _native(entry) else [index])
    for path, kept in groups.items():
        if kept:
            backend = part_of(backend, path, kept)
    path = members[0][0][:3]
    empty = {place[3] for place, kept in groups.items() if not kept}
    owner: Any = backend.spec["ai"][path[-1]]
    return part_of(backend, path, [number for number in range(len(owner)) if number not in empty])


def secrets_named(data: Any) -> Iterator[str]:
    """The names of all Secrets to which something in this data refers."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if key == "secretRef" and isinstance(value, dict) and isinstance(value.get("name"), str):
            yield value["name"]
        yield from secrets_named(value)


def secrets_of(objects: Iterable[Manifest]) -> set[tuple[str, str, str]]:
    """(kind, namespace, name) of the Secrets to which these refer."""
    return {("Secret", one.namespace, name) for one in objects for name in secrets_named(one.data)}


def _members(backend: Manifest) -> Iterator[tuple[FieldPath, int, Any]]:
    """(place, number, entry) of every member of a Backend's groups."""
    ai = backend.spec.get("ai")
    for field in _GROUPS if isinstance(ai, dict) else ():
        found = ai.get(field) if isinstance(ai, dict) else None
        for number, group in enumerate(found if isinstance(found, list) else ()):
            providers = group.get("providers") if isinstance(group, dict) else None
            for index, entry in enumerate(providers if isinstance(providers, list) else ()):
                yield ("spec", "ai", field, number, "providers", index), index, entry


def _native_formats(custom: dict[str, Any]) -> str | None:
    """The formats of a custom provider that has none of OpenAI's chat; or by way of what it is reached, if unseen."""
    formats = custom.get("formats")
    types = [one.get("type") for one in formats if isinstance(one, dict)] if isinstance(formats, list) else []
    reference = custom.get("backendRef")
    if isinstance(reference, dict) and reference.get("kind", "Service") != "Service":
        return f"a custom provider by way of an {reference.get('kind')}"
    return f"a custom provider of {', '.join(map(str, types))}" if types and "Completions" not in types else None


def _native(entry: Any) -> str | None:
    """The native type of a provider entry; None where it has another beside it, or the host of a compatible vendor."""
    if not isinstance(entry, dict) or "openai" in entry:
        return None
    if isinstance(custom := entry.get("custom"), dict):
        return _native_formats(custom)
    host = entry.get("host")
    vendor = provider_at(host.rstrip(".")) if isinstance(host, str) else None
    found = (one for one in _NATIVE if isinstance(entry.get(one), dict))
    return next((one for one in found if vendor is None or vendor.name == _NATIVE[one]), None)
