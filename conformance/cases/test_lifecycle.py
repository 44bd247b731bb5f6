"""Area L: objects change while the gateway runs, and it follows without a restart."""

from __future__ import annotations

from typing import Any

from conformance.cases import Level, Scenario, Stage, case, new_key, parametrize, variation_host
from conformance.cases.acts import set_key
from conformance.cases.variations import OTHER_CA, grouped, secured
from conformance.core.problems import Place
from conformance.exchange.expectations import (
    AnsweredByGateway,
    ArrivedOnce,
    Condition,
    Credential,
    Facet,
    HeaderArrives,
    Mismatch,
    ModelArrives,
    NothingArrived,
    Reached,
    Refuted,
    RequestTarget,
    Secured,
    Status,
    Unreached,
    Withheld,
    verify,
)


@case(
    "lifecycle/secret-rotation",
    Level.MUST,
    "When the Secret gets another key, that one is sent from then on without a restart, and the old one no longer.",
    source="FACTS 1.6, 7.2; SEED Mistral 2, 3",
    lines=[122],
    scenario=Scenario("rotation", own=True),
)
async def test_secret_rotation(stage: Stage) -> None:
    stage.only_with("Secret")
    stage.only_if(stage.llm.auth.secret == stage.manifest("Secret").name, "the Backend refers to no Secret of these")
    old, new = stage.key, new_key(f"{stage.provider.name}-new").reveal()
    verify(await stage.chat(), ArrivedOnce(), Credential())

    await stage.change("Secret", lambda secret: set_key(secret, stage.llm.auth.secret_key, new))
    await stage.settles(stage.chat, ArrivedOnce(), Credential(), Withheld((old,)))


@case(
    "lifecycle/backend-model",
    Level.MUST,
    "When the Backend gets another model, that one is asked for.",
    source="SEED table model; GW: implementations follow the objects",
    lines=[123],
    scenario=Scenario("model-changes", own=True),
)
async def test_backend_model(stage: Stage) -> None:
    stage.only_with("Backend")
    verify(await stage.chat(), ArrivedOnce())
    await stage.change_backend(model=stage.other_model())
    await stage.settles(stage.chat, ArrivedOnce(), ModelArrives())


@case(
    "lifecycle/backend-path",
    Level.MUST,
    "When the Backend gets another path, requests go there.",
    source="SEED table path",
    lines=[123],
)
@parametrize(
    "scenario",
    [Scenario("path-changes", own=True), Scenario("path-changes-in-groups", (grouped,), own=True)],
    ids=str,
)
async def test_backend_path(stage: Stage) -> None:
    stage.only_with("Backend")
    verify(await stage.chat(), ArrivedOnce())
    await stage.change_backend(path="/another/chat/completions")
    await stage.settles(stage.chat, ArrivedOnce(), RequestTarget())


@case(
    "lifecycle/backend-host",
    Level.MUST,
    "When Backend, rewrite and policy name another host, requests go there by TLS, and nothing goes to the old one.",
    source="SEED table host; SEED Mistral 5, 6",
    lines=[123],
    scenario=Scenario("host-changes", own=True),
)
async def test_backend_host(stage: Stage) -> None:
    stage.only_with("Backend")
    old, port = stage.llm.host or "", stage.llm.port or 0
    new = variation_host(old, "moved")
    stage.only_if(old and new != old, "the Backend has no host name")
    verify(await stage.chat(), ArrivedOnce(), Reached())

    await stage.attach(new, port)
    await stage.change_host(new)
    await stage.settles(stage.chat, ArrivedOnce(), Reached(), Secured(), Unreached(old))


@case(
    "lifecycle/backend-port",
    Level.MUST,
    "When the Backend gets another port, requests go there.",
    source="SEED table port",
    lines=[123],
    scenario=Scenario("port-changes", own=True),
)
async def test_backend_port(stage: Stage) -> None:
    stage.only_with("Backend")
    host, port = stage.llm.host or "", 8443 if stage.llm.port != 8443 else 9443
    stage.only_if(host, "the Backend has no host, and a port only comes with one")
    verify(await stage.chat(), ArrivedOnce(), Reached())

    await stage.attach(host, port)
    await stage.change_backend(port=port)
    await stage.settles(stage.chat, ArrivedOnce(), Reached())


def move(route: dict[str, Any]) -> None:
    """Another path in all matches."""
    for rule in route["spec"]["rules"]:
        for match in rule["matches"]:
            match["path"]["value"] += "-moved"


@case(
    "lifecycle/route-prefix",
    Level.MUST,
    "When the route gets another prefix, requests to it are served and those to the old one get 404.",
    source="GW HTTPRoute matches",
    lines=[124],
    scenario=Scenario("prefix-changes", own=True),
)
async def test_route_prefix(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    old = stage.request()
    verify(await stage.send(old), ArrivedOnce())

    await stage.change("HTTPRoute", move)
    stage.only_if(stage.unrouted(old), "another route of these manifests takes the old path, too")
    await stage.settles(stage.chat, ArrivedOnce())
    await stage.settles(lambda: stage.again(old), Status(404), NothingArrived())


HOST = "moved.agw-conformance.internal"


def for_another_host(route: dict[str, Any]) -> None:
    """One host only, and a header that a filter sets."""
    route["spec"]["hostnames"] = [HOST]
    added = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-set", "value": "here"}]}}
    for rule in route["spec"]["rules"]:
        rule["filters"] = [*rule.get("filters", ()), added]


@case(
    "lifecycle/route-hostnames-and-filters",
    Level.MUST,
    "When the route gets hostnames and another filter, it is served for these hosts only, and as the filter says.",
    source="GW HTTPRoute hostnames, filters; GW: implementations follow the objects",
    lines=[124],
    scenario=Scenario("route-changes", own=True),
)
async def test_route_hostnames_and_filters(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    before = stage.request(headers=(("Host", "localhost"),))
    stage.only_if(not stage.configuration.routes[0].hostnames, "the routes are for certain hosts")
    verify(await stage.again(before), Status(200), ArrivedOnce())
    await stage.change("HTTPRoute", for_another_host)
    there = stage.request(headers=(("Host", HOST),))
    await stage.settles(lambda: stage.again(there), Status(200), ArrivedOnce(), HeaderArrives("x-set", "here"))
    await stage.settles(lambda: stage.again(before), Status(404), NothingArrived())


@case(
    "lifecycle/route-deleted",
    Level.MUST,
    "When the route is deleted its requests get 404; when it is created again they are served.",
    source="GW HTTPRoute; FACTS 7.2",
    lines=[125],
    scenario=Scenario("route-goes", own=True),
)
async def test_route_deleted(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    old = stage.request()
    verify(await stage.send(old), ArrivedOnce())

    route = await stage.delete("HTTPRoute")
    stage.only_if(stage.unrouted(old), "another route of these manifests takes the path, too")
    await stage.settles(lambda: stage.again(old), Status(404), NothingArrived())

    await stage.restore(route)
    await stage.settles(stage.chat, ArrivedOnce())


@case(
    "lifecycle/backend-deleted",
    Level.MUST,
    "When the Backend is deleted its requests get 500; when it is created again they are served.",
    source="GW HTTPRoute backendRefs; FACTS 7.2",
    lines=[125],
    scenario=Scenario("backend-goes", own=True),
)
async def test_backend_deleted(stage: Stage) -> None:
    stage.only_with("Backend", "HTTPRoute")
    verify(await stage.chat(), ArrivedOnce())

    backend = await stage.delete("Backend")
    await stage.settles(stage.chat, Status(500), NothingArrived())

    await stage.restore(backend)
    await stage.settles(stage.chat, ArrivedOnce())


@case(
    "lifecycle/backend-deleted-told",
    Level.MUST,
    "When the Backend is deleted the route reports BackendNotFound; when it is created again the route resolves.",
    source="GW HTTPRoute ResolvedRefs, BackendNotFound; FACTS 7.2",
    lines=[125],
    scenario=Scenario("backend-goes-told", own=True),
)
async def test_backend_deleted_told(stage: Stage) -> None:
    stage.only_with("Backend", "HTTPRoute")
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "True", "ResolvedRefs"))

    backend = await stage.delete("Backend")
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "False", "BackendNotFound"))

    await stage.restore(backend)
    await stage.reports("HTTPRoute", Condition("ResolvedRefs", "True", "ResolvedRefs"))


@case(
    "lifecycle/reapply-changes-nothing",
    Level.MUST,
    "Applying the manifests again as they are changes no object: each keeps its generation.",
    source="Kubernetes server-side apply; FACTS 7.2",
    lines=[128],
)
async def test_reapply_changes_nothing(stage: Stage) -> None:
    for one in stage.manifests:
        before = (await stage.object(one.kind, one.name))["metadata"]
        after = (await stage.reapply(one.kind, one.name))["metadata"]
        if (was := before.get("generation")) != (now := after.get("generation")):
            wanted = f"{one.id}: generation {was} as before"
            raise Refuted(None, [Mismatch(Facet.GENERATION, wanted, f"generation {now}", Place(one.at()))])


@case(
    "lifecycle/authority-rotation",
    Level.MUST,
    "When the ConfigMap of caCertificateRefs gets another authority, that one is trusted from then on and no other.",
    source="GW BackendTLSPolicy validation.caCertificateRefs",
    lines=[130],
    scenario=Scenario("authority-changes", (OTHER_CA,), identity="other-authority", own=True),
)
async def test_authority_rotation(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), ArrivedOnce(), Secured())

    def trust(pem: str) -> Any:
        return stage.change("ConfigMap", lambda config_map: config_map["data"].update({"ca.crt": pem}))

    await trust(stage.lookalikes.trusted_ca)
    await stage.settles(stage.chat, AnsweredByGateway(), NothingArrived(), Withheld((stage.key,)))
    await trust(stage.lookalikes.other_ca)
    await stage.settles(stage.chat, ArrivedOnce(), Secured())
