"""Checks of parentRefs: Gateways and listeners that are there, let the route in, and have a host name in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig, items, nearest
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.classes import wrong_class
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.dialects.model import ParentRef, Route
from conformance.manifests.gateways import (
    GatewayFacts,
    Labels,
    ListenerFacts,
    admits,
    common_hostnames,
    labels_of_namespaces,
    means,
)
from conformance.manifests.listener_sets import SETS
from conformance.manifests.objects import Manifest, ObjectId

__all__: list[str] = []

_PARENT = "Gateway API, HTTPRoute parentRefs (ParentReference)"
_CLASS = "Gateway API, Gateway gatewayClassName and GatewayClass controllerName"
# What these belong to is not looked at: they are taken for good.
_OTHER_PARENTS = ("ListenerSet", "XListenerSet", "Service")


@reports(
    parent_missing=("a route's parentRef names no Gateway that exists", _PARENT),
    gateway_class_wrong=(
        "the class of the Gateway that a route attaches to is misspelt, or of the other API's control plane",
        _CLASS,
    ),
    gateway_class_other=("the class of the Gateway that a route attaches to is another data plane's", _CLASS),
    listener_set_refused=(
        "a route's ListenerSet belongs to no Gateway that takes it, so its listeners are nowhere",
        "Gateway API, ListenerSet and Gateway allowedListeners",
    ),
    listener_missing=("a parentRef's sectionName or port is none of the Gateway's listeners", _PARENT),
    listener_not_allowed=(
        "the Gateway's listeners take no routes from this namespace, or no HTTPRoutes",
        "Gateway API, Listener allowedRoutes",
    ),
    listener_protocol=(
        "the listener that a route names speaks another protocol than HTTP and HTTPS, so no HTTPRoute attaches to it",
        "Gateway API, Listener protocol and supportedKinds",
    ),
    hostname_not_intersecting=(
        "none of the route's hostnames is one that the listener serves",
        "Gateway API, HTTPRoute hostnames",
    ),
)
def parents(sheet: Sheet) -> Iterator[Found]:
    """A route that is attached nowhere gets no requests. One that is attached somewhere may have other parents."""
    told: set[tuple[str, ObjectId, FieldPath]] = set()
    for found in _unattached(sheet):
        # Several routes may name one Gateway.
        place = (found.check, found.manifest.id, found.path)
        if place not in told:
            told.add(place)
            yield found


def _unattached(sheet: Sheet) -> Iterator[Found]:
    labels = labels_of_namespaces(sheet.manifests)
    for route in sheet.configuration.routes:
        problems = [_problem(sheet, route, parent, labels) for parent in route.parents]
        if not problems:
            message = "the route has no parentRef to a Gateway, so no request comes to it"
            remedy = f"add a parentRef: {_place(sheet.gateways[0])}" if sheet.gateways else "add one to your Gateway"
            yield Found("parent-missing", route.origin.manifest, ("spec", "parentRefs"), message, remedy)
        elif all(problems):
            yield from (found for found in problems if found)
        else:
            # That another Gateway is not in the input is no mistake.
            for found, parent in zip(problems, route.parents, strict=True):
                if found and found.check == "gateway-class-other":
                    yield _unknown_there(sheet, parent, found)
                elif found and found.check != "parent-missing":
                    yield dataclasses.replace(found, severity=Severity.WARNING)


def _unknown_there(sheet: Sheet, parent: ParentRef, found: Found) -> Found:
    """Another product's Gateway beside one of agentgateway: the route is answered at one of them only."""
    manifest, where = parent.origin.manifest, (*parent.origin.path, "name")
    message = (
        f"{found.message}; it knows no {sheet.api.BACKEND_KIND} of agentgateway, and answers the route with errors"
    )
    remedy = "take this parentRef away, or know that the provider is not to be had there"
    return Found(found.check, manifest, where, message, remedy, Severity.WARNING)


def _place(gateway: GatewayFacts) -> str:
    return f"name {gateway.name}, namespace {gateway.namespace}"


def _problem(sheet: Sheet, route: Route, parent: ParentRef, labels: Labels) -> Found | None:
    """Why a route is not attached by this parentRef; None where it is."""
    manifest, where = parent.origin.manifest, parent.origin.path
    if (parent.group, parent.kind) != (GROUP, "Gateway"):
        if parent.kind in _OTHER_PARENTS:
            return None
        wrong, stands, right = (
            ("kind", parent.kind, "Gateway") if parent.kind != "Gateway" else ("group", parent.group, GROUP)
        )
        message = f"the {wrong} {stands!r} is none that a route can be attached to"
        return Found("parent-missing", manifest, (*where, wrong), message, f"leave it out, or write {right}")
    gateway = next((one for one in sheet.gateways if means(parent, one)), None)
    if (one := _set_named(sheet, parent)) and (found := _by_set(sheet, one, parent, gateway)):
        return found
    if gateway is None:
        return _no_gateway(sheet, parent)
    if gateway.origin is not None and gateway.origin.manifest.made_up:
        message, remedy = f"{gateway} is not in the input; one that takes the route is assumed", "give it, too"
        where = (*where, "name")
        return Found("parent-missing", manifest, where, message, remedy, Severity.WARNING, assumed=True)
    return wrong_class(sheet, route, gateway) or _no_listener(gateway, parent) or _shut(route, gateway, parent, labels)


def _set_named(sheet: Sheet, parent: ParentRef) -> Manifest | None:
    """The ListenerSet that a person wrote where now its Gateway stands."""
    written = dig(parent.origin.manifest.document.data, *parent.origin.path)
    if not isinstance(written, Mapping) or written.get("kind") not in SETS:
        return None
    namespace = str(written.get("namespace") or parent.origin.manifest.namespace)
    return sheet.listener_sets.found(str(written["kind"]), namespace, str(written.get("name")))


def _by_set(sheet: Sheet, one: Manifest, parent: ParentRef, gateway: GatewayFacts | None) -> Found | None:
    """Why a route is not attached by way of a ListenerSet."""
    place = f"{parent.namespace}/{parent.name}"
    if gateway is None:
        near = nearest(parent.name, [known.name for known in sheet.gateways])
        remedy = f"set name to {near}" if near else "give the Gateway, too"
        message = f"there is no Gateway {place}, to which {one.id} is to belong"
        return Found("listener-set-refused", one, ("spec", "parentRef", "name"), message, remedy)
    if refusal := sheet.listener_sets.refusal(one):
        return Found("listener-set-refused", refusal.manifest, refusal.path, refusal.message, refusal.remedy)
    known = [listener.name for listener in gateway.listeners]
    if parent.section is None or parent.section in known:
        return None
    section = parent.section.removeprefix(f"{one.namespace}.{one.name}.")
    own = [str(listener.get("name")) for _, listener in items(one.spec, "listeners")]
    where = (*parent.origin.path, "sectionName")
    if section in own:
        message = f"the Gateway {place} has a listener with the port, protocol and hostname of {section} of {one.id}"
        remedy = "give it a port or a hostname of its own"
        return Found("listener-set-refused", one, ("spec", "listeners", own.index(section)), message, remedy)
    message = f"{one.id} has no listener {section!r}, but {', '.join(own) or 'none at all'}"
    remedy = f"set sectionName to {own[0]}" if len(own) == 1 else "set sectionName to the one that is meant"
    return Found("listener-missing", parent.origin.manifest, where, message, remedy)


def _no_gateway(sheet: Sheet, parent: ParentRef) -> Found:
    manifest, where = parent.origin.manifest, parent.origin.path
    message = f"there is no Gateway {parent.namespace}/{parent.name}"
    for other in (dialect_named(one) for one in DIALECTS if one != sheet.dialect):
        if (parent.namespace, parent.name) == (other.GATEWAY.namespace, other.GATEWAY.name):
            message += f": it is the Gateway of {other.NAME}, and these manifests are of {sheet.dialect}"
    if same := next((one for one in sheet.gateways if one.name == parent.name), None):
        remedy = f"set namespace to {same.namespace}"
        return Found("parent-missing", manifest, (*where, "namespace"), message, remedy)
    known = {one.name: one for one in sheet.gateways}
    near = nearest(parent.name, known) or next(iter(known), None)
    if near is None:
        return Found("parent-missing", manifest, (*where, "name"), message, "give your Gateway with the manifests")
    change = f"set name to {near}"
    if known[near].namespace != parent.namespace:
        change += f" and namespace to {known[near].namespace}"
    remedy = f"{change}, or give your Gateway with the manifests"
    return Found("parent-missing", manifest, (*where, "name"), message, remedy)


def _no_listener(gateway: GatewayFacts, parent: ParentRef) -> Found | None:
    manifest, where = parent.origin.manifest, parent.origin.path
    known = [one.name for one in gateway.listeners]
    if parent.section is not None and parent.section not in known:
        near = nearest(parent.section, known) or (known[0] if len(known) == 1 else None)
        message = f"{gateway} has no listener {parent.section!r}, but {', '.join(known) or 'none at all'}"
        # Which of several the route is for, whom it is to be kept from, a name that is like none does not say.
        remedy = f"set sectionName to {near}" if near else "set sectionName to the one that the route is meant for"
        remedy = remedy if known else "add a listener to the Gateway"
        return Found("listener-missing", manifest, (*where, "sectionName"), message, remedy)
    fitting = [one for one in gateway.listeners if parent.section in (None, one.name)]
    if parent.port is None or any(one.port == parent.port for one in fitting):
        return None
    ports = ", ".join(str(one.port) for one in fitting) or "none at all"
    message = f"{gateway} has no such listener on port {parent.port}, but on {ports}"
    return Found("listener-missing", manifest, (*where, "port"), message, "leave port out, or name a listener's")


def _shut(route: Route, gateway: GatewayFacts, parent: ParentRef, labels: Labels) -> Found | None:
    """Why none of the listeners that are meant takes the route."""
    meant = [
        one
        for one in gateway.listeners
        if parent.section in (None, one.name) and parent.port in (None, one.port)
    ]  # fmt: skip
    namespace = route.id.namespace
    taking = [one for one in meant if admits(gateway, one, namespace, labels)]
    if not taking:
        return _no_http(route, gateway, parent, meant) or _not_allowed(gateway, parent, namespace)
    if any(common_hostnames(one.hostname, route.hostnames) is not None for one in taking):
        return None
    serves = ", ".join(one.hostname for one in taking)
    message = f"{gateway} serves {serves} there, and none of the route's hostnames"
    remedy = f"set one that {serves} covers, or leave hostnames out"
    path: FieldPath = ("spec", "hostnames", 0)
    return Found("hostname-not-intersecting", route.origin.manifest, path, message, remedy)


def _no_http(route: Route, gateway: GatewayFacts, parent: ParentRef, meant: Sequence[ListenerFacts]) -> Found | None:
    """Listeners for other kinds of routes; told at the only one, else where it is named."""
    if not meant or any(one.protocol in ("HTTP", "HTTPS") for one in meant):
        return None
    first, others = meant[0], [one.name for one in gateway.listeners if one.protocol in ("HTTP", "HTTPS")]
    message = f"no HTTPRoute attaches to a listener of protocol {first.protocol}, and {route.id} names {first.name}"
    if others or first.origin is None:
        remedy = f"name a listener for HTTP: {', '.join(others)}" if others else "name a Gateway that has one for HTTP"
        field = next(
            (one for one in ("sectionName", "port") if dig(parent.origin.manifest.data, *parent.origin.path, one)),
            "name",
        )
        return Found("listener-protocol", parent.origin.manifest, (*parent.origin.path, field), message, remedy)
    where = (*first.origin.path, "protocol")
    return Found("listener-protocol", first.origin.manifest, where, message, "set protocol to HTTP")


def _not_allowed(gateway: GatewayFacts, parent: ParentRef, namespace: str) -> Found:
    manifest, where = parent.origin.manifest, parent.origin.path
    meant = [one for one in gateway.listeners if parent.section in (None, one.name)]
    http = [one for one in meant if one.protocol in ("HTTP", "HTTPS")]
    field = "sectionName" if parent.section else "name"
    if not http or all(one.kinds and (GROUP, "HTTPRoute") not in one.kinds for one in http):
        message = f"{gateway} takes no HTTPRoutes at {', '.join(one.name for one in meant) or 'any listener'}"
        remedy = "name a listener with protocol HTTP or HTTPS that takes HTTPRoutes"
        return Found("listener-not-allowed", manifest, (*where, field), message, remedy)
    message = f"{gateway} takes no routes from namespace {namespace} at {', '.join(one.name for one in http)}"
    remedy = _how_to_let_in(gateway, http, namespace)
    return Found("listener-not-allowed", manifest, (*where, field), message, remedy)


def _how_to_let_in(gateway: GatewayFacts, listeners: Sequence[ListenerFacts], namespace: str) -> str:
    """For one namespace; a listener that is chosen about its namespaces is not to be opened to all."""
    if asked := next((one.selector for one in listeners if one.allowed == "Selector"), None):
        labels = ", ".join(f"{name}: {value}" for name, value in (asked.get("matchLabels") or {}).items())
        wanted = (
            f"the labels that the listener asks for, {{{labels}}}" if labels else "labels that the listener asks for"
        )
        return f"give the Namespace {namespace} {wanted}, if its routes are to be let in"
    own = f"{{from: Selector, selector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}"
    return f"put the route into {gateway.namespace}, or let it in by allowedRoutes.namespaces {own}"
