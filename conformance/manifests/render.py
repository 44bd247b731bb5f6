"""Renders the manifests that put a provider behind the gateway, in either dialect, as the documented pages do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from conformance.core.addresses import is_address
from conformance.core.problems import InputProblem
from conformance.core.providers.provider import Auth, Provider
from conformance.manifests.dialects import agentgateway_1, dialect_named, kgateway_2_1
from conformance.manifests.dialects.gateway_api import GROUP as GATEWAY_API

__all__ = ["NO_KEY", "key_variable", "render"]

NO_KEY = "sk-no-key-required"
"""What goes up as the key where the dialect demands one and the provider does not: a custom of local model servers."""

Object = dict[str, Any]


def key_variable(provider: Provider) -> str:
    """The variable that stands for the API key in the provider's rendered Secret, without the `$`."""
    return f"{provider.name.upper().replace('-', '_')}_API_KEY"


def render(
    provider: Provider,
    dialect: str,
    *,
    namespace: str | None = None,
    gateway: tuple[str, str] | None = None,
    model: str | None = None,
) -> str:
    """The YAML text of Secret, Backend, HTTPRoute at /NAME and BackendTLSPolicy, those that the provider needs.

    `namespace` is that of all objects and `gateway` the (namespace, name) of the Gateway: by default the documented
    ones. `model` is what the Backend names: by default the provider's first, none where any will do. The Secret holds
    `$` and the `key_variable`. Raises KeyError for an unknown dialect, InputProblem for what it has no way to say.
    """
    place = dialect_named(dialect).GATEWAY
    namespace = namespace or place.namespace
    if model is None and not provider.any_model:
        model = provider.models[0]
    objects = [
        *_secret(provider, namespace),
        _BACKENDS[dialect](provider, namespace, model),
        _route(provider, dialect, namespace, gateway or (place.namespace, place.name)),
        *(_policy(provider, namespace) if dialect == kgateway_2_1.NAME else ()),
    ]
    return "---\n".join(yaml.safe_dump(one, sort_keys=False, width=1000) for one in objects)


def _secret(provider: Provider, namespace: str) -> list[Object]:
    if not provider.auth_required:
        return []
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{provider.name}-secret", "namespace": namespace},
            "type": "Opaque",
            "stringData": {"Authorization": f"${key_variable(provider)}"},
        }
    ]


def _kgateway_backend(provider: Provider, namespace: str, model: str | None) -> Object:
    # API OpenAIConfig.authToken: required, also for a provider that wants none. Passthrough would let it have the
    # client's own credentials.
    token: Object = {"kind": "Inline", "inline": NO_KEY}
    if provider.auth_required:
        token = {"kind": "SecretRef", "secretRef": {"name": f"{provider.name}-secret"}}
    llm: Object = {
        "openai": {"authToken": token, **_model(model)},
        "host": provider.host,
        "port": provider.port,
        "path": {"full": provider.path},
    }
    if header := _auth_header(provider):
        llm["authHeader"] = header
    return {
        "apiVersion": f"{kgateway_2_1.BACKEND_GROUP}/v1alpha1",
        "kind": kgateway_2_1.BACKEND_KIND,
        "metadata": {"name": provider.name, "namespace": namespace},
        "spec": {"type": "AI", "ai": {"llm": llm}},
    }


def _auth_header(provider: Provider) -> dict[str, str]:
    """API AuthHeader: each of its fields is given where it is not the default, and none may be empty."""
    if not provider.auth_required:
        return {}
    auth = next((one for one in provider.auths if one.scheme), None)
    if auth is None:
        raise InputProblem(
            f"{provider.name} takes its key without a word before it, which {kgateway_2_1.NAME} has no way to say",
            remedy=f"use --dialect {agentgateway_1.NAME}",
        )
    given = {"headerName": (auth.header, "Authorization"), "prefix": (auth.scheme, "Bearer")}
    return {field: value for field, (value, usual) in given.items() if value.lower() != usual.lower()}


def _agentgateway_backend(provider: Provider, namespace: str, model: str | None) -> Object:
    policies: Object = {}
    if provider.auth_required:
        policies["auth"] = {"secretRef": {"name": f"{provider.name}-secret"}, **_location(provider.auths[0])}
    if provider.tls:
        # A server name is never an address (RFC 6066); without one the certificate must be for the host.
        policies["tls"] = {} if is_address(provider.host) else {"sni": provider.host}
    llm = {"openai": _model(model), "host": provider.host, "port": provider.port, "path": provider.path}
    return {
        "apiVersion": f"{agentgateway_1.BACKEND_GROUP}/v1alpha1",
        "kind": agentgateway_1.BACKEND_KIND,
        "metadata": {"name": provider.name, "namespace": namespace},
        "spec": {"ai": {"provider": llm}, **({"policies": policies} if policies else {})},
    }


def _location(auth: Auth) -> Object:
    """API BackendAuth.location replaces all of `Authorization: Bearer `, the space included (FACTS 6.3)."""
    if auth.is_so("Authorization", "Bearer"):
        return {}
    prefix = {"prefix": f"{auth.scheme} "} if auth.scheme else {}
    return {"location": {"header": {"name": auth.header, **prefix}}}


def _model(model: str | None) -> dict[str, str]:
    return {"model": model} if model is not None else {}


_BACKENDS: dict[str, Callable[[Provider, str, str | None], Object]] = {
    kgateway_2_1.NAME: _kgateway_backend,
    agentgateway_1.NAME: _agentgateway_backend,
}


def _route(provider: Provider, dialect: str, namespace: str, gateway: tuple[str, str]) -> Object:
    kind = dialect_named(dialect)
    reference = {"name": provider.name, "namespace": namespace, "group": kind.BACKEND_GROUP, "kind": kind.BACKEND_KIND}
    rule: Object = {"matches": [{"path": {"type": "PathPrefix", "value": f"/{provider.name}"}}]}
    filters: list[Object] = []
    # Without it kgateway 2.1 sends the client's Host, by which many vendors' front ends find nothing (FACTS D4).
    # GW PreciseHostname: never an address.
    if not is_address(provider.host):
        filters.append({"type": "URLRewrite", "urlRewrite": {"hostname": provider.host}})
    # agentgateway 1.4.1 sends the client's own Authorization beside a key in another header.
    if dialect == agentgateway_1.NAME and provider.auth_required and provider.auth_header.lower() != "authorization":
        filters.append({"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["Authorization"]}})
    if filters:
        rule["filters"] = filters
    return {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": provider.name, "namespace": namespace},
        "spec": {
            "parentRefs": [{"name": gateway[1], "namespace": gateway[0]}],
            "rules": [{**rule, "backendRefs": [reference]}],
        },
    }


def _policy(provider: Provider, namespace: str) -> list[Object]:
    if not provider.tls:
        return []
    if is_address(provider.host):
        raise InputProblem(
            f"{provider.name} speaks TLS at the address {provider.host}, and a BackendTLSPolicy takes names only",
            remedy=f"give its host a name, or use --dialect {agentgateway_1.NAME}",
        )
    target = {"name": provider.name, "kind": kgateway_2_1.BACKEND_KIND, "group": kgateway_2_1.BACKEND_GROUP}
    return [
        {
            "apiVersion": f"{GATEWAY_API}/v1",
            "kind": "BackendTLSPolicy",
            "metadata": {"name": f"{provider.name}-tls", "namespace": namespace},
            "spec": {
                "targetRefs": [target],
                "validation": {"hostname": provider.host, "wellKnownCACertificates": "System"},
            },
        }
    ]
