"""What the suite has in a kind cluster: its Gateway loses parameters of others; pods without our trust are told."""

from __future__ import annotations

from typing import Any, cast

import pytest

from conformance.core.problems import SetupProblem
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Kubernetes
from conformance.targets.kind.own_objects import bring_gateway
from tests.support.cluster import FakeKubernetes, deployment
from tests.support.installing import GATEWAY, SYSTEM, standing, trusting

THEIRS = {"infrastructure": {"parametersRef": {"group": "g", "kind": "K", "name": "theirs"}}}
PLACE = ("Gateway", SYSTEM, "agentgateway")


async def bring(kubernetes: FakeKubernetes) -> None:
    await bring_gateway(cast("Kubernetes", kubernetes), GATEWAY, rotated=False)


@pytest.mark.parametrize(
    ("labels", "freed"), [({RUN_LABEL: SET_UP}, True), ({RUN_LABEL: "another"}, False), ({}, False)]
)
async def test_a_gateway_of_ours_loses_parameters_that_somebody_gave_it(labels: dict[str, str], freed: bool) -> None:
    kubernetes = standing()
    kubernetes.put({**GATEWAY, "metadata": {**GATEWAY["metadata"], "labels": labels}, "spec": GATEWAY["spec"] | THEIRS})
    changes: list[Any] = []

    async def patch(*place: Any) -> None:
        changes.append(place[-1])

    kubernetes.patch = patch  # type: ignore[assignment,method-assign]
    await bring(kubernetes)
    assert changes == ([{"spec": {"infrastructure": None}}] if freed else [])


async def test_pods_without_our_trust_are_told_before_anything_is_blamed() -> None:
    kubernetes = standing()
    proxy = kubernetes.put(trusting(deployment("agentgateway", SYSTEM), "agw-conformance-own-trust"))
    said = r"pods of the Gateway .*/agentgateway are not given .*-trust\): their parameters are somebody else's - take"
    with pytest.raises(SetupProblem, match=said):
        await bring(kubernetes)
    kubernetes.on_wait = lambda kind: trusting(proxy)
    await bring(kubernetes)
