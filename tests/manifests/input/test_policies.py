"""Policies and listener sets beside what is certified: which are looked at, and which left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.exchange.oracle.unjudged import unjudged
from conformance.manifests.fields.table import EVERYTHING
from tests.support.inputs import ELSEWHERE, reads
from tests.support.nimbus import NIMBUS, edited
from tests.support.nimbus_agentgateway_1 import STRATUS


def changing(kind: str, namespace: str, spec: str) -> str:
    """A policy of the gateway's own API."""
    group = "gateway.kgateway.dev" if kind == "TrafficPolicy" else "agentgateway.dev"
    metadata = f"{{name: p, namespace: {namespace}}}"
    return f"{{apiVersion: {group}/v1alpha1, kind: {kind}, metadata: {metadata}, spec: {{{spec}}}}}"


@pytest.mark.parametrize(
    ("namespace", "spec"),
    [
        ("llm", "targetRefs: [{kind: Service, name: web}, {kind: HTTPRoute, name: nimbus}]"),
        ("kgateway-system", "targetRefs: [{kind: Gateway, name: agentgateway}]"),
        ("llm", "targetSelectors: [{kind: HTTPRoute, matchLabels: {}}]"),
        ("llm", "targetRefs: [{kind: HTTPRoute, name: nimbuss}]"),
        ("elsewhere", "targetRefs: [{kind: HTTPRoute, name: nimbus}]"),
        ("kgateway-system", "targetRefs: [{kind: Gateway, name: web}]"),
        ("llm", "targetRef: {kind: HTTPRoute, name: nimbus}"),
    ],
    ids=["route", "gateway", "labels", "misspelt", "other-namespace", "other-gateway", "singular"],
)
def test_a_policy_of_what_is_certified_or_lost_is_looked_at(tmp_path: Path, namespace: str, spec: str) -> None:
    given = reads(tmp_path, NIMBUS, changing("TrafficPolicy", namespace, spec))
    assert not given.left_out
    assert [str(one.id) for one in given.manifests.of_kind("TrafficPolicy")] == [f"TrafficPolicy {namespace}/p"]
    (read,) = given.configuration.attached
    assert read.id.namespace == namespace


@pytest.mark.parametrize(
    ("namespace", "spec"),
    [
        ("llm", "targetRefs: [{kind: HTTPRoute, name: web}]"),
        ("llm", "targetSelectors: [{kind: HTTPRoute, matchLabels: {team: web}}]"),
        ("llm", "targetRefs: [{kind: GRPCRoute, name: nimbus}]"),
    ],
    ids=["another-route", "other-labels", "another-kind"],
)
def test_a_policy_of_what_is_not_certified_is_left_out(tmp_path: Path, namespace: str, spec: str) -> None:
    given = reads(tmp_path, NIMBUS, ELSEWHERE, changing("TrafficPolicy", namespace, spec))
    assert [one.what for one in given.left_out] == ["HTTPRoute llm/web", f"TrafficPolicy {namespace}/p"]


def test_a_policy_of_another_dialect_or_api_is_left_out(tmp_path: Path) -> None:
    target = "targetRefs: [{kind: HTTPRoute, name: nimbus}]"
    other = changing("TrafficPolicy", "llm", target).replace("gateway.kgateway.dev", "traffic.example")
    given = reads(tmp_path, NIMBUS, changing("AgentgatewayPolicy", "llm", target) + "\n", other)
    assert [one.reason for one in given.left_out] == [
        "of agentgateway.dev, which the gateway of these Backends does not read",
        "TrafficPolicy of traffic.example is another API's",
    ]


PARENT = "  - name: agentgateway\n    namespace: kgateway-system\n"
LISTENERS = "  - {group: gateway.networking.x-k8s.io, kind: XListenerSet, name: more}\n"


def test_a_route_by_way_of_a_listener_set_only_is_beyond_us(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=r"XListenerSet llm/more is beyond this suite - .* the Gateway itself"):
        reads(tmp_path, edited((PARENT, LISTENERS)))


def test_a_listener_set_beside_a_gateway_is_left_out(tmp_path: Path) -> None:
    made = (
        "{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XListenerSet, metadata: {name: more, namespace: llm}}"
    )
    given = reads(tmp_path, edited((PARENT, PARENT + LISTENERS)), made)
    assert [str(one).partition(": ")[2] for one in given.left_out] == [
        "the parentRef of HTTPRoute llm/nimbus to XListenerSet llm/more is left out: only Gateways are looked at as"
        " parents",
        "XListenerSet llm/more is left out: its listeners count as its Gateway's",
    ]


def test_an_enterprise_policy_is_one_by_its_shape(tmp_path: Path) -> None:
    kind = "apiVersion: enterpriseagentgateway.solo.io/v1alpha1, kind: EnterpriseAgentgatewayPolicy"
    spec = "{targetRefs: [{kind: HTTPRoute, name: stratus}], traffic: {rateLimit: {local: []}, entExtAuth: {a: 1}}}"
    policy = f"---\n{{{kind}, metadata: {{name: p, namespace: llm}}, spec: {spec}}}\n"
    given = reads(tmp_path, STRATUS + policy)
    assert not given.left_out
    (route,) = given.configuration.routes
    found = {(one.field, one.aspect) for one in unjudged(given.configuration, route, route.rules[0])}
    assert found == {("entExtAuth", aspect) for aspect in EVERYTHING}


def test_a_route_by_way_of_a_given_listener_set_counts_as_attached_to_its_gateway(tmp_path: Path) -> None:
    made = (
        "{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XListenerSet, metadata: {name: more, namespace: llm},"
        " spec: {parentRef: {name: agentgateway, namespace: kgateway-system}}}"
    )
    given = reads(tmp_path, edited((PARENT, LISTENERS)), made)
    (route,) = given.configuration.routes
    (parent,) = route.parents
    assert (parent.kind, parent.namespace, parent.name) == ("Gateway", "kgateway-system", "agentgateway")
    assert str(parent.origin.position).endswith("given.yaml:40:5")
    assert [one.what for one in given.left_out] == ["XListenerSet llm/more"]
