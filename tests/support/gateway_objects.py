"""Objects that tests of the reference gateway apply: Backends, routes, policies, authorities."""

from __future__ import annotations

from typing import Any

from tests.support.gateway import NAMESPACE_NAME


def backend(name: str, llm: dict[str, Any] | None = None, *, namespace: str = NAMESPACE_NAME, **spec: Any) -> Any:
    """A Backend for the Mistral lookalike, with parts of its `llm` replaced; None takes a part away."""
    base = {
        "openai": {"authToken": {"kind": "SecretRef", "secretRef": {"name": "mistral-secret"}}},
        "host": "api.mistral.ai",
        "port": 443,
        "path": {"full": "/v1/chat/completions"},
    }
    parts = {key: value for key, value in {**base, **(llm or {})}.items() if value is not None}
    return {
        "apiVersion": "gateway.kgateway.dev/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec or {"type": "AI", "ai": {"llm": parts}},
    }


def backend_ref(name: str, **fields: Any) -> dict[str, Any]:
    """A backendRef to a Backend."""
    return {"group": "gateway.kgateway.dev", "kind": "Backend", "name": name, **fields}


def route(
    name: str, *refs: dict[str, Any], namespace: str = NAMESPACE_NAME, parent: Any = None, spec: Any = None, **rule: Any
) -> dict[str, Any]:
    """An HTTPRoute for the prefix /NAME, with one rule."""
    path = {"type": "PathPrefix", "value": f"/{name}"}
    rules = [{"matches": [{"path": path}], "backendRefs": list(refs) or [backend_ref(name)], **rule}]
    parents = [{"name": "agentgateway", "namespace": NAMESPACE_NAME, **(parent or {})}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"parentRefs": parents, "rules": rules, **(spec or {})},
    }


def policy(name: str, *targets: dict[str, Any], namespace: str = NAMESPACE_NAME, **validation: Any) -> dict[str, Any]:
    """A BackendTLSPolicy for the Backend of the same name, or for these targets."""
    checked = {"hostname": "api.mistral.ai", "wellKnownCACertificates": "System", **validation}
    if "caCertificateRefs" in checked:
        del checked["wellKnownCACertificates"]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "BackendTLSPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"targetRefs": list(targets) or [backend_ref(name)], "validation": checked},
    }


def config_map(name: str, data: dict[str, str]) -> dict[str, Any]:
    """A ConfigMap."""
    metadata = {"name": name, "namespace": NAMESPACE_NAME}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def ca_ref(name: str, kind: str = "ConfigMap") -> list[dict[str, str]]:
    """caCertificateRefs with one reference."""
    return [{"group": "", "kind": kind, "name": name}]


def auth(kind: str, **fields: Any) -> dict[str, Any]:
    """`openai` with an authToken of a kind."""
    return {"authToken": {"kind": kind, **fields}}
