"""A given Gateway on targets that bring one of their own: what stands, is let in, or is refused; with fakes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from conformance.certification.certification import with_standing
from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS, read_configuration
from conformance.manifests.gateways import facts_of_standing
from conformance.manifests.input.reading import Given, read_input
from conformance.stage.arrangement.applied import Applied
from conformance.stage.arrangement.entrance import check_port, let_in
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.scenario.profile import fence_profile
from conformance.stage.target import GatewayAt
from conformance.targets.clustered.stacks import STACKS, TRUST_NAME
from conformance.targets.kind.taken_gateway import objects_for
from tests.support.cluster import FakeKubernetes, Json
from tests.support.lookalikes import Authorities
from tests.support.nimbus import NIMBUS

API = "gateway.networking.k8s.io/v1"
LISTENER = {"name": "models", "protocol": "HTTP", "port": 8000, "hostname": "*.corp.example"}
ALL = {"namespaces": {"from": "All"}}


def gateway(name: str = "front", *listeners: Json, class_name: str = "agentgateway", **spec: Any) -> Json:
    spec = {"gatewayClassName": class_name, "listeners": list(listeners or [LISTENER | {"allowedRoutes": ALL}]), **spec}
    return {"apiVersion": API, "kind": "Gateway", "metadata": {"name": name, "namespace": "edge"}, "spec": spec}


def read(tmp_path: Path, *objects: Json, parent: str = "front") -> Given:
    """Nimbus with a route to a Gateway edge/`parent`, and these objects."""
    text = NIMBUS.replace("name: agentgateway\n", f"name: {parent}\n").replace("kgateway-system", "edge")
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join([text, *(yaml.safe_dump(one) for one in objects)]))
    return read_input([str(file)], environment={"NIMBUS_API_KEY": "k-4711"})


class Target:
    """A target that brings the Gateway edge/standing, or the one that it is given, and what it was asked for."""

    name = "kind"
    brings_gateway, disposable = True, True
    lookalikes = Authorities()
    pace = least_wait = 0.01

    def __init__(self, *, takes: bool = True, stands: Json | None = None, port: int = 0) -> None:
        self.takes_gateways = takes
        facts = facts_of_standing(stands) if stands else None
        self.gateway = GatewayAt("edge", facts.name if facts else "standing", "http://127.0.0.1:1", "h", port, facts)
        self.entered: list[tuple[str, str, int]] = []

    def placed(self, profile: Any) -> Any:
        return profile

    async def beside_gateway(self, gateway: Json, given_class: Json | None) -> list[Json]:
        return [gateway]

    async def enter_by(self, namespace: str, name: str, port: int) -> None:
        self.entered.append((namespace, name, port))


async def enter(given: Given, target: Target) -> FakeKubernetes:
    kubernetes, surroundings = FakeKubernetes(), Surroundings(given.manifests)
    applied = Applied(cast("Kubernetes", kubernetes), surroundings, disposable=True)
    assert surroundings.entrance is not None
    await let_in(cast("Any", target), surroundings, applied, surroundings.entrance)
    return kubernetes


async def test_a_gateway_of_ones_own_is_let_in(tmp_path: Path) -> None:
    target = Target()
    kubernetes = await enter(read(tmp_path, gateway()), target)
    assert target.entered == [("edge", "front", 8000)]
    assert set(kubernetes.objects) == {("Namespace", "", "edge"), ("Gateway", "edge", "front")}


@pytest.mark.parametrize("takes", [True, False])
async def test_the_gateway_that_stands_there_already_is_left_alone(tmp_path: Path, takes: bool) -> None:
    # HTTPS listeners are tested in clear, so it is one in clear that must stand there.
    target = Target(takes=takes, stands=gateway(), port=8000)
    kubernetes = await enter(read(tmp_path, gateway()), target)
    assert (target.entered, kubernetes.objects) == ([], {})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([gateway("front")], "requests come in by Gateway edge/standing only - name it with --gateway edge/front"),
        ([gateway("standing", LISTENER)], r"is not the given one: listener models is HTTP 80 from Same, not HTTP 8000"),
        ([gateway("standing", LISTENER | {"name": "x"})], "listener x is not there, not HTTP 8000"),
        ([gateway("standing", class_name="mine")], "its class is agentgateway, not mine - bring the cluster's Gateway"),
    ],
)
async def test_a_cluster_that_is_not_ours_is_not_changed(tmp_path: Path, given: list[Json], message: str) -> None:
    stands = gateway("standing", {"name": "models", "protocol": "HTTP", "port": 80})
    target = Target(takes=False, stands=stands)
    name = given[0]["metadata"]["name"]
    with pytest.raises(SetupProblem, match=message):
        await enter(read(tmp_path, *given, parent=name), target)
    assert target.entered == []


async def test_a_port_that_requests_do_not_come_in_by(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"by port 80 of the Gateway edge/front, .* to port 8000 - say"):
        await enter(read(tmp_path, gateway()), Target(takes=False, stands=gateway(), port=80))


async def test_a_port_of_the_gateway_that_stands_there(tmp_path: Path) -> None:
    stands = gateway("front", {"name": "web", "protocol": "HTTP", "port": 80, "allowedRoutes": ALL})
    surroundings = Surroundings(read(tmp_path).manifests)
    check_port(Target(takes=False, stands=stands, port=80).gateway, surroundings)
    more = gateway("front", {"name": "more", "protocol": "HTTP", "port": 8100, "allowedRoutes": ALL})
    with pytest.raises(SetupProblem, match="HTTPRoute llm/nimbus attaches to port 8100 - say with --gateway-url"):
        check_port(Target(takes=False, stands=more, port=80).gateway, surroundings)


async def test_routes_to_two_gateways_have_no_common_way_in(tmp_path: Path) -> None:
    front, back = gateway("front"), gateway("back")
    route = next(one for one in yaml.safe_load_all(NIMBUS) if one["kind"] == "HTTPRoute")
    route["metadata"]["name"] = "two"
    route["spec"]["parentRefs"] = [{"name": "back", "namespace": "edge"}]
    target = Target()
    with pytest.raises(SetupProblem, match="Gateway edge/front, port 8000; these attach to others: HTTPRoute llm/two"):
        await enter(read(tmp_path, front, back, route), target)
    assert target.entered == []


async def test_the_way_of_ones_own_comes_in_where_a_route_does(tmp_path: Path) -> None:
    given = read(tmp_path, gateway())
    fence = Surroundings(given.manifests).entering(fence_profile(given.dialect), given.dialect)
    assert {one.namespace for one in fence.manifests} == {"llm"}
    (route,) = read_configuration(fence.manifests, given.dialect).routes
    assert route.hostnames == ("*.corp.example",)
    (parent,) = route.parents
    assert (parent.namespace, parent.name, parent.section) == ("edge", "front", "models")
    documented = fence_profile(given.dialect)
    assert Surroundings().entering(documented, given.dialect) is documented


CLASS: Json = {"apiVersion": API, "kind": "GatewayClass", "metadata": {"name": "mine"}}


def a_class(controller: str = "kgateway.dev/agentgateway", **spec: Any) -> Json:
    return {**CLASS, "spec": {"controllerName": controller, **spec}}


async def needed(one: Json, given_class: Json | None = None, *there: Json) -> list[Mapping[str, Any]]:
    kubernetes = cast("Kubernetes", FakeKubernetes(*there))
    return await objects_for(kubernetes, STACKS[DIALECTS[0]], one, given_class, "PEM")


async def test_a_given_gateway_trusts_the_lookalikes() -> None:
    objects = await needed(gateway(class_name="mine"), a_class())
    assert [(one["kind"], one["metadata"]["name"]) for one in objects] == [
        ("GatewayClass", "mine"),
        ("ConfigMap", TRUST_NAME),
        ("Gateway", "front"),
    ]
    assert objects[0]["spec"]["parametersRef"]["kind"] == "GatewayParameters"
    assert objects[1]["metadata"]["namespace"] == "edge"
    there = await needed(gateway(class_name="mine"), None, a_class())
    assert [one["kind"] for one in there] == ["ConfigMap", "Gateway"]


@pytest.mark.parametrize(
    ("one", "given_class", "message"),
    [
        (gateway(class_name="mine"), None, "neither the cluster nor the manifests have the GatewayClass mine"),
        (gateway(class_name="mine"), a_class("else.example/x"), "is of else.example/x, and the cluster has kgateway"),
        (gateway(class_name="mine"), a_class(parametersRef={"name": "p"}), "GatewayClass mine names parameters of its"),
        (gateway(infrastructure={"parametersRef": {"name": "p"}}), a_class(), "edge/front names parameters of its own"),
    ],
)
async def test_a_gateway_that_nobody_would_take(one: Json, given_class: Json | None, message: str) -> None:
    with pytest.raises(SetupProblem, match=message):
        await needed(one, given_class)


def test_checks_look_at_the_listeners_that_stand(tmp_path: Path) -> None:
    given = read(tmp_path)
    stands = facts_of_standing(gateway("agentgateway"))
    assert with_standing(given, None) is given
    (known,) = given.gateways
    assert with_standing(given, stands).gateways == given.gateways  # another one, of which nothing was assumed
    here = facts_of_standing({**gateway(known.name), "metadata": {"name": known.name, "namespace": known.namespace}})
    assert with_standing(given, here).gateways == (here,)
