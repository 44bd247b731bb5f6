"""The dialect of the documented page: `Backend` of gateway.kgateway.dev/v1alpha1 with a BackendTLSPolicy.

Source: the page's tables; kgateway 2.1 API types `AIBackend`, `LLMProvider`, `SingleAuthToken` (comments).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from conformance.core.addresses import without_root
from conformance.manifests.dialects.dialect import GatewayPlace, set_or_remove
from conformance.manifests.dialects.gateway_api import as_list, as_mapping, field_of, optional
from conformance.manifests.dialects.model import Auth, Backend, Configuration, Llm, Origin, Route, Rule
from conformance.manifests.objects import Manifest

# A Dialect: use conformance.manifests.dialects to get it.

NAME = "kgateway-2.1"
BACKEND_GROUP = "gateway.kgateway.dev"
BACKEND_KIND = "Backend"
POLICY_KIND = ""
CONTROLLER = "kgateway.dev/agentgateway"
GATEWAY = GatewayPlace("kgateway-system", "agentgateway", 8080)
GATEWAY_VERSION = "0.10.5"
GATEWAY_RELEASES: Mapping[str, str] = {"2.1": GATEWAY_VERSION, "0.10": GATEWAY_VERSION}
PATH = "path.full"
PROVIDER_HINT = "give it spec.ai.llm with an openai provider"
TLS_HINT = ""
MISSING_SECRET = ("Invalid", "failed to find secret {name}")

_PROVIDERS = ("openai", "azureopenai", "anthropic", "gemini", "vertexai", "bedrock")
_KINDS = {"SecretRef": "secret", "Inline": "inline", "Passthrough": "passthrough"}


def read_backend(manifest: Manifest) -> Backend | None:
    """A Backend of type AI; None for other types, which are not about LLM providers.

    Raises InputProblem for fields of the wrong type.
    """
    if manifest.spec.get("type") != "AI":
        return None
    spec = Origin(manifest, ("spec",))
    ai, at = as_mapping(spec, manifest.spec, "ai"), spec.below("ai")
    if isinstance(ai.get("llm"), dict):
        return Backend(manifest.id, spec, (_read_llm(at.below("llm"), ai["llm"]),))
    found: list[Llm] = []
    for number, group in enumerate(as_list(at, ai, "priorityGroups")):
        inside = at.below("priorityGroups", number)
        for index, entry in enumerate(as_list(inside, group, "providers")):
            found.append(_read_llm(inside.below("providers", index), entry, group=number))
    return Backend(manifest.id, spec, tuple(found))


def _read_llm(origin: Origin, data: dict[str, Any], *, group: int = 0) -> Llm:
    provider = next((name for name in _PROVIDERS if isinstance(data.get(name), dict)), None)
    if provider is None:
        raise _without_provider(origin, data)
    written = field_of(origin, data, "host", str, default="")
    settings, path = data[provider], as_mapping(origin, data, "path", remedy="write path: {full: /THE/PATH}")
    return Llm(
        origin=origin,
        provider=provider,
        auth=_read_auth(origin, provider, data),
        name=optional(origin, data, "name", str),
        group=group,
        host=without_root(written) or None,
        absolute=written != without_root(written),
        port=optional(origin, data, "port", int),
        path=field_of(origin.below("path"), path, "full", str, default="") or None,
        model=optional(origin.below(provider), settings, "model", str),
    )


def _without_provider(origin: Origin, data: dict[str, Any]) -> Exception:
    remedy = "use openai for an OpenAI-compatible API"
    if isinstance(data.get("provider"), dict):
        remedy = (
            "provider and hostOverride are of kgateway 2.0: write openai in place of provider.openai, and host, port"
            " and path.full beside it"
        )
    expected = ", ".join(_PROVIDERS)
    return origin.manifest.problem(f"no provider; exactly one of {expected} is expected", *origin.path, remedy=remedy)


def _read_auth(origin: Origin, provider: str, data: dict[str, Any]) -> Auth:
    inside = origin.below(provider)
    token, at = as_mapping(inside, data[provider], "authToken"), inside.below("authToken")
    if not token:
        return Auth("none", at)
    header, at_header = as_mapping(origin, data, "authHeader"), origin.below("authHeader")
    prefix = optional(at_header, header, "prefix", str)
    kind = _KINDS.get(field_of(at, token, "kind", str, remedy=f"write one of {', '.join(_KINDS)}"), "none")
    return Auth(
        kind=kind,  # type: ignore[arg-type]  # the mapping's values are the literal's
        origin=at,
        secret=optional(at.below("secretRef"), as_mapping(at, token, "secretRef"), "name", str),
        token=optional(at, token, "inline", str),
        header=optional(at_header, header, "headerName", str),
        # One space stands between prefix and key, however the prefix is written; none where it is empty.
        prefix=prefix if prefix is None else f"{prefix.strip()} ".lstrip(),
    )


def with_policies(configuration: Configuration, backend: Backend, route: Route | None, rule: Rule | None) -> Backend:
    """As it is: no policy says how providers are authenticated to or secured but BackendTLSPolicies."""
    return backend


def rule_with_policies(configuration: Configuration, route: Route, rule: Rule) -> Rule:
    """As it is: what a TrafficPolicy says of headers and timeouts is not read (FACTS 2; TranslateTrafficPolicy)."""
    return rule


def misplaced_fields(llm: Llm) -> list[str]:
    """Fields of a provider entry that were indented under its type (`openai`), where they count for nothing."""
    data: Any = llm.origin.manifest.data
    for part in (*llm.origin.path, llm.provider):
        data = data[part]
    return [name for name in ("host", "port", "path", "authHeader") if name in data]


def raw_llms(backend: dict[str, Any]) -> list[dict[str, Any]]:
    """The provider entries of a Backend, as the mappings that hold host, port and path."""
    ai = (backend.get("spec") or {}).get("ai") or {}
    if isinstance(ai.get("llm"), dict):
        return [ai["llm"]]
    return [entry for group in ai.get("priorityGroups") or [] for entry in group.get("providers") or []]


def single(backend: dict[str, Any]) -> dict[str, Any]:
    """The entry of a Backend with `llm`."""
    llm: dict[str, Any] = backend["spec"]["ai"]["llm"]
    return llm


def secret_key(backend: dict[str, Any]) -> str:
    """Always `Authorization` (kubeutils.GetSecretAuth)."""
    return "Authorization"


def change_llm(backend: dict[str, Any], llm: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Set or (with None) remove host, port, path, model, header_name and header_prefix of a provider entry."""
    places: dict[str, tuple[dict[str, Any], str]] = {
        "host": (llm, "host"),
        "port": (llm, "port"),
        "path": (llm.setdefault("path", {}), "full"),
        "model": (llm.setdefault("openai", {}), "model"),
        "header_name": (llm.setdefault("authHeader", {}), "headerName"),
        "header_prefix": (llm.setdefault("authHeader", {}), "prefix"),
    }
    for name, value in changes.items():
        set_or_remove(*places[name], value)
    for key in ("path", "authHeader"):
        if not llm[key]:
            del llm[key]


def change_auth(backend: dict[str, Any], llm: dict[str, Any], kind: str, value: str | None) -> None:
    """Authenticate by "secret" (value: its name), "inline" (value: the token) or "passthrough"."""
    tokens: dict[str, dict[str, Any]] = {
        "secret": {"kind": "SecretRef", "secretRef": {"name": value}},
        "inline": {"kind": "Inline", "inline": value},
        "passthrough": {"kind": "Passthrough"},
    }
    llm["openai"]["authToken"] = tokens[kind]


def auth_kind(backend: dict[str, Any], llm: dict[str, Any]) -> str:
    """How the entry authenticates, by its authToken."""
    token = llm.get("openai", {}).get("authToken", {})
    return _KINDS.get(token.get("kind"), "")


def empty_path(llm: dict[str, Any]) -> None:
    """`path: {}`, which the API accepts."""
    llm["path"] = {}


def group(backend: dict[str, Any], hosts: Mapping[str, str]) -> None:
    """Priority groups of one provider each."""
    ai = backend["spec"]["ai"]
    llm = ai.pop("llm")
    members = [{**copy.deepcopy(llm), "name": name, "host": host} for name, host in hosts.items()]
    ai["priorityGroups"] = [{"providers": [member]} for member in members]


def evict(backend: dict[str, Any]) -> None:
    """There is no way to say so."""
    raise LookupError("health policy: kgateway 2.1 has none")


def own_tls(backend: dict[str, Any]) -> bool:
    """Never: TLS is a BackendTLSPolicy's matter."""
    return False


def change_tls(backend: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """There is nothing to change. Raises LookupError."""
    raise LookupError("TLS settings of their own in the Backend")


def end_tls(backend: dict[str, Any]) -> None:
    """There is nothing to take away."""


def rename_host(backend: dict[str, Any], old: str, new: str) -> None:
    """Nothing in the Backend repeats its host."""
