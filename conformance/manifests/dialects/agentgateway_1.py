"""The dialect of agentgateway 1.x: `AgentgatewayBackend` of agentgateway.dev/v1alpha1, read into the model.

Source: agentgateway 1.4 API types `AIBackend`, `LLMProvider`, `BackendAuth`, `BackendTLS` (comments); its
documentation, OpenAI-compatible providers; FACTS 4.1, 6.3. How objects are changed is in `agentgateway_1_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from conformance.core.addresses import without_root
from conformance.manifests.dialects.agentgateway_1_changes import (
    auth_kind,
    change_auth,
    change_llm,
    change_tls,
    empty_path,
    end_tls,
    evict,
    group,
    own_tls,
    raw_llms,
    rename_host,
    secret_key,
    single,
)
from conformance.manifests.dialects.agentgateway_1_custom import completions_path, formats_of, service_of
from conformance.manifests.dialects.agentgateway_1_traffic import rule_with_policies
from conformance.manifests.dialects.dialect import GatewayPlace
from conformance.manifests.dialects.gateway_api import as_list, as_mapping, field_of, optional
from conformance.manifests.dialects.in_force import OWN, Level, in_force
from conformance.manifests.dialects.model import Auth, Backend, Configuration, Llm, Origin, Route, Rule, Tls
from conformance.manifests.objects import Manifest

# A Dialect: use conformance.manifests.dialects to get it.
__all__ = [
    "BACKEND_GROUP",
    "BACKEND_KIND",
    "CONTROLLER",
    "GATEWAY",
    "GATEWAY_RELEASES",
    "GATEWAY_VERSION",
    "MISSING_SECRET",
    "NAME",
    "PATH",
    "POLICY_KIND",
    "PROVIDER_HINT",
    "TLS_HINT",
    "auth_kind",
    "change_auth",
    "change_llm",
    "change_tls",
    "empty_path",
    "end_tls",
    "evict",
    "group",
    "misplaced_fields",
    "own_tls",
    "raw_llms",
    "read_backend",
    "rename_host",
    "rule_with_policies",
    "secret_key",
    "single",
    "with_policies",
]

NAME = "agentgateway-1"
BACKEND_GROUP = "agentgateway.dev"
BACKEND_KIND = "AgentgatewayBackend"
POLICY_KIND = "AgentgatewayPolicy"
CONTROLLER = "agentgateway.dev/agentgateway"
GATEWAY = GatewayPlace("agentgateway-system", "agentgateway-proxy", 80)
GATEWAY_VERSION = "1.4.1"
GATEWAY_RELEASES: Mapping[str, str] = {"1.4": GATEWAY_VERSION, "main": "0.0.0-alpha.75b4e6ce6"}
PATH = "path"
PROVIDER_HINT = "give it spec.ai.provider with an openai provider"
TLS_HINT = "set policies.tls.sni to {host}"
MISSING_SECRET = ("TranslationError", "secret {namespace}/{name} not found")

_PROVIDERS = ("openai", "azureopenai", "azure", "anthropic", "gemini", "vertexai", "bedrock", "custom")
_SINGLE_NAME = "backend"  # what a policy's sectionName calls the provider of a Backend without groups
_PLACES: tuple[Literal["queryParameter", "cookie"], ...] = ("queryParameter", "cookie")


def read_backend(manifest: Manifest) -> Backend | None:
    """An AgentgatewayBackend for an LLM provider; None for others.

    Raises InputProblem for fields of the wrong type. Of policies it reads what is modelled (docs/reference/fields.md).
    """
    if "ai" not in manifest.spec:
        return None
    spec = Origin(manifest, ("spec",))
    ai, at = as_mapping(spec, manifest.spec, "ai"), spec.below("ai")
    auth, tls = _read_policies(spec, manifest.spec)
    found: list[Llm] = []
    if isinstance(ai.get("provider"), dict):
        found.append(_read_llm(at.below("provider"), ai["provider"], auth, name=_SINGLE_NAME))
    for number, members in enumerate(as_list(at, ai, "groups")):
        inside = at.below("groups", number)
        for index, entry in enumerate(as_list(inside, members, "providers")):
            place = inside.below("providers", index)
            own_auth, own = _read_policies(place, entry)
            name = optional(place, entry, "name", str)
            found.append(_read_llm(place, entry, own_auth or auth, tls=own, name=name, number=number))
    return Backend(manifest.id, spec, tuple(found), tls)


def _read_llm(
    origin: Origin,
    data: dict[str, Any],
    auth: Auth | None,
    *,
    tls: Tls | None = None,
    name: str | None,
    number: int = 0,
) -> Llm:
    provider = next((name for name in _PROVIDERS if isinstance(data.get(name), dict)), None)
    if provider is None:
        raise origin.manifest.problem(
            f"no provider; exactly one of {', '.join(_PROVIDERS)} is expected",
            *origin.path,
            remedy="use openai for an OpenAI-compatible API",
        )
    path = field_of(origin, data, "path", str, default="") or None
    host, port = field_of(origin, data, "host", str, default="") or None, optional(origin, data, "port", int)
    prefix = written = field_of(origin, data, "pathPrefix", str, default="") or None
    formats, service = list[tuple[str, str | None]](), None
    if provider == "custom":
        formats = formats_of(origin.below("custom"), data["custom"])
        at = origin.below("custom")
        if path is None:
            path, prefix = completions_path(formats, prefix)
        if "backendRef" in data["custom"]:
            service, host, port = service_of(at.below("backendRef"), as_mapping(at, data["custom"], "backendRef"))
    return Llm(
        origin=origin,
        provider=provider,
        # Without any, what the client sends is what the provider gets, as with passthrough.
        auth=auth or Auth("passthrough", origin),
        name=name,
        group=number,
        host=without_root(host) if host else None,
        absolute=bool(host) and host != without_root(host or ""),
        port=port,
        path=path,
        path_prefix=prefix,
        model=optional(origin.below(provider), data[provider], "model", str),
        tls=tls,
        prefix=written,
        formats=tuple(formats),
        service=service,
    )


def _read_policies(owner: Origin, data: dict[str, Any]) -> tuple[Auth | None, Tls | None]:
    """`policies` of a Backend or of one provider in its groups: those of the provider outrank the Backend's."""
    policies, at = as_mapping(owner, data, "policies"), owner.below("policies")
    auth = _read_auth(at.below("auth"), as_mapping(at, policies, "auth")) if "auth" in policies else None
    return auth, _read_tls(at.below("tls"), as_mapping(at, policies, "tls")) if "tls" in policies else None


def _read_auth(origin: Origin, data: dict[str, Any]) -> Auth:
    found = Auth("passthrough", origin)
    if "secretRef" in data:
        ref, at = as_mapping(origin, data, "secretRef"), origin.below("secretRef")
        if (ref.get("group") or "", ref.get("kind") or "Secret") == ("", "Secret"):
            name, key = field_of(at, ref, "name", str), field_of(at, ref, "key", str, default="Authorization")
            found = Auth("secret", at, secret=name, secret_key=key)
    elif "key" in data:
        found = Auth("inline", origin.below("key"), token=field_of(origin, data, "key", str, default=""))
    found = _placed(found, origin.below("location"), as_mapping(origin, data, "location"))
    further = [
        _read_auth(origin.below("credentials", index), {**one, "credentials": []})
        for index, one in enumerate(as_list(origin, data, "credentials"))
        if "header" in (one.get("location") or {})
    ]
    return replace(found, further=tuple(further))


def _placed(auth: Auth, origin: Origin, location: dict[str, Any]) -> Auth:
    """With where the key goes. A location replaces all of `Authorization: Bearer `: without prefix there is none
    (FACTS 6.3). The prefix is what it is written as, its space included.
    """
    for place in _PLACES:
        if place in location:
            name = field_of(origin.below(place), as_mapping(origin, location, place), "name", str)
            return replace(auth, place=(place, name))
    if "header" not in location or auth.kind == "passthrough":
        return auth
    header, at = as_mapping(origin, location, "header"), origin.below("header")
    return replace(
        auth,
        header=field_of(at, header, "name", str),
        prefix=field_of(at, header, "prefix", str, default=""),
    )


_UNVERIFIED: dict[str | None, Any] = {None: "", "Hostname": "name", "All": "certificate"}


def _read_tls(origin: Origin, data: dict[str, Any]) -> Tls:
    """`policies.tls`; empty: the system's authorities, and the host's name."""
    certificates = as_list(origin, data, "mtlsCertificateRef")
    mode = optional(origin, data, "insecureSkipVerify", str)
    refs = as_list(origin, data, "caCertificateRefs")
    names: list[Any] = field_of(origin, data, "verifySubjectAltNames", list, default=[])
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise origin.manifest.problem(
                f"expected a text, found {name!r}", *origin.path, "verifySubjectAltNames", index
            )
    return Tls(
        origin=origin,
        server_name=optional(origin, data, "sni", str),
        alt_names=tuple(names),
        ca_refs=tuple(
            field_of(origin.below("caCertificateRefs", index), ref, "name", str) for index, ref in enumerate(refs)
        )
        or None,
        unverified=_UNVERIFIED.get(mode, ""),
        client_certificate=next(
            (
                field_of(origin.below("mtlsCertificateRef", index), ref, "name", str)
                for index, ref in enumerate(certificates)
                if (ref.get("kind") or "Secret") == "Secret"
            ),
            None,
        ),
    )


def with_policies(configuration: Configuration, backend: Backend, route: Route | None, rule: Rule | None) -> Backend:
    """With the credentials and TLS of AgentgatewayPolicies, where nothing more precise says otherwise."""
    llms = tuple(_with_policies(configuration, backend, llm, route, rule) for llm in backend.providers)
    return replace(backend, providers=llms)


def _with_policies(
    configuration: Configuration, backend: Backend, llm: Llm, route: Route | None, rule: Rule | None
) -> Llm:
    given = {one.field: one for one in in_force(configuration, backend, llm, route, rule) if one.part == "backend"}
    auth, tls = given.get("auth"), given.get("tls")
    if auth is not None and auth.level not in OWN:
        llm = replace(llm, auth=_read_auth(auth.origin, _mapping_at(auth.origin)))
    if tls is not None and tls.level not in OWN and not _is_outranked(configuration, backend, llm, tls.level):
        llm = replace(llm, tls=_read_tls(tls.origin, _mapping_at(tls.origin)))
    return llm


def _is_outranked(configuration: Configuration, backend: Backend, llm: Llm, level: Level) -> bool:
    """Whether a BackendTLSPolicy is in force on something more precise than a policy of this level is, or on as much:
    one on the provider's section outranks policies on the route, and these one on the Backend (measured on 1.4.1).
    """
    sections: list[str | None] = [llm.name] if level < Level.PROVIDER and llm.name else []
    sections += [None] if level <= Level.BACKEND else []
    return any(policy.is_on(backend.id, section) for policy in configuration.policies for section in sections)


def _mapping_at(origin: Origin) -> dict[str, Any]:
    found: Any = origin.manifest.data
    for part in origin.path[:-1]:
        found = found[part]
    return as_mapping(Origin(origin.manifest, origin.path[:-1]), found, str(origin.path[-1]))


def misplaced_fields(llm: Llm) -> list[str]:
    """Fields of a provider entry that were indented under its type (`openai`), where they count for nothing."""
    data: Any = llm.origin.manifest.data
    for part in (*llm.origin.path, llm.provider):
        data = data[part]
    return [name for name in ("host", "port", "path", "pathPrefix", "policies") if name in data]
