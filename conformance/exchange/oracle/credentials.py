"""The keys that arrive at a provider, and where in a request; part of the oracle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Literal
from urllib.parse import parse_qsl, urlencode

from conformance.core.startup.records import dataclass
from conformance.exchange.messages import ClientRequest
from conformance.manifests.dialects.model import Auth, Configuration
from conformance.manifests.secrets import bare_key, secret_value

__all__ = ["Keys", "keys_of", "may_call", "sendable_keys", "stored_keys", "with_parameter", "without_key"]


@dataclass(frozen=True)
class Keys:
    """The header (name, value) with the key, those with `further` ones, and the key (kind, name, value) elsewhere."""

    header: tuple[str, str] | None = field(default=None, repr=False)
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    placed: tuple[Literal["queryParameter", "cookie"], str, str] | None = field(default=None, repr=False)


def may_call(callers: Iterable[Auth], request: ClientRequest) -> bool:
    """Whether a client has one of the keys that the gateway asks for."""
    return any(f"{one.prefix or ''}{one.token}" in request.values(one.header or "") for one in callers)


def keys_of(configuration: Configuration, auth: Auth) -> Keys | None:
    """What arrives by an `auth`; None where a key cannot be had, and nothing may be sent.

    SEED table authHeader/authToken; API `AuthHeader`: `headerName` changes the header's name and `prefix` changes
    "Bearer", each on its own. API `BackendAuth.location` (agentgateway 1.x) changes both at once, `credentials` are
    put in one after the other, each in place of what has its header.
    """
    header, placed = None, None
    if auth.kind != "passthrough":
        token = auth.token if auth.kind == "inline" else _secret_key(configuration, auth, bare=True)
        if not token:
            return None
        if auth.place is not None:
            placed = (*auth.place, token)
        else:
            header = (auth.header or "Authorization", f"{'Bearer ' if auth.prefix is None else auth.prefix}{token}")
    further: dict[str, tuple[str, str]] = {}
    for one in auth.further:
        token = _secret_key(configuration, one, bare=False)
        if token is None:
            return None
        name = one.header or "Authorization"
        if header is not None and header[0].lower() == name.lower():
            header = (name, f"{one.prefix or ''}{token}")
        else:
            further[name.lower()] = (name, f"{one.prefix or ''}{token}")
    header = header or further.pop("authorization", None)
    return Keys(header, tuple(further.values()), placed)


def without_key(configuration: Configuration, auth: Auth) -> Auth:
    """Which of the credentials of an `auth` cannot be had: the first, where several cannot."""
    lacking = [one for one in auth.further if _secret_key(configuration, one, bare=False) is None]
    given = auth.kind != "secret" or _secret_key(configuration, auth, bare=True) is not None
    return lacking[0] if lacking and given else auth


def _secret_key(configuration: Configuration, auth: Auth, *, bare: bool) -> str | None:
    """API `SingleAuthToken.secretRef`, `BackendAuth.secretRef`: in the namespace of who says so, trimmed.

    A `Bearer ` before the `bare` key is taken off under the default name, `Authorization`, only.
    """
    if auth.secret is None:
        return None
    secret = configuration.secrets.get(auth.secret_id)
    value = secret_value(secret.data, auth.secret_key) if secret else None
    if not value:
        return None
    return bare_key(value) if bare and auth.secret_key == "Authorization" else value.strip()


def with_parameter(target: str, name: str, value: str) -> str:
    """A target with one query parameter more, in place of those of its name; agentgateway 1.4 writes all anew."""
    path, _, query = target.partition("?")
    kept = [one for one in parse_qsl(query, keep_blank_values=True) if one[0] != name]
    return f"{path}?{urlencode([*kept, (name, value)])}"


def stored_keys(configuration: Configuration) -> frozenset[str]:
    """The keys in all Secrets of this configuration, under whatever name and whether anything refers to them or not."""
    values = [
        secret_value(secret.data, key)
        for secret in configuration.secrets.values()
        for key in {**(secret.data.get("data") or {}), **(secret.data.get("stringData") or {})}
    ]
    return frozenset(bare_key(value) for value in values if value)


def sendable_keys(configuration: Configuration) -> frozenset[str]:
    """The keys that providers of this configuration should accept; empty where any goes, as with Passthrough."""
    found: set[str] = set()
    for _, llm in configuration.llms():
        if llm.auth.kind == "passthrough":
            return frozenset()
        keys = keys_of(configuration, llm.auth)
        if keys is not None and keys.header is not None:
            found.add(keys.header[1].rpartition(" ")[2])
    return frozenset(found)
