"""Area A: to which Gateway and listener a route attaches, and from which namespaces it may."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from conformance.cases import GROUP, Behaviour, Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import LISTENER, ONE_HOST, admitting, all_elsewhere, for_one_host, own_gateway
from conformance.exchange.expectations import (
    ArrivedOnce,
    Condition,
    Facet,
    Holds,
    NothingArrived,
    Reached,
    RequestTarget,
    Status,
    verify,
)

# The lookalike answers whatever path arrives: it only tells one Backend from another.
ANSWERED = Behaviour(status=200)


def listening(gateway: Mapping[str, Any]) -> str:
    """The Gateway's listeners in words, with how many routes are attached to each."""
    counts = {one["name"]: one.get("attachedRoutes", 0) for one in (gateway.get("status") or {}).get("listeners") or ()}
    listeners = gateway.get("spec", {}).get("listeners", ())
    return ", ".join(
        f"{one['protocol']} on port {one['port']} with {'routes' if counts.get(one['name']) else 'no routes'}"
        for one in listeners
    )


@case(
    "routing/documented-listener",
    Level.SHOULD,
    "The route is served by the Gateway that it names, whose listener is HTTP on the port of the set-up page.",
    source="SEED Mistral 5, 7; set-up page",
    lines=[7],
)
async def test_documented_listener(stage: Stage) -> None:
    at = stage.target.gateway
    parents = [(one.namespace, one.name) for one in stage.configuration.routes[0].parents]
    stage.only_if((at.namespace, at.name) in parents, "the route belongs to another Gateway")
    stage.only_if(not stage.gateways, "the manifests have a Gateway of their own, with listeners of their own")
    gateway = await stage.kubernetes.get(f"{GROUP}/v1", "Gateway", at.namespace, at.name) or {}
    exchange = await stage.chat()
    wanted = f"HTTP on port {stage.dialect.GATEWAY.port} with routes"
    seen = listening(gateway)
    verify(exchange, Status(200), Holds(Facet.LISTENER, wanted, lambda _: wanted if wanted in seen else seen))


@case(
    "routing/other-namespace-allowed",
    Level.MUST,
    "A listener with allowedRoutes from All, like the page's, serves routes of other namespaces.",
    source="GW AllowedRoutes.namespaces.from All; set-up page",
    lines=[11],
    scenario=Scenario("all-elsewhere", (all_elsewhere,)),
)
async def test_other_namespace_allowed(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), ArrivedOnce(), Reached())
    await stage.reports("HTTPRoute", Condition("Accepted", "True", "Accepted"))


def same_namespace_only(draft: Draft) -> None:
    """A Gateway of its own that takes routes of its own namespace only, and everything else in another namespace."""
    admitting(draft, "same", {"from": "Same"})


@case(
    "routing/other-namespace-refused",
    Level.MUST,
    "A listener with allowedRoutes from Same does not serve routes of other namespaces; their status says so.",
    source="GW AllowedRoutes.namespaces.from Same; RouteReasonNotAllowedByListeners",
    lines=[11],
    scenario=Scenario("same-namespace-only", (same_namespace_only,)),
)
async def test_other_namespace_refused(stage: Stage) -> None:
    request = stage.request()
    stage.only_if(stage.unrouted(request, elsewhere=True), "another route of the manifests matches these requests, too")
    verify(await stage.send(request), Status(404), NothingArrived())
    await stage.reports("HTTPRoute", Condition("Accepted", "False", "NotAllowedByListeners"))


def selecting(suffix: str, **selector: Any) -> Scenario:
    """A Gateway of its own that takes routes of the namespaces with these labels."""

    def change(draft: Draft) -> None:
        admitting(draft, suffix, {"from": "Selector", "selector": selector})

    return Scenario(f"namespaces-{suffix}", (change,))


# Every namespace has this label, with its name (Kubernetes, well-known labels).
OWN_NAME = "kubernetes.io/metadata.name"


@case(
    "routing/unselected-namespace-refused",
    Level.MUST,
    "A listener with allowedRoutes from Selector does not serve routes of a namespace whose labels it does not select,"
    " by matchLabels or by matchExpressions; their status says so.",
    source="GW AllowedRoutes.namespaces.selector; Kubernetes LabelSelector (all requirements must hold)",
    lines=[11],
)
@parametrize(
    "scenario",
    [
        selecting("labels", matchLabels={OWN_NAME: "agw-conformance-nowhere"}),
        selecting("in", matchExpressions=[{"key": OWN_NAME, "operator": "In", "values": ["agw-conformance-nowhere"]}]),
        selecting("absent", matchExpressions=[{"key": OWN_NAME, "operator": "DoesNotExist"}]),
    ],
    ids=str,
)
async def test_unselected_namespace_refused(stage: Stage) -> None:
    request = stage.request()
    stage.only_if(stage.unrouted(request, elsewhere=True), "another route of the manifests matches these requests, too")
    verify(await stage.send(request), Status(404), NothingArrived())
    await stage.reports("HTTPRoute", Condition("Accepted", "False", "NotAllowedByListeners"))


@case(
    "routing/selected-namespace-served",
    Level.MUST,
    "A listener with allowedRoutes from Selector serves routes of a namespace that it selects, also by what it lacks.",
    source="GW AllowedRoutes.namespaces.selector; Kubernetes LabelSelector (NotIn selects what has no such label, too)",
    lines=[11],
    needs=("own gateway",),
)
@parametrize(
    "scenario",
    [
        selecting("exists", matchExpressions=[{"key": OWN_NAME, "operator": "Exists"}]),
        selecting("not-in", matchExpressions=[{"key": f"none.{ONE_HOST}", "operator": "NotIn", "values": ["prod"]}]),
    ],
    ids=str,
)
async def test_selected_namespace_served(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), ArrivedOnce(), Reached())


def section(name: str) -> Scenario:
    """The route names this listener."""

    def change(draft: Draft) -> None:
        parent = draft.route["spec"]["parentRefs"][0]
        parent.pop("port", None)
        parent["sectionName"] = draft.material.listener if name == LISTENER else name

    return Scenario(f"section-{name}", (change,))


@case(
    "routing/section-name",
    Level.MUST,
    "A parentRef with the sectionName of a listener attaches to it.",
    source="GW ParentReference.sectionName; set-up page: the listener's name is http",
    lines=[12],
    scenario=section(LISTENER),
)
async def test_section_name(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), ArrivedOnce(), Reached())
    await stage.reports("HTTPRoute", Condition("Accepted", "True", "Accepted"))


@case(
    "routing/section-name-unknown",
    Level.MUST,
    "A parentRef with the sectionName of no listener attaches to nothing; the route's status says so.",
    source="GW ParentReference.sectionName; RouteReasonNoMatchingParent",
    lines=[12],
    scenario=section("no-such-listener"),
)
async def test_section_name_unknown(stage: Stage) -> None:
    request = stage.request()
    stage.only_if(stage.unrouted(request, elsewhere=True), "another route of the manifests matches these requests, too")
    verify(await stage.send(request), Status(404), NothingArrived())
    await stage.reports("HTTPRoute", Condition("Accepted", "False", "NoMatchingParent"))


def unknown_port(draft: Draft) -> None:
    """The route wants a port that the Gateway has no listener on."""
    parent = draft.route["spec"]["parentRefs"][0]
    parent.pop("sectionName", None)
    parent["port"] = 65_000


def port_beside_section(draft: Draft) -> None:
    """The route names a listener, and a port that is not that one's."""
    unknown_port(draft)
    draft.route["spec"]["parentRefs"][0]["sectionName"] = draft.material.listener


@case(
    "routing/parent-port-unknown",
    Level.MUST,
    "A parentRef with a port that no listener has attaches to nothing, also beside the sectionName of one.",
    source="GW ParentReference.port; FACTS 7.2",
    lines=[12],
)
@parametrize(
    "scenario",
    [Scenario("port-unknown", (unknown_port,)), Scenario("port-beside-section", (port_beside_section,))],
    ids=str,
)
async def test_parent_port_unknown(stage: Stage) -> None:
    request = stage.request()
    stage.only_if(stage.unrouted(request, elsewhere=True), "another route of the manifests matches these requests, too")
    verify(await stage.send(request), Status(404), NothingArrived())


@case(
    "routing/listener-host",
    Level.MUST,
    "A listener with a hostname serves requests for that host and for no other, also by routes without hostnames.",
    source="GW Listener.hostname (requests for other hosts are not matched)",
    lines=[169],
    scenario=Scenario("listener-host", (for_one_host,)),
    needs=("own gateway",),
)
@parametrize("host", [ONE_HOST, f"{ONE_HOST}:8080", f"another.{ONE_HOST}", "one"])
async def test_listener_host(stage: Stage, host: str) -> None:
    exchange = await stage.chat(headers=(("Host", host),))
    if exchange.expected.answer is None:
        verify(exchange, Status(200), ArrivedOnce(), Reached())
    else:
        verify(exchange, Status(404), NothingArrived())


def three_listeners(draft: Draft) -> None:
    """A Gateway of its own with listeners of one port for all hosts below one, for those below one of these, and for
    one of those; each has a route of its own to a Backend of its own. The broader comes first.
    """
    everyone = {"namespaces": {"from": "All"}}
    own_gateway(draft, "listeners", hostname=f"*.{ONE_HOST}", allowedRoutes=everyone)
    (broad,) = draft.manifests.one("Gateway").data["spec"]["listeners"]
    hosts = {"narrow": f"*.a.{ONE_HOST}", "exact": f"one.a.{ONE_HOST}"}
    listeners = [{**broad, "name": name, "hostname": host} for name, host in hosts.items()]
    draft.manifests.one("Gateway").data["spec"]["listeners"] = [broad, *listeners]
    draft.route["spec"].pop("hostnames", None)
    draft.route["spec"]["parentRefs"][0]["sectionName"] = broad["name"]
    routes = []
    for name in hosts:
        route = copy.deepcopy(draft.route)
        route["metadata"]["name"] += f"-{name}"
        route["spec"]["parentRefs"][0]["sectionName"] = name
        route["spec"]["rules"][0]["backendRefs"] = [draft.second_backend(name, path=f"/listening/{name}")]
        routes.append(route)
    for route in routes:
        draft.add(route)


@case(
    "routing/listener-precedence",
    Level.MUST,
    "Of a port's listeners that of the very host serves a request, else that of the longest wildcard, by its own route,"
    " whichever host was asked for before.",
    source="GW GatewaySpec.listeners (hostnames match from the most specific to the least), Listener.hostname",
    lines=[169],
    scenario=Scenario("three-listeners", (three_listeners,)),
    needs=("own gateway",),
)
async def test_listener_precedence(stage: Stage) -> None:
    for host in ("two", "two.a", "one.a", "two"):
        exchange = await stage.chat(headers=(("Host", f"{host}.{ONE_HOST}"),), behaviour=ANSWERED)
        verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


def several_in_common(draft: Draft) -> None:
    """A Gateway of its own for the hosts below one, and a route for two of them and one elsewhere."""
    own_gateway(draft, "common", hostname=f"*.{ONE_HOST}", allowedRoutes={"namespaces": {"from": "All"}})
    draft.route["spec"]["hostnames"] = [f"a.{ONE_HOST}", "elsewhere.internal", f"b.{ONE_HOST}"]


@case(
    "routing/hostnames-in-common",
    Level.MUST,
    "Of a route's hostnames those that are its listener's, too, are served, each of them, and no others.",
    source="GW HTTPRouteSpec.hostnames, Listener.hostname (the intersection)",
    lines=[169],
    scenario=Scenario("in-common", (several_in_common,)),
    needs=("own gateway",),
)
@parametrize("host", [f"a.{ONE_HOST}", f"b.{ONE_HOST}", f"c.{ONE_HOST}", "elsewhere.internal"])
async def test_hostnames_in_common(stage: Stage, host: str) -> None:
    exchange = await stage.chat(headers=(("Host", host),))
    if exchange.expected.answer is None and host.endswith(ONE_HOST):
        verify(exchange, Status(200), ArrivedOnce(), Reached())
    else:
        verify(exchange, Status(404), NothingArrived())
