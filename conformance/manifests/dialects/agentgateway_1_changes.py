"""How AgentgatewayBackends are changed: plain data in, plain data edited in place. See `dialect.Dialect`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from conformance.manifests.dialects.dialect import set_or_remove

__all__ = [
    "auth_kind",
    "change_auth",
    "change_llm",
    "change_tls",
    "empty_path",
    "end_tls",
    "group",
    "own_tls",
    "raw_llms",
    "rename_host",
    "secret_key",
    "single",
]

Object = dict[str, Any]

_AUTH_KINDS = {"secretRef": "secret", "key": "inline", "passthrough": "passthrough"}


def raw_llms(backend: Object) -> list[Object]:
    """The provider entries of a Backend, as the mappings that hold host, port and path."""
    ai = (backend.get("spec") or {}).get("ai") or {}
    if isinstance(ai.get("provider"), dict):
        return [ai["provider"]]
    return [entry for members in ai.get("groups") or [] for entry in members.get("providers") or []]


def single(backend: Object) -> Object:
    """The entry of a Backend with `provider`."""
    llm: Object = backend["spec"]["ai"]["provider"]
    return llm


def secret_key(backend: Object) -> str:
    """`secretRef.key`, else `Authorization`."""
    for llm in raw_llms(backend):
        if key := (_auth(backend, llm).get("secretRef") or {}).get("key"):
            return str(key)
    return "Authorization"


def _auth(backend: Object, llm: Object) -> Object:
    """The `auth` in force on an entry, {} without any."""
    for owner in (llm, backend.get("spec") or {}):
        if found := (owner.get("policies") or {}).get("auth"):
            auth: Object = found
            return auth
    return {}


def change_llm(backend: Object, llm: Object, changes: Mapping[str, Any]) -> None:
    """Set or (with None) remove host, port, path, model, header_name and header_prefix of a provider entry."""
    changes = dict(changes)
    if {"header_name", "header_prefix"} & set(changes):
        _change_header(_auth(backend, llm), changes)
    if "path" in changes:
        # Only one of the two may be there, and what the caller asks for is the whole path.
        llm.pop("pathPrefix", None)
        for one in (llm.get("custom") or {}).get("formats") or []:
            one.pop("path", None)
    if "model" in changes:
        settings = llm["custom"] if "custom" in llm else llm.setdefault("openai", {})
        set_or_remove(settings, "model", changes.pop("model"))
    for name, value in changes.items():
        set_or_remove(llm, name, value)


def _change_header(auth: Object, changes: Object) -> None:
    """A location of its own for the key; without name and prefix that of the API, `Authorization: Bearer `."""
    if not auth or "passthrough" in auth:
        raise LookupError("a key of its own in the Backend")
    header = (auth.get("location") or {}).get("header") or {}
    name, prefix = header.get("name"), header.get("prefix")
    if "header_name" in changes:
        name = changes.pop("header_name")
    if "header_prefix" in changes:
        written = changes.pop("header_prefix")
        prefix = None if written is None else f"{written.rstrip()} "
    if name is None and prefix is None:
        auth.pop("location", None)
        return
    header = {"name": name or "Authorization"}
    set_or_remove(header, "prefix", prefix)
    auth["location"] = {"header": header}


def change_auth(backend: Object, llm: Object, kind: str, value: str | None) -> None:
    """Authenticate by "secret" (value: its name), "inline" (value: the token) or "passthrough"."""
    ways: dict[str, Object] = {
        "secret": {"secretRef": {"name": value}},
        "inline": {"key": value},
        "passthrough": {"passthrough": {}},
    }
    owner = llm if (llm.get("policies") or {}).get("auth") else backend["spec"]
    policies = owner.setdefault("policies", {})
    location = (policies.get("auth") or {}).get("location")
    policies["auth"] = ways[kind]
    if location is not None and kind != "passthrough":
        policies["auth"]["location"] = location


def auth_kind(backend: Object, llm: Object) -> str:
    """How the entry authenticates, by the `auth` in force on it."""
    auth = _auth(backend, llm)
    return next((kind for field, kind in _AUTH_KINDS.items() if field in auth), "")


def empty_path(llm: Object) -> None:
    """The path is a plain text, of at least one character. Raises LookupError."""
    raise LookupError("path that could be empty")


def group(backend: Object, hosts: Mapping[str, str]) -> None:
    """Groups of one provider each."""
    ai = backend["spec"]["ai"]
    llm = ai.pop("provider")
    members = [{**copy.deepcopy(llm), "name": name, "host": host} for name, host in hosts.items()]
    ai["groups"] = [{"providers": [member]} for member in members]


def evict(backend: Object) -> None:
    """A health policy for all providers; a minute is longer than any case takes."""
    policies = backend["spec"].setdefault("policies", {})
    policies["health"] = {"eviction": {"duration": "60s", "consecutiveFailures": 1}}


def _all_tls(backend: Object) -> list[Object]:
    """Every `tls` of a Backend, those of its providers first."""
    owners = [*raw_llms(backend), backend.get("spec") or {}]
    found = [(owner.get("policies") or {}).get("tls") for owner in owners]
    return [one for one in found if one is not None]


def own_tls(backend: Object) -> bool:
    """Whether the Backend, or one of its providers, has a `tls`."""
    return bool(_all_tls(backend))


def change_tls(backend: Object, changes: Mapping[str, Any]) -> None:
    """Change hostname, alt_names and authority wherever the Backend has a `tls`."""
    for tls in _all_tls(backend):
        if "hostname" in changes:
            tls["sni"] = changes["hostname"]
        if "alt_names" in changes:
            set_or_remove(tls, "verifySubjectAltNames", [value for _, value in changes["alt_names"]] or None)
        if "authority" in changes:
            kind, name = changes["authority"]
            if kind != "ConfigMap":
                raise LookupError(f"way to name a {kind} as authority in the Backend's own TLS")
            tls["caCertificateRefs"] = [{"name": name}]


def end_tls(backend: Object) -> None:
    """Take away every `tls`, and `policies` that say nothing then, which the API refuses."""
    for owner in (*raw_llms(backend), backend["spec"]):
        if "tls" in (owner.get("policies") or {}):
            del owner["policies"]["tls"]
            if not owner["policies"]:
                del owner["policies"]


def rename_host(backend: Object, old: str, new: str) -> None:
    """Follow a changed host in server names and names to verify."""
    for tls in _all_tls(backend):
        if tls.get("sni") == old:
            tls["sni"] = new
        if names := tls.get("verifySubjectAltNames"):
            tls["verifySubjectAltNames"] = [new if name == old else name for name in names]
