"""Which versions the endpoint serves beside each gateway: those of the Gateway API's release that belongs to it."""

from __future__ import annotations

import pytest

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.schemas.kinds import KINDS, NOT_SERVED
from conformance.targets.reference.kubeapi.answers.discovery import Discovery

GROUP = "gateway.networking.k8s.io"
OLD_POLICY, NEW_GRANT = (GROUP, "v1alpha3", "backendtlspolicies"), (GROUP, "v1", "referencegrants")


@pytest.mark.parametrize(
    ("dialect", "there", "missing"),
    [("kgateway-2.1", OLD_POLICY, NEW_GRANT), ("agentgateway-1", NEW_GRANT, OLD_POLICY)],
)
def test_versions_go_by_the_gateway(dialect: str, there: tuple[str, str, str], missing: tuple[str, str, str]) -> None:
    served = Discovery(NOT_SERVED[dialect]).served()
    assert there in served
    assert missing not in served
    assert {kind.kind for kind in served.values()} == {kind.kind for kind in KINDS}


def test_a_group_version_without_kinds_is_not_there() -> None:
    discovery = Discovery(NOT_SERVED["agentgateway-1"])
    assert (GROUP, "v1alpha3") not in discovery.group_versions()
    assert discovery.resource_list(GROUP, "v1alpha3") is None


def test_what_is_not_served_is_a_version_of_ours() -> None:
    assert set(NOT_SERVED) == set(DIALECTS)
    known = {(kind.kind, version) for kind in KINDS for version in kind.versions}
    assert all(one <= known for one in NOT_SERVED.values())
