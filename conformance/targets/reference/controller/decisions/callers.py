"""The keys of clients, by what a policy's `apiKeyAuthentication` refers to (agentgateway 1.4, APIKeyAuthentication)."""

from __future__ import annotations

import json

from conformance.manifests.schemas.kinds import SECRET
from conformance.targets.reference.controller.attached import Said
from conformance.targets.reference.controller.decisions.credentials import secret_text
from conformance.targets.reference.controller.view import Object, Objects, dig, name_of
from conformance.targets.reference.gateway.config import Credential

__all__ = ["read_callers"]


def read_callers(said: Said, objects: Objects) -> tuple[Credential, ...]:
    """The keys of which clients need one; none, and everybody may call, where they are hashed, or in no header."""
    namespace, asked = said
    header = (asked.get("location") or {"header": {"name": "Authorization", "prefix": "Bearer "}}).get("header")
    if header is None or asked.get("mode", "Strict") != "Strict":
        return ()
    secrets = [one for one in objects.peek_all(SECRET) if name_of(one)[0] == namespace and _is_meant(one, asked)]
    keys = [key for one in secrets for key in _keys(one)]
    return tuple(Credential(header["name"], header.get("prefix", ""), key, glue="") for key in keys)


def _is_meant(secret: Object, asked: Object) -> bool:
    if dig(asked, "secretRef", "name") == name_of(secret)[1]:
        return True
    wanted = dig(asked, "secretSelector", "matchLabels")
    return bool(wanted) and wanted.items() <= (dig(secret, "metadata", "labels") or {}).items()


def _keys(secret: Object) -> list[str]:
    names = {**(secret.get("data") or {}), **(secret.get("stringData") or {})}
    found: list[str] = []
    for text in (secret_text(secret, name).strip() for name in names):
        key = _object(text).get("key") if text.startswith("{") else text
        found += [key] if isinstance(key, str) and key else []
    return found


def _object(text: str) -> Object:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
