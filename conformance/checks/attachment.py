"""Checks of parentRefs: Gateways and listeners that are there, let the route in, and have a host name in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.checks.model import Found, GatewayFacts, Listener, Severity, Sheet
from conformance.checks.reading import items, nearest
from conformance.checks.registry import reports
from conformance.dialects import DIALECTS, dialect_named
from conformance.dialects.gateway_api import GROUP
from conformance.dialects.model import Route
from conformance.located import FieldPath

__all__ = ["listeners_of"]

_PARENT = "Gateway API, HTTPRoute parentRefs (ParentReference)"


@dataclass(frozen=True)
class _Attached:
    """What became of one parentRef: the listeners it attaches to, or why it attaches to none."""

    listeners: tuple[tuple[str, str, str], ...] = ()  # (namespace, Gateway, listener)
    problem: Found | None = None


def listeners_of(sheet: Sheet, route: Route) -> set[tuple[str, str, str]]:
    """(namespace, Gateway, listener) of all that a route attaches to."""
    return {one for attached in _attach_all(sheet, route) for one in attached.listeners}


@reports(
    parent_missing=("a route's parentRef names no Gateway that exists", _PARENT),
    listener_missing=("a parentRef's sectionName or port is none of the Gateway's listeners", _PARENT),
    listener_not_allowed=(
        "the Gateway's listeners take no routes from this namespace, or no HTTPRoutes",
        "Gateway API, Listener allowedRoutes",
    ),
    hostname_not_intersecting=(
        "none of the route's hostnames is one that the listener serves",
        "Gateway API, HTTPRoute hostnames",
    ),
)
def parents(sheet: Sheet) -> Iterator[Found]:
    """A route that is attached nowhere gets no requests. One that is attached somewhere may have other parents."""
    for route in sheet.configuration.routes:
        attached = _attach_all(sheet, route)
        problems = [one.problem for one in attached if one.problem]
        if not attached:
            manifest = route.origin.manifest
            message = "the route has no parentRef to a Gateway, so no request comes to it"
            yield Found("parent-missing", manifest, ("spec", "parentRefs"), message, _documented(sheet))
        elif not any(one.listeners for one in attached):
            yield from problems
        else:
            # That another Gateway is not in the input is no mistake.
            for found in problems:
                if found.check != "parent-missing":
                    yield dataclasses.replace(found, severity=Severity.WARNING)


def _documented(sheet: Sheet) -> str:
    if sheet.gateways:
        one = sheet.gateways[0]
        return f"add a parentRef: name {one.name}, namespace {one.namespace}"
    return "add a parentRef to your Gateway"


def _attach_all(sheet: Sheet, route: Route) -> list[_Attached]:
    manifest = route.origin.manifest
    found = []
    for index, ref in items(manifest.spec, "parentRefs"):
        where = ("spec", "parentRefs", index)
        if (ref.get("group", GROUP), ref.get("kind", "Gateway")) == (GROUP, "Gateway"):
            found.append(_attach(sheet, route, ref, where))
        elif ref.get("kind", "Gateway") in ("ListenerSet", "XListenerSet", "Service"):
            # What a ListenerSet belongs to is not looked at: it is taken for good.
            found.append(_Attached((("", str(ref.get("kind")), str(ref.get("name"))),)))
        else:
            wrong = "kind" if ref.get("kind", "Gateway") != "Gateway" else "group"
            message = f"the {wrong} {ref.get(wrong)!r} is none that a route can be attached to"
            remedy = f"leave it out, or write {'Gateway' if wrong == 'kind' else GROUP}"
            found.append(_Attached(problem=Found("parent-missing", manifest, (*where, wrong), message, remedy)))
    return found


def _attach(sheet: Sheet, route: Route, ref: dict[str, Any], where: FieldPath) -> _Attached:
    manifest = route.origin.manifest
    namespace, name = ref.get("namespace") or route.id.namespace, ref.get("name")
    gateway = next((one for one in sheet.gateways if (one.namespace, one.name) == (namespace, name)), None)
    if gateway is None:
        return _Attached(problem=_no_gateway(sheet, route, ref, where))
    named = [one for one in gateway.listeners if _means(ref, one)]
    if not named:
        return _Attached(problem=_no_listener(route, gateway, ref, where))
    open_ones = [one for one in named if one.http and (one.namespaces is None or route.id.namespace in one.namespaces)]
    if not open_ones:
        reason = f"no routes from namespace {route.id.namespace}" if any(one.http for one in named) else "no HTTPRoutes"
        message = f"the listener {named[0].name} of Gateway {gateway} takes {reason}"
        remedy = (
            f"let its allowedRoutes.namespaces take {route.id.namespace} (from: All), or move the route to"
            f" {gateway.namespace}"
            if any(one.http for one in named)
            else "name a listener with protocol HTTP or HTTPS that takes HTTPRoutes"
        )
        return _Attached(problem=Found("listener-not-allowed", manifest, where, message, remedy))
    common = [one for one in open_ones if _intersects(one.hostname, route.hostnames)]
    if not common:
        serves = ", ".join(str(one.hostname) for one in open_ones)
        message = f"the listener serves {serves}, and none of the route's hostnames"
        path = ("spec", "hostnames", 0)
        remedy = f"set one that {serves} covers, or leave hostnames out"
        return _Attached(problem=Found("hostname-not-intersecting", manifest, path, message, remedy))
    return _Attached(tuple((gateway.namespace, gateway.name, one.name) for one in common))


def _means(ref: dict[str, Any], listener: Listener) -> bool:
    return ref.get("sectionName") in (None, listener.name) and ref.get("port") in (None, listener.port)


def _no_gateway(sheet: Sheet, route: Route, ref: dict[str, Any], where: FieldPath) -> Found:
    manifest, name = route.origin.manifest, str(ref.get("name"))
    namespace = ref.get("namespace") or route.id.namespace
    message = f"there is no Gateway {namespace}/{name}"
    for other in (dialect_named(one) for one in DIALECTS if one != sheet.dialect):
        if (namespace, name) == (other.GATEWAY.namespace, other.GATEWAY.name):
            message += f": it is the Gateway of {other.NAME}, and these manifests are of {sheet.dialect}"
    same = [one for one in sheet.gateways if one.name == name]
    if same:
        remedy = f"set namespace to {same[0].namespace}"
        return Found("parent-missing", manifest, (*where, "namespace"), message, remedy)
    near = nearest(name, [one.name for one in sheet.gateways]) or (sheet.gateways[0].name if sheet.gateways else None)
    remedy = f"set name to {near}, or give your Gateway with the manifests" if near else "give your Gateway"
    chosen = next((one for one in sheet.gateways if one.name == near), None)
    if chosen and chosen.namespace != namespace:
        remedy = remedy.replace(f"name to {near}", f"name to {near} and namespace to {chosen.namespace}")
    return Found("parent-missing", manifest, (*where, "name"), message, remedy)


def _no_listener(route: Route, gateway: GatewayFacts, ref: dict[str, Any], where: FieldPath) -> Found:
    manifest = route.origin.manifest
    section = ref.get("sectionName")
    known = {one.name: one for one in gateway.listeners}
    if section is not None and section not in known:
        near = nearest(str(section), known) or next(iter(known), None)
        message = f"Gateway {gateway} has no listener {section!r}, but {', '.join(known) or 'none at all'}"
        remedy = f"set sectionName to {near}, or leave it out" if near else "add a listener to the Gateway"
        return Found("listener-missing", manifest, (*where, "sectionName"), message, remedy)
    ports = ", ".join(str(one.port) for one in gateway.listeners) or "none at all"
    message = f"Gateway {gateway} has no such listener on port {ref.get('port')}, but on {ports}"
    return Found("listener-missing", manifest, (*where, "port"), message, "leave port out, or name a listener's")


def _intersects(served: str | None, hostnames: tuple[str, ...]) -> bool:
    if not served or not hostnames:
        return True
    return any(_covers(served.lower(), one.lower()) or _covers(one.lower(), served.lower()) for one in hostnames)


def _covers(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]))
