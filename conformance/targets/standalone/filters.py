"""Filters of routes as agentgateway's local configuration file has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from conformance.targets.reference.gateway.apis import Apis
from conformance.targets.reference.gateway.config import (
    BodyChanges,
    Cors,
    Credential,
    Filter,
    HeaderModifier,
    Mirror,
    Redirect,
    Server,
    UrlRewrite,
)

__all__ = ["Inexpressible", "written_apis", "written_body", "written_filters", "written_formats"]


class Inexpressible(Exception):
    """The local configuration has no way to say this."""


def written_filters(filters: Iterable[Filter], callers: tuple[Credential, ...] = ()) -> dict[str, Any]:
    """The filters by their names in the file, with who may call. Raises Inexpressible."""
    found: dict[str, Any] = {"apiKey": _callers(callers)} if callers else {}
    for one in filters:
        if isinstance(one, Mirror) and isinstance(one.to, Server):
            continue  # a Service of a cluster: nobody is there to take the copy
        name, value = _filter(one)
        if name == "transformations" and name in found:
            value = {**found[name], **value}
        elif name in found:
            raise Inexpressible(f"only one {name} in a rule")
        found[name] = value
    return found


def _filter(one: Filter) -> tuple[str, Any]:
    if isinstance(one, UrlRewrite):
        kept = {"authority": "none"} if one.keeps_host else {}
        return "urlRewrite", kept | _authority(one.hostname) | _path(one)
    if isinstance(one, HeaderModifier):
        if one.computed:
            return "transformations", {one.of: _changes(one, json.dumps)}
        return f"{one.of}HeaderModifier", _changes(one, str)
    if isinstance(one, Cors):
        return "cors", _cors(one)
    if isinstance(one, Mirror):
        raise Inexpressible("no copies of requests to a provider")
    return "requestRedirect", _redirect(one)


def _changes(one: HeaderModifier, written: Callable[[str], str]) -> dict[str, Any]:
    sides = {"set": one.set, "add": one.add}
    changes: dict[str, Any] = {side: {name: written(value) for name, value in both} for side, both in sides.items()}
    return {name: value for name, value in {**changes, "remove": list(one.remove)}.items() if value}


def _cors(one: Cors) -> dict[str, Any]:
    lists = {"allowOrigins": one.origins, "allowMethods": one.methods, "allowHeaders": one.headers}
    found: dict[str, Any] = {name: list(names) for name, names in {**lists, "exposeHeaders": one.exposes}.items()}
    return {**found, "allowCredentials": one.credentials, "maxAge": f"{one.max_age}s"}


def _redirect(one: Redirect) -> dict[str, Any]:
    scheme = {} if one.scheme is None else {"scheme": one.scheme}
    if one.hostname and one.port:
        authority: dict[str, Any] = {"authority": {"full": f"{one.hostname}:{one.port}"}}
    elif one.port:
        authority = {"authority": {"port": one.port}}
    else:
        authority = _authority(one.hostname)
    return {**scheme, **authority, **_path(one), "status": one.status}


def _authority(hostname: str | None) -> dict[str, Any]:
    return {} if hostname is None else {"authority": {"host": hostname}}


def _path(one: UrlRewrite | Redirect) -> dict[str, Any]:
    if one.replace_full is not None:
        return {"path": {"full": one.replace_full}}
    return {} if one.replace_prefix is None else {"path": {"prefix": one.replace_prefix}}


def written_apis(apis: Apis) -> dict[str, Any]:
    """How a provider's APIs are asked for, by the names in the file."""
    return {"routes": {suffix: _lower(api) for suffix, api in apis.routes}} if apis.routes else {}


def written_formats(formats: Iterable[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """The APIs that a custom provider has."""
    return [{"type": _lower(api)} | ({} if path is None else {"path": path}) for api, path in formats]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _callers(callers: tuple[Credential, ...]) -> dict[str, Any]:
    """All keys go into one header."""
    first = callers[0]
    header = {"name": first.header} | ({"prefix": first.prefix} if first.prefix else {})
    return {"keys": [{"key": one.value} for one in callers], "mode": "strict", "location": {"header": header}}


def written_body(body: BodyChanges) -> dict[str, Any]:
    """The changes of bodies by their names in the file."""
    fields = {"defaults": body.defaults, "overrides": body.overrides}
    found: dict[str, Any] = {key: {name: json.loads(text) for name, text in one} for key, one in fields.items() if one}
    if body.aliases:
        found["modelAliases"] = dict(body.aliases)
    if body.before or body.behind:
        sides = (("prepend", body.before), ("append", body.behind))
        found["prompts"] = {side: [{"role": role, "content": text} for role, text in one] for side, one in sides}
    return found
