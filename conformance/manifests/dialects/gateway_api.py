"""Reads the Gateway API's own kinds (HTTPRoute, BackendTLSPolicy), which all dialects share, into the model.

Source: Gateway API v1.4 specification, HTTPRoute and BackendTLSPolicy.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from conformance.core.redaction import excerpt
from conformance.manifests.dialects.model import BackendRef, Match, Origin, ParentRef, Route, Rule, TlsPolicy
from conformance.manifests.dialects.policies import AttachedPolicy, Target
from conformance.manifests.objects import UNQUOTED, Manifest, ObjectId

__all__ = [
    "GROUP",
    "as_list",
    "as_mapping",
    "check_grant",
    "field_of",
    "optional",
    "read_attached",
    "read_policy",
    "read_route",
]

GROUP = "gateway.networking.k8s.io"

T = TypeVar("T")


_VALIDATION = "write validation: {hostname: THE-HOST, wellKnownCACertificates: System}"


def field_of(
    origin: Origin,
    data: dict[str, Any],
    key: str,
    kind: type[T],
    *,
    default: T | None = None,
    remedy: str | None = None,
) -> T:
    """A field that must have a type. Raises InputProblem at its position, with the remedy if it has no other."""
    value = default if data.get(key) is None else data[key]
    if value is None:
        near = difflib.get_close_matches(key, [one for one in data if isinstance(one, str)], 1, 0.8)
        remedy = f"write {key} in place of {near[0]}" if near else remedy
        raise origin.manifest.problem(f"required, {_named(kind)}", *origin.path, key, remedy=remedy)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        # Whatever an inline token is by mistake, it may be the key.
        found = type(value).__name__ if key == "inline" else excerpt(repr(value), 80)
        if kind is str and isinstance(value, bool):
            found, remedy = f"{found}{UNQUOTED}", remedy or "put it in quotes"
        raise origin.manifest.problem(f"expected {_named(kind)}, found {found}", *origin.path, key, remedy=remedy)
    return value


def optional(origin: Origin, data: dict[str, Any], key: str, kind: type[T]) -> T | None:
    """A field that may be missing, or null, which is the same. Raises InputProblem for another type."""
    return None if data.get(key) is None else field_of(origin, data, key, kind)


def _named(kind: type) -> str:
    return {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "a mapping"}[kind]


def as_mapping(origin: Origin, data: dict[str, Any], key: str, *, remedy: str | None = None) -> dict[str, Any]:
    """An optional mapping; empty when absent. Raises InputProblem for anything else, with the remedy."""
    return field_of(origin, data, key, dict, default={}, remedy=remedy) if data.get(key) is not None else {}


def as_list(origin: Origin, data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """An optional list of mappings; empty when absent."""
    values: list[Any] = field_of(origin, data, key, list, default=[]) if data.get(key) is not None else []
    for index, value in enumerate(values):
        if not isinstance(value, dict):
            raise origin.manifest.problem("expected a mapping", *origin.path, key, index)
    return values


def _each(origin: Origin, data: dict[str, Any], key: str, read: Callable[[Origin, dict[str, Any]], T]) -> tuple[T, ...]:
    return tuple(read(origin.below(key, index), item) for index, item in enumerate(as_list(origin, data, key)))


def read_route(manifest: Manifest) -> Route:
    """An HTTPRoute. Raises InputProblem for fields of the wrong type."""
    origin = Origin(manifest, ("spec",))
    hostnames: list[Any] = field_of(origin, manifest.spec, "hostnames", list, default=[])
    for index, hostname in enumerate(hostnames):
        if not isinstance(hostname, str):
            raise manifest.problem(f"expected a text, found {hostname!r}", "spec", "hostnames", index)

    def parent(at: Origin, data: dict[str, Any]) -> ParentRef:
        return ParentRef(
            origin=at,
            group=field_of(at, data, "group", str, default=GROUP),
            kind=field_of(at, data, "kind", str, default="Gateway"),
            namespace=field_of(at, data, "namespace", str, default=manifest.namespace),
            name=field_of(at, data, "name", str),
            section=optional(at, data, "sectionName", str),
            port=optional(at, data, "port", int),
        )

    def rule(at: Origin, data: dict[str, Any]) -> Rule:
        return _read_rule(at, data, manifest.namespace)

    return Route(
        id=manifest.id,
        origin=origin,
        parents=_each(origin, manifest.spec, "parentRefs", parent),
        hostnames=tuple(hostnames),
        rules=_each(origin, manifest.spec, "rules", rule),
    )


def _read_rule(origin: Origin, data: dict[str, Any], namespace: str) -> Rule:
    def backend(at: Origin, ref: dict[str, Any]) -> BackendRef:
        target = ObjectId(
            field_of(at, ref, "group", str, default=""),
            field_of(at, ref, "kind", str, default="Service"),
            field_of(at, ref, "namespace", str, default=namespace),
            field_of(at, ref, "name", str),
        )
        filters = _each(at, ref, "filters", _read_filter)
        return BackendRef(target, at, field_of(at, ref, "weight", int, default=1), filters)

    def mirrors(at: Origin, filters: Iterable[Mapping[str, Any]]) -> Iterator[BackendRef]:
        for index, one in enumerate(filters):
            place = at.below("filters", index, "requestMirror")
            if copied := as_mapping(place, as_mapping(at, dict(one), "requestMirror"), "backendRef"):
                yield backend(place.below("backendRef"), copied)

    backends, filters = _each(origin, data, "backendRefs", backend), _each(origin, data, "filters", _read_filter)
    owners = [(origin, filters), *((ref.origin, ref.filters) for ref in backends)]
    return Rule(
        origin=origin,
        # A rule without matches matches every path (HTTPRouteRule.matches, default).
        matches=_each(origin, data, "matches", _read_match) or (Match(),),
        backends=backends,
        filters=filters,
        mirrors=tuple(one for at, found in owners for one in mirrors(at, found)),
        timeout=optional(origin.below("timeouts"), as_mapping(origin, data, "timeouts"), "request", str),
        name=optional(origin, data, "name", str),
    )


def _read_filter(origin: Origin, data: dict[str, Any]) -> dict[str, Any]:
    """A filter as it is; of URLRewrite, which expectations go by, the types are checked.

    Raises InputProblem for one whose answers another server decides about.
    """
    if data.get("type") == "ExternalAuth":
        raise origin.manifest.beyond("what another server lets in by an ExternalAuth filter", *origin.path)
    rewrite, at = as_mapping(origin, data, "urlRewrite"), origin.below("urlRewrite")
    optional(at, rewrite, "hostname", str)
    path = as_mapping(at, rewrite, "path")
    for key in ("type", "replaceFullPath", "replacePrefixMatch"):
        optional(at.below("path"), path, key, str)
    return data


def _read_match(origin: Origin, data: dict[str, Any]) -> Match:
    path = as_mapping(origin, data, "path")

    def named_value(at: Origin, entry: dict[str, Any]) -> tuple[str, str, str]:
        kind = field_of(at, entry, "type", str, default="Exact")
        return kind, field_of(at, entry, "name", str), field_of(at, entry, "value", str)

    return Match(
        path=field_of(origin.below("path"), path, "value", str, default="/"),
        path_type=field_of(origin.below("path"), path, "type", str, default="PathPrefix"),
        method=optional(origin, data, "method", str),
        headers=_each(origin, data, "headers", named_value),
        query=_each(origin, data, "queryParams", named_value),
    )


def read_policy(manifest: Manifest) -> TlsPolicy:
    """A BackendTLSPolicy. Raises InputProblem for fields of the wrong type."""
    origin = Origin(manifest, ("spec",))
    validation = field_of(origin, manifest.spec, "validation", dict, remedy=_VALIDATION)
    inside = origin.below("validation")

    def target(at: Origin, data: dict[str, Any]) -> tuple[str, str, str, str | None]:
        group, kind = field_of(at, data, "group", str, default=""), field_of(at, data, "kind", str)
        return group, kind, field_of(at, data, "name", str), optional(at, data, "sectionName", str)

    def ca_ref(at: Origin, data: dict[str, Any]) -> tuple[str, str, str]:
        group, kind = field_of(at, data, "group", str, default=""), field_of(at, data, "kind", str)
        return group, kind, field_of(at, data, "name", str)

    def alt_name(at: Origin, data: dict[str, Any]) -> tuple[str, str]:
        kind = field_of(at, data, "type", str)
        return kind, field_of(at, data, "hostname" if kind == "Hostname" else "uri", str)

    return TlsPolicy(
        id=manifest.id,
        origin=origin,
        targets=_each(origin, manifest.spec, "targetRefs", target),
        hostname=field_of(inside, validation, "hostname", str, remedy="write the provider's host name"),
        system_trust=validation.get("wellKnownCACertificates") == "System",
        ca_refs=_each(inside, validation, "caCertificateRefs", ca_ref),
        alt_names=_each(inside, validation, "subjectAltNames", alt_name),
    )


def read_attached(manifest: Manifest) -> AttachedPolicy:
    """What a policy of the gateway's own API is attached to. Raises InputProblem for fields of the wrong type."""
    origin = Origin(manifest, ("spec",))

    def target(at: Origin, data: dict[str, Any], name: str | None) -> Target:
        return Target(
            at,
            field_of(at, data, "group", str, default=""),
            field_of(at, data, "kind", str),
            name,
            as_mapping(at, data, "matchLabels"),
            optional(at, data, "sectionName", str),
        )

    named = _each(
        origin, manifest.spec, "targetRefs", lambda at, data: target(at, data, field_of(at, data, "name", str))
    )
    selected = _each(origin, manifest.spec, "targetSelectors", lambda at, data: target(at, data, None))
    return AttachedPolicy(manifest.id, origin, named + selected)


def check_grant(manifest: Manifest) -> Manifest:
    """A ReferenceGrant, whose lists are used as they are. Raises InputProblem for fields of the wrong type."""
    origin = Origin(manifest, ("spec",))
    for key in ("from", "to"):
        for index, entry in enumerate(as_list(origin, manifest.spec, key)):
            for name in ("group", "kind", "namespace", "name"):
                optional(origin.below(key, index), entry, name, str)
    return manifest
