"""Keys that gateways ask clients for, as far as manifests hold them in plain: `apiKeyAuthentication`, its Secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.manifests.dialects.in_force import InForce, value_at
from conformance.manifests.dialects.model import Auth, Configuration
from conformance.manifests.objects import Manifest

__all__ = ["callers_of"]


def callers_of(configuration: Configuration, said: InForce) -> tuple[Auth, ...]:
    """The keys of which clients need one by a policy; none where they need none, or these are not given or no headers.

    API `APIKeyAuthentication` (agentgateway 1.4): each value of its Secrets is a key, or JSON with one in `key`.
    """
    asked = value_at(said.origin)
    if not isinstance(asked, dict) or asked.get("mode", "Strict") != "Strict":
        return ()
    location = asked.get("location") or {"header": {"name": "Authorization", "prefix": "Bearer "}}
    header = location.get("header") if isinstance(location, dict) else None
    if not isinstance(header, dict):
        return ()
    name, prefix = str(header.get("name")), str(header.get("prefix") or "")
    keys = [key for one in _secrets(configuration, said, asked) for key in _keys(one)]
    return tuple(Auth("inline", said.origin, token=key, header=name, prefix=prefix) for key in keys)


def _secrets(configuration: Configuration, said: InForce, asked: Mapping[str, Any]) -> Iterator[Manifest]:
    """Of the policy's own namespace: the one that it names, or all with the labels that it selects."""
    name = (asked.get("secretRef") or {}).get("name")
    wanted = (asked.get("secretSelector") or {}).get("matchLabels")
    for one in configuration.secrets.values():
        labels = one.data["metadata"].get("labels") or {}
        selected = wanted and all(labels.get(key) == value for key, value in wanted.items())
        if one.namespace == said.origin.manifest.namespace and (selected or (name and one.name == name)):
            yield one


def _keys(secret: Manifest) -> Iterable[str]:
    plain = secret.data.get("stringData") or {}
    encoded = {key: one for key, one in (secret.data.get("data") or {}).items() if key not in plain}
    for text in (*plain.values(), *(_decoded(one) for one in encoded.values())):
        try:
            found = json.loads(text)
        except ValueError:
            found = text
        key = found.get("key") if isinstance(found, dict) else text
        if isinstance(key, str) and key.strip():
            yield key.strip()


def _decoded(text: Any) -> str:
    try:
        return base64.b64decode(str(text)).decode()
    except ValueError:
        return ""
