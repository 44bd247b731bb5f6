"""Area L: what is taken away no longer counts: a key, a field, a route, a label."""

from __future__ import annotations

from conformance.cases import Draft, Level, Scenario, Stage, case
from conformance.cases.needs import needs_model, needs_secret
from conformance.cases.variations import ELSEWHERE, admitting, own_gateway
from conformance.exchange.expectations import (
    ArrivedOnce,
    Condition,
    Credential,
    ModelArrives,
    NothingArrived,
    Status,
    Withheld,
    verify,
)


@case(
    "lifecycle/secret-deleted",
    Level.MUST,
    "When the Secret is deleted its key is sent no longer; when it is created again, it is sent again.",
    source="SEED table authToken; Kubernetes: a deleted Secret holds nothing; FACTS 7.2",
    lines=[122, 131],
    scenario=Scenario("secret-goes", own=True),
)
async def test_secret_deleted(stage: Stage) -> None:
    stage.only_with("Secret")
    needs_secret(stage)
    stage.only_if(stage.llm.auth.secret == stage.manifest("Secret").name, "the Backend refers to no Secret of these")
    old = stage.key
    verify(await stage.chat(), ArrivedOnce(), Credential())

    secret = await stage.delete("Secret")
    await stage.settles(stage.chat, Withheld((old,)))

    await stage.restore(secret)
    await stage.settles(stage.chat, ArrivedOnce(), Credential())


@case(
    "lifecycle/model-removed",
    Level.MUST,
    "When the Backend is applied without the model that it had, the request's model counts.",
    source="SEED table model: if unset, the model name is taken from the request; Kubernetes server-side apply",
    lines=[42, 123],
    scenario=Scenario("model-goes", own=True),
)
async def test_model_removed(stage: Stage) -> None:
    stage.only_with("Backend")
    needs_model(stage)
    asked = stage.other_model()
    verify(await stage.chat(model=asked), ArrivedOnce(), ModelArrives())

    await stage.change_backend(model=None)
    await stage.settles(lambda: stage.chat(model=asked), ArrivedOnce(), ModelArrives())


def alone(draft: Draft) -> None:
    """A Gateway of its own for the one route."""
    own_gateway(draft, "alone", allowedRoutes={"namespaces": {"from": "All"}})


@case(
    "lifecycle/last-route-deleted",
    Level.MUST,
    "When the last route of a Gateway is deleted its requests get 404; when it is created again, they are served.",
    source="GW HTTPRouteRule: no match is 404; GW HTTPRoute",
    lines=[125, 183],
    scenario=Scenario("last-route", (alone,), own=True),
    needs=("own gateway",),
)
async def test_last_route_deleted(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    request = stage.request()
    await stage.settles(lambda: stage.again(request), Status(200), ArrivedOnce())

    route = await stage.delete("HTTPRoute")
    await stage.settles(lambda: stage.again(request), Status(404), NothingArrived())

    await stage.restore(route)
    await stage.settles(lambda: stage.again(request), Status(200), ArrivedOnce())


LABEL = "agw-conformance.internal"


def labelled(draft: Draft) -> None:
    """A Gateway of its own for namespaces that have the provider's label, which the routes' has not yet."""
    admitting(draft, "labelled", {"from": "Selector", "selector": {"matchLabels": {label(draft.provider.name): "yes"}}})


def label(provider: str) -> str:
    """A label that no other provider's test gives and takes."""
    return f"{LABEL}/{provider}"


@case(
    "lifecycle/namespace-relabelled",
    Level.MUST,
    "A namespace that gets the label which a listener selects has its routes served, and no longer when it loses it;"
    " their status says so.",
    source="GW AllowedRoutes.namespaces.selector; Kubernetes: labels are read as they are",
    lines=[11, 123],
    scenario=Scenario("namespace-relabelled", (labelled,), own=True),
    needs=("own gateway",),
)
async def test_namespace_relabelled(stage: Stage) -> None:
    stage.only_with("HTTPRoute")
    request = stage.request()
    name = label(stage.provider.name)
    verify(await stage.again(request), Status(404), NothingArrived())
    await stage.relabel(ELSEWHERE, {name: "yes"})
    await stage.settles(lambda: stage.again(request), Status(200), ArrivedOnce())
    await stage.relabel(ELSEWHERE, {name: None})
    await stage.settles(lambda: stage.again(request), Status(404), NothingArrived())
    await stage.reports("HTTPRoute", Condition("Accepted", "False", "NotAllowedByListeners"))
