"""Whose a Gateway is by its class, and that one which nobody serves is as good as not there."""

from __future__ import annotations

import pytest

from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.gateway_classes import CLASS, Owner, data_plane_of, owner_of
from conformance.manifests.objects import read_manifests
from conformance.stage.arrangement.surroundings import FENCE, Surroundings
from tests.support.checks import AGENTGATEWAY, KGATEWAY

OURS = {"mine": "kgateway.dev/agentgateway", "next": "agentgateway.dev/agentgateway"}
THEIRS = {"mesh": "istio.io/gateway-controller", CLASS: "example.com/other"}


@pytest.mark.parametrize("dialect", [KGATEWAY, AGENTGATEWAY])
def test_the_class_is_that_of_the_documented_gateway(dialect: str) -> None:
    (gateway,) = [one for one in gateway_manifests(dialect) if one.kind == "Gateway"]
    assert gateway.spec["gatewayClassName"] == CLASS


@pytest.mark.parametrize(
    ("names", "owner"),
    [
        ([CLASS, "mine", "next"], Owner.AGENTGATEWAY),
        (["agentgatway", "agentgatewy", "agent-gateway", "Agentgateway", "agentgateways"], Owner.NOBODY),
        (["agentgateway-proxy"], Owner.NOBODY),
        (["kgateway", "istio", "nginx", "eg", "gke-l7-rilb", "agentgateway-waypoint", "mesh"], Owner.OTHER),
        (["agentgateway-v2", "team-agentgateway", "agentgateway2", "gateway", "platform", ""], Owner.SUPPOSED),
    ],
)
def test_owner(names: list[str], owner: Owner) -> None:
    controllers = {**OURS, "mesh": THEIRS["mesh"]}
    assert {name: owner_of(name, controllers) for name in names} == dict.fromkeys(names, owner)


def test_a_given_class_counts_whatever_its_name() -> None:
    assert owner_of(CLASS, THEIRS) is Owner.OTHER
    assert owner_of("istio", {"istio": OURS["mine"]}) is Owner.AGENTGATEWAY
    assert data_plane_of("mesh", THEIRS) == "of istio.io/gateway-controller"
    assert data_plane_of("gke-l7-rilb", {}) == "another product's"


def gateway(class_name: str, namespace: str = "kgateway-system", name: str = "agentgateway") -> str:
    return (
        f"---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {{name: {name}, namespace:"
        f" {namespace}}}, spec: {{gatewayClassName: {class_name},"
        " listeners: [{name: http, port: 80, protocol: HTTP}]}}\n"
    )


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("", ["agentgateway"]),
        (gateway(CLASS, "infra", "edge"), ["edge", FENCE]),
        (gateway("custom", "infra", "edge"), ["edge", FENCE]),
        (gateway("istio", "infra", "edge"), ["agentgateway"]),
        (gateway("agentgatway"), [FENCE]),
        (gateway("istio") + gateway("custom", "infra", "edge"), ["edge", FENCE]),
    ],
)
def test_what_is_applied(text: str, there: list[str]) -> None:
    surroundings = Surroundings(read_manifests(text, "g.yaml"))
    objects = surroundings.gateway_objects(KGATEWAY)
    assert [one["metadata"]["name"] for one in objects if one["kind"] == "Gateway"] == there
    classes = {one["metadata"]["name"] for one in objects if one["kind"] == "GatewayClass"}
    assert {one["spec"]["gatewayClassName"] for one in objects if one["kind"] == "Gateway"} <= classes
    assert not classes & {"istio", "agentgatway"}
    assert surroundings.documented(KGATEWAY) == (FENCE not in there)
