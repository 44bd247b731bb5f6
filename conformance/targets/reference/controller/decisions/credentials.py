"""From authToken and authHeader to the credential that goes up."""

from __future__ import annotations

import base64
import binascii

from conformance.manifests.schemas.kinds import SECRET
from conformance.targets.reference.controller.view import Object, Objects, dig
from conformance.targets.reference.gateway.config import Credential

__all__ = ["SECRET_KEY", "MissingSecret", "Unresolved", "credential", "find_secret", "secret_text", "token"]

SECRET_KEY = "Authorization"
"""The key of a Secret that holds the token; case counts (FACTS 1.6)."""


class Unresolved(Exception):
    """Something that a manifest names cannot be had; the text goes into a status."""


class MissingSecret(Unresolved):
    """There is no such Secret; the text is kgateway's (FACTS 1.7)."""

    def __init__(self, namespace: str, name: str) -> None:
        self.namespace = namespace
        self.name = name
        super().__init__(f'failed to find secret {name}: Secret "{name}" not found')


def find_secret(objects: Objects, namespace: str, name: str) -> Object:
    """The Secret in the Backend's own namespace. Raises MissingSecret when there is none."""
    secret = objects.peek(SECRET, namespace, name)
    if secret is None:
        raise MissingSecret(namespace, name)
    return secret


def secret_text(secret: Object, key: str = SECRET_KEY) -> str:
    """What a Secret has under a key; empty when there is nothing, or it is no UTF-8."""
    encoded = dig(secret, "data", key)
    if not isinstance(encoded, str):
        # The API server merges stringData into data; objects that never went through it may still have it.
        plain = dig(secret, "stringData", key)
        return plain if isinstance(plain, str) else ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def token(text: str) -> str:
    """The token in a Secret's text: without space around it and without one leading `Bearer ` (FACTS 1.6)."""
    return text.strip().removeprefix("Bearer ").strip()


def credential(auth_header: Object, value: str) -> Credential:
    """Where the token goes and how.

    `headerName` and `prefix` override each their half of the default `Authorization: Bearer <token>`, as the API's
    comments say: with `headerName` alone the prefix stays `Bearer`, with `prefix: ""` the bare token is sent. Between
    prefix and token stands exactly one space (CASES 22 to 24, 157).
    """
    header = auth_header.get("headerName") or "Authorization"
    prefix = auth_header.get("prefix")
    return Credential(str(header), "Bearer" if prefix is None else str(prefix).strip(), value)
