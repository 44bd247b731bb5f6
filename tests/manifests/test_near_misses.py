"""Kinds that are misspelt are told; kinds of other purposes are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.problems import InputProblem
from conformance.manifests.input.reading import Given, read_input
from tests.support.nimbus import NIMBUS

GATEWAY_API = "gateway.networking.k8s.io/v1"


def beside(folder: Path, api_version: str, kind: str) -> Given:
    """What is read of correct manifests and one more object."""
    (folder / "nimbus.yaml").write_text(NIMBUS)
    (folder / "other.yaml").write_text(f"apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: other\n")
    return read_input([str(folder)], environment={"NIMBUS_API_KEY": "nk-Zirrus-4711"})


@pytest.mark.parametrize(
    ("api_version", "kind", "meant"),
    [
        (GATEWAY_API, "HttpRoute", "HTTPRoute"),
        (GATEWAY_API, "HTTPRoutes", "HTTPRoute"),
        (GATEWAY_API, "BackendTlsPolicy", "BackendTLSPolicy"),
        (GATEWAY_API, "gateway", "Gateway"),
        ("gateway.kgateway.dev/v1alpha1", "backend", "Backend"),
        ("agentgateway.dev/v1alpha1", "AgentGatewayBackend", "AgentgatewayBackend"),
    ],
)
def test_a_misspelt_kind_is_told(tmp_path: Path, api_version: str, kind: str, meant: str) -> None:
    with pytest.raises(InputProblem) as raised:
        beside(tmp_path, api_version, kind)
    group = api_version.partition("/")[0]
    assert str(raised.value) == (f"{tmp_path}/other.yaml:2:1: kind: {group} has no kind {kind} - write kind: {meant}")


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        (GATEWAY_API, "GRPCRoute"),
        (GATEWAY_API, "TLSRoute"),
        ("gateway.networking.k8s.io/v1alpha2", "BackendLBPolicy"),
        ("gateway.kgateway.dev/v1alpha1", "GatewayParameters"),
        ("agentgateway.dev/v1alpha1", "AgentgatewayParameters"),
        ("networking.example/v1", "HttpRoute"),
    ],
)
def test_another_kind_is_left_out(tmp_path: Path, api_version: str, kind: str) -> None:
    (one,) = beside(tmp_path, api_version, kind).left_out
    assert one.what == f"{kind} other"


def test_a_policy_without_targets_is_told(tmp_path: Path) -> None:
    spec = "spec:\n  targetRef: {name: a}\n  validation: {hostname: a.example}\n"
    (tmp_path / "policy.yaml").write_text(
        f"apiVersion: {GATEWAY_API}\nkind: BackendTLSPolicy\nmetadata:\n  name: p\n{spec}"
    )
    (tmp_path / "nimbus.yaml").write_text(NIMBUS)
    with pytest.raises(InputProblem, match=r"policy\.yaml:6:3: spec\.targetRef: expected targetRefs"):
        read_input([str(tmp_path)], environment=None)


def test_a_chart_has_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "secret.yaml").write_text("kind: Secret\nmetadata:\n  name: {{ .Values.name }}\n")
    (tmp_path / "values.yaml").write_text("name: nimbus\n")
    with pytest.raises(InputProblem, match=r"secret\.yaml:3:10: no Backend of type AI, but a template") as raised:
        read_input([str(tmp_path)], environment=None)
    assert raised.value.remedy
    assert "helm template" in raised.value.remedy


def test_a_native_provider_alone_is_said_to_be_one(tmp_path: Path) -> None:
    """Its kind is right; and what stands beside it that is no model's Backend explains nothing."""
    tools = (
        "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: {name: tools}\nspec: {mcp: {}}\n"
    )
    (tmp_path / "native.yaml").write_text(
        f"{tools}---\napiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: {{name: sage}}\n"
        "spec: {ai: {provider: {anthropic: {}}}}\n"
    )
    with pytest.raises(InputProblem) as raised:
        read_input([str(tmp_path)], environment=None)
    assert "AgentgatewayBackend default/sage is of anthropic, whose own API is not judged" in str(raised.value)
