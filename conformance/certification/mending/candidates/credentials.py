"""Candidates about keys: which Secret, under which name, in which form, in which header."""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Iterator
from typing import Any

from conformance.certification.mending.candidate import Candidate, candidate, setting, taking
from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.text.edits import Move, Remove, Rename, Set
from conformance.certification.mending.view import Entry, Item, View, change
from conformance.core.providers.provider import Provider
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import agentgateway_1
from conformance.manifests.secrets import is_placeholder

__all__ = ["credentials"]

_DEFAULT_KEY = "Authorization"
_MOST_SECRETS = 5


def credentials(view: View) -> Iterator[Candidate]:
    """Everything that may be wrong between a provider entry and its key."""
    successor = view.dialect.NAME == agentgateway_1.NAME
    for entry in view.entries():
        yield from _tokens_agentgateway(view, entry) if successor else _tokens_kgateway(view, entry)
    for secret in view.of("Secret"):
        yield from _keys(view, secret)
        yield from _schemes(secret)
        yield from _encoding(secret)
        yield from _encoded_plain(secret)


def _secrets(view: View, item: Item, written: str) -> list[Item]:
    """The Secrets that a Backend can have meant: the one it names, else those named most like that, or like it."""
    found = {one.name: one for one in view.of("Secret") if one.namespace == item.namespace and one.name}
    if written in found:
        return [found[written]]
    near = difflib.get_close_matches(written or item.name, found, n=_MOST_SECRETS, cutoff=0)
    return [found[name] for name in near]


def _tokens_kgateway(view: View, entry: Entry) -> Iterator[Candidate]:
    item, token = entry.item, (*entry.path, "openai", "authToken")
    written = entry.text("openai", "authToken", "secretRef", "name")
    secrets = _secrets(view, item, written)
    for kind, field in (("SecretRef", "secretRef"), ("Inline", "inline")):
        if item.get(*token, field) is not None:
            yield from setting(item, (*token, "kind"), kind)
    for secret in secrets:
        if item.get(*token) is None and entry.get("openai") is not None:
            value = {"kind": "SecretRef", "secretRef": {"name": secret.name}}
            yield from candidate(f"Let {item} take its key from Secret {secret.name}", change(item, token, value))
        elif written:
            yield from setting(item, (*token, "secretRef", "name"), secret.name)
        else:
            value = {"kind": "SecretRef", "secretRef": {"name": secret.name}}
            title = f"Let {item} take its key from Secret {secret.name}"
            yield from candidate(title, change(item, token, value), doubt=1)
    yield from _inline(item, (*token, "inline"))
    yield from _header_kgateway(view, entry)


def _header_kgateway(view: View, entry: Entry) -> Iterator[Candidate]:
    item, header, meant = entry.item, (*entry.path, "authHeader"), vendor_meant(view, entry)
    if not isinstance(entry.get("authHeader"), dict):
        # A key that stands alone is what this API has no way to say.
        if meant and meant.auth_scheme and not _is_usual(meant):
            value = {"headerName": meant.auth_header, "prefix": meant.auth_scheme}
            yield from candidate(_as_wanted(item, meant), change(item, header, value, "port"))
        return
    yield from taking(item, header, why="the default, Authorization: Bearer, holds then")
    prefix = entry.text("authHeader", "prefix")
    if prefix != prefix.strip():
        yield from setting(item, (*header, "prefix"), prefix.strip())
    if meant:
        value = {"headerName": meant.auth_header, "prefix": meant.auth_scheme}
        wanted = {name: one for name, one in value.items() if one}
        yield from candidate(_as_wanted(item, meant), change(item, header, wanted), doubt=1)


def _is_usual(meant: Provider) -> bool:
    """Whether a provider reads its key where both APIs put it when nothing is said; or reads none."""
    return meant.reads("Authorization", "Bearer") or not meant.auth_required


def _as_wanted(item: Item, meant: Provider) -> str:
    wanted = f"{meant.auth_header}: {meant.auth_scheme} <key>".replace(":  ", ": ")
    return f"Send the key of {item} as {meant.title} reads it, as {wanted}"


def _from_the_page(view: View, entry: Entry) -> Iterator[Candidate]:
    """A key that is said where kgateway has it, said as agentgateway does."""
    item, token = entry.item, entry.get("openai", "authToken")
    name = entry.text("openai", "authToken", "secretRef", "name")
    own = (*entry.owner, "policies", "auth")
    if isinstance(token, dict) and name and item.get(*own) is None:
        title = f"Say in {dotted(own)} of {item} that its key is in Secret {name}; authToken is kgateway's"
        taken = Remove(item.spot.below(*entry.path, "openai", "authToken"))
        yield from candidate(title, [*change(item, own, {"secretRef": {"name": name}}), taken])


def _inline(item: Item, path: FieldPath) -> Iterator[Candidate]:
    """SEED table authToken: an inline token is sent as it is, behind the `Bearer ` that the gateway writes."""
    token = item.text(*path)
    bare = token.strip()
    if bare.lower().startswith("bearer "):
        bare = bare[7:].strip()
    if bare and bare != token:
        title = f"Strip `Bearer ` and spaces from {dotted(path)} of {item}: the gateway writes them itself"
        yield from candidate(title, [Set(item.spot.below(*path), bare)])


def _tokens_agentgateway(view: View, entry: Entry) -> Iterator[Candidate]:
    item = entry.item
    own = (*entry.owner, "policies", "auth")
    for secret in _secrets(view, item, item.text(*own, "secretRef", "name")):
        title = f"Let {item} take its key from Secret {secret.name}"
        if item.text(*own, "secretRef", "name"):
            yield from setting(item, (*own, "secretRef", "name"), secret.name)
        else:
            edits = change(item, own, {"secretRef": {"name": secret.name}})
            yield from candidate(title, edits, doubt=int(item.get(*own) is not None))
        named = [one for one in [*_values(secret, "stringData"), *_values(secret, "data")] if one != _DEFAULT_KEY]
        for name in named if item.text(*own, "secretRef", "name") == secret.name else ():
            yield from setting(item, (*own, "secretRef", "key"), name, after="name", doubt=1)
    yield from _from_the_page(view, entry)
    yield from _inline(item, (*own, "key"))
    meant = vendor_meant(view, entry)
    if meant and not _is_usual(meant) and isinstance(item.get(*own), dict):
        prefix = {"prefix": f"{meant.auth_scheme} "} if meant.auth_scheme else {}
        value = {"header": {"name": meant.auth_header, **prefix}}
        yield from candidate(_as_wanted(item, meant), change(item, (*own, "location"), value), doubt=1)
    if item.get(*own, "location") is not None:
        yield from taking(item, (*own, "location"), why="the default, Authorization: Bearer, holds then")
        scheme = meant.auth_scheme if meant else "Bearer"
        if item.get(*own, "location", "header") is not None and scheme:
            place = (*own, "location", "header", "prefix")
            yield from setting(item, place, f"{scheme} ", after="name", why="with the space that parts it from the key")


def _values(secret: Item, field: str) -> dict[str, Any]:
    found = secret.get(field)
    return found if isinstance(found, dict) else {}


def _wanted_keys(view: View, secret: Item) -> list[str]:
    """The names under which Backends look for their key in a Secret."""
    found = [_DEFAULT_KEY]
    for entry in view.entries():
        ref = entry.item.get(*entry.owner, "policies", "auth", "secretRef")
        if isinstance(ref, dict) and ref.get("name") == secret.name and isinstance(ref.get("key"), str):
            found.insert(0, ref["key"])
    return list(dict.fromkeys(found))


def _keys(view: View, secret: Item) -> Iterator[Candidate]:
    for wanted in _wanted_keys(view, secret):
        for field in ("stringData", "data"):
            values = _values(secret, field)
            for name in values if wanted not in values else ():
                title = f"Rename {field}.{name} of {secret} to {wanted}, under which the gateway looks for the key"
                yield from candidate(title, [Rename(secret.spot.below(field, name), wanted)])


def _schemes(secret: Item) -> Iterator[Candidate]:
    """`Bearer ` before a key, which is taken off under some names only."""
    for name, value in _values(secret, "stringData").items():
        if isinstance(value, str) and value.strip().lower().startswith("bearer "):
            title = f"Strip `Bearer ` from stringData.{name} of {secret}: the gateway writes it itself"
            yield from candidate(title, [Set(secret.spot.below("stringData", name), value.strip()[7:].strip())])
    for name, value in _values(secret, "data").items():
        decoded = _decoded(value) if isinstance(value, str) else None
        if decoded and decoded.strip().lower().startswith("bearer "):
            title = f"Strip `Bearer ` from data.{name} of {secret}: the gateway writes it itself"
            bare = base64.b64encode(decoded.strip()[7:].strip().encode()).decode()
            yield from candidate(title, [Set(secret.spot.below("data", name), bare)])


def _encoding(secret: Item) -> Iterator[Candidate]:
    """What stands under `data` must be base64, and is decoded once."""
    for name, value in _values(secret, "data").items():
        if not isinstance(value, str) or not value.strip():
            continue
        spot, decoded = secret.spot.below("data", name), _decoded(value)
        if decoded is None or not decoded.isprintable():
            # Where there is no stringData the whole field can be renamed, if all of it is plain text.
            if secret.get("stringData") is None and len(_values(secret, "data")) == 1:
                title = f"Rename data of {secret} to stringData: what stands there is no base64"
                yield from candidate(title, [Rename(secret.spot.below("data"), "stringData")])
            elif isinstance(secret.get("stringData"), dict):
                title = f"Move data.{name} of {secret} to stringData: it is no base64"
                yield from candidate(title, [Move(spot, secret.spot.below("stringData", name), prune=True)])
            if not is_placeholder(value):
                encoded = base64.b64encode(value.strip().encode()).decode()
                yield from candidate(f"Write data.{name} of {secret} in base64", [Set(spot, encoded)], doubt=1)
        elif _decoded(decoded) is not None and (_decoded(decoded) or "").isprintable() and len(decoded) % 4 == 0:
            title = f"Write data.{name} of {secret} in base64 once: it was encoded twice"
            yield from candidate(title, [Set(spot, decoded.strip())], doubt=1)


def _encoded_plain(secret: Item) -> Iterator[Candidate]:
    """What stands under `stringData` is not decoded."""
    plain = _values(secret, "stringData")
    for name, value in plain.items():
        if not isinstance(value, str) or len(value) % 4 or not (_decoded(value) or "\n").isprintable():
            continue
        if secret.get("data") is None and len(plain) == 1:
            title = f"Rename stringData of {secret} to data: what stands there is base64"
            yield from candidate(title, [Rename(secret.spot.below("stringData"), "data")], doubt=1)
        elif isinstance(secret.get("data"), dict):
            title = f"Move stringData.{name} of {secret} to data: it is base64"
            spots = secret.spot.below("stringData", name), secret.spot.below("data", name)
            yield from candidate(title, [Move(*spots, prune=True)], doubt=1)


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
