"""Policies and listener sets beside what is certified: refused where they would change what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from tests.support.inputs import ELSEWHERE, reads
from tests.support.nimbus import NIMBUS, edited


def changing(kind: str, namespace: str, spec: str) -> str:
    """A policy that changes requests."""
    group = "gateway.kgateway.dev" if kind == "TrafficPolicy" else "agentgateway.dev"
    metadata = f"{{name: p, namespace: {namespace}}}"
    return f"{{apiVersion: {group}/v1alpha1, kind: {kind}, metadata: {metadata}, spec: {{{spec}}}}}"


@pytest.mark.parametrize("kind", ["AgentgatewayPolicy", "TrafficPolicy"])
@pytest.mark.parametrize(
    ("namespace", "spec"),
    [
        ("llm", "targetRefs: [{kind: Backend, name: nimbus}]"),
        ("llm", "targetRefs: [{kind: Service, name: web}, {kind: HTTPRoute, name: nimbus}]"),
        ("kgateway-system", "targetRefs: [{kind: Gateway, name: agentgateway}]"),
        ("elsewhere", "targetSelectors: [{kind: HTTPRoute, matchLabels: {team: llm}}]"),
    ],
)
def test_a_policy_that_would_change_what_is_expected_is_refused(
    tmp_path: Path, kind: str, namespace: str, spec: str
) -> None:
    with pytest.raises(InputProblem, match=f"{kind} {namespace}/p: what it changes about requests is beyond this"):
        reads(tmp_path, NIMBUS, changing(kind, namespace, spec))


def test_a_policy_of_a_gateway_that_is_there_besides_is_refused(tmp_path: Path) -> None:
    text, gateway = edited((PARENT, "  - {name: gw, namespace: ai}\n")), "targetRefs: [{kind: Gateway, name: gw}]"
    with pytest.raises(InputProblem, match="beyond this suite"):
        reads(tmp_path, text, changing("AgentgatewayPolicy", "ai", gateway))
    with pytest.raises(InputProblem, match="beyond this suite"):
        reads(tmp_path, NIMBUS, changing("AgentgatewayPolicy", "ai", gateway), gateway=("ai", "gw"))


@pytest.mark.parametrize("kind", ["AgentgatewayPolicy", "TrafficPolicy"])
@pytest.mark.parametrize(
    ("namespace", "spec"),
    [
        ("llm", "targetRefs: [{kind: HTTPRoute, name: web}]"),
        ("llm", "targetRefs: [{kind: Gateway, name: agentgateway}]"),
        ("kgateway-system", "targetRefs: [{kind: Gateway, name: web}]"),
        ("elsewhere", "targetRefs: [{kind: HTTPRoute, name: nimbus}]"),
    ],
)
def test_a_policy_of_what_is_not_certified_is_left_out(tmp_path: Path, kind: str, namespace: str, spec: str) -> None:
    given = reads(tmp_path, NIMBUS, ELSEWHERE, changing(kind, namespace, spec))
    assert [one.what for one in given.left_out] == ["HTTPRoute llm/web", f"{kind} {namespace}/p"]


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
        "XListenerSet llm/more is left out: the listeners that it adds are not looked at",
    ]
