"""What Secrets hold: keys, placeholders that stand for keys, and variables that are filled in."""

from __future__ import annotations

import base64
import difflib
import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.core.credentials import (
    NO_KEY_BUT_NAMES,
    credentials_of_query,
    is_credential_name,
    is_likely_key,
    is_misplaced_key,
    is_stand_in,
    without_scheme,
)
from conformance.core.redaction import may_be_struck, register_key
from conformance.manifests.dialects.model import Auth, Configuration
from conformance.manifests.misplaced_keys import misplaced_keys, without_misplaced
from conformance.manifests.objects import Manifest, ManifestSet, ObjectId

__all__ = [
    "bare_key",
    "decoded",
    "holds_values",
    "is_near",
    "is_placeholder",
    "meant_as_secret",
    "name_keys",
    "named_key",
    "register_secrets",
    "secret_value",
    "substitute",
    "variables_of",
]

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


def secret_value(secret: Mapping[str, Any], key: str) -> str | None:
    """What a Secret holds under a key, from stringData or data; None when that is nothing, or no text."""
    plain = secret.get("stringData")
    if isinstance(plain, dict) and isinstance(plain.get(key), str):
        return str(plain[key])
    encoded = secret.get("data")
    if not isinstance(encoded, dict) or not isinstance(encoded.get(key), str):
        return None
    return decoded(encoded[key])


def decoded(value: str) -> str | None:
    """The text that is written in base64; None where it is none. Go ignores line ends inside it (encoding/base64)."""
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return None


def bare_key(value: str) -> str:
    """The key in a Secret's value: trimmed, and less a `Bearer ` that stands before it."""
    return value.strip().removeprefix("Bearer ").strip()


def is_placeholder(value: str) -> bool:
    """Whether a key is still `$NAME`, `${NAME}` or `<insert ...>`, with or without `Bearer ` before it."""
    bare = bare_key(value)
    return bool(_VARIABLE.fullmatch(bare) or re.fullmatch(r"<[^<>]+>", bare))


def variables_of(value: str) -> list[str]:
    """The names of the variables in a Secret's value."""
    return [match.group(1) or match.group(2) for match in _VARIABLE.finditer(value)]


def named_key(variable: str) -> str:
    """What output calls a key that came from a variable: `<mistral-key>` for MISTRAL_API_KEY."""
    return variable.lower().replace("_", "-").removesuffix("-api-key") + "-key"


def substitute(manifests: ManifestSet, variables: Mapping[str, str] | None = None) -> None:
    """Fill in `$NAME` and `${NAME}` in Secrets, as the shell does in the page's heredocs.

    Only Secrets: nowhere else does the page have variables, and `$` is a character like others there.
    Values come from `variables`, else from the environment. What is put into a Secret is kept out of all output.
    Raises InputProblem when a variable has no value: a literal `$NAME` must never be sent as a key.
    """
    environment = os.environ if variables is None else variables
    for secret in manifests.of_kind("Secret"):
        values = secret.data.get("stringData")
        if not isinstance(values, dict):
            continue
        for key, value in values.items():
            if not isinstance(value, str):
                continue
            for match in _VARIABLE.finditer(value):
                name = match.group(1) or match.group(2)
                if not environment.get(name):
                    raise secret.problem(
                        f"the variable ${name} has no value, so the placeholder itself would be sent as the key",
                        "stringData",
                        key,
                        remedy=f"set it first: export {name}=..., or name another variable:"
                        f" --secret {secret.name}=VARIABLE",
                    )
                register_key(named_key(name), environment[name])
            values[key] = _VARIABLE.sub(lambda match: environment[match.group(1) or match.group(2)], value)


_ALIKE = 0.75

# All others hold values, or what was meant to: `dsn:` that is not indented below stringData is a field of the Secret.
_PLAIN = ("apiversion", "kind", "metadata", "type", "immutable", "name", "namespace", "group")

# What stands here is for everybody to read: a Secret that holds the same text does not make it a key.
_PUBLIC = frozenset(
    ("name", "namespace", "host", "hostname", "hostnames", "sni", "model", "kind", "apiVersion", "sectionName")
)

_SHORTEST_LINE = 16


def is_near(text: object, name: str) -> bool:
    """Whether a text is this name, or would be with a slip of the pen, in capitals or not; `name` is in lower case."""
    return isinstance(text, str) and abs(len(text) - len(name)) <= 3 and _alike(text, name)


@functools.lru_cache(maxsize=4096)
def _alike(text: str, name: str) -> bool:
    folded = text.strip().lower().replace("_", "").replace("-", "")
    return difflib.SequenceMatcher(None, folded, name).ratio() >= _ALIKE


def meant_as_secret(data: Mapping[str, Any]) -> bool:
    """Whether an object is a Secret, or was meant to be one, whatever in its head is misspelt.

    Only Secrets have stringData. What refers to a Secret has its kind, too, but none of an object's other fields.
    """
    if any(is_near(key, "stringdata") for key in data):
        return True
    if not any(is_near(key, "kind") and is_near(value, "secret") for key, value in data.items()):
        return False
    return any(is_near(key, name) for key in data for name in ("apiversion", "metadata", "data"))


def holds_values(field: str) -> bool:
    """Whether what stands in this field of a Secret may be a key."""
    return not any(is_near(field, one) for one in _PLAIN)


def register_secrets(documents: Iterable[Any]) -> None:
    """Let no output show what the Secrets in these documents hold, whether anything refers to them or not.

    Texts that are too short to be struck stay (core.redaction), as do those that are names or hosts elsewhere.
    """
    parts = list(documents)
    values = {(name, value) for one in parts for name, value in _values(one)}
    public = {text for one in parts for text in _public(one)} if values else set()
    for name, value in sorted(values):
        if not any(value in text for text in public):
            # Whose they are is told by `name_keys`, once it is known what refers to them.
            register_key(name, value, until_named=True)


def name_keys(configuration: Configuration) -> None:
    """Let output call the keys of these Backends after them, those that stand in a Backend itself included."""
    for backend, llm in configuration.llms():
        for value in _keys_of(llm.auth, configuration.secrets):
            if not is_placeholder(value):
                register_key(f"{backend.id.name}-key", bare_key(value))


def _keys_of(auth: Auth, secrets: Mapping[ObjectId, Manifest]) -> Iterator[str]:
    if auth.token is not None:
        yield auth.token
    if auth.secret is None or (secret := secrets.get(auth.secret_id)) is None:
        return
    # Also what stands there under another name than the Backend looks for: whose it is shows all the same.
    for name in {**(secret.data.get("data") or {}), **(secret.data.get("stringData") or {})}:
        if value := secret_value(secret.data, name):
            yield value


def _values(data: Any) -> Iterator[tuple[str, str]]:
    """What Secrets hold, in clear, each with what it is to be called."""
    if isinstance(data, list):
        for one in data:
            yield from _values(one)
    elif isinstance(data, dict) and meant_as_secret(data):
        metadata = data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        yield from (("hidden", one) for key in _names(data) if (one := str(key)) and is_misplaced_key(one))
        for value in _texts({key: one for key, one in data.items() if holds_values(key)}):
            yield from ((f"{name or 'secret'}-value", one) for one in _forms(value) if may_be_struck(one))
    elif isinstance(data, dict):
        found = (*_credentials(data), *misplaced_keys(data))
        yield from (("hidden", one) for one in found if may_be_struck(one))
        yield from _values(list(data.values()))


def _credentials(data: Mapping[str, Any]) -> Iterator[str]:
    """The keys in a mapping's own texts, by their names or looks: of a header, a variable, a query, anything."""
    named = data.get("name")
    for field, value in data.items():
        if not isinstance(value, str) or is_stand_in(value) or value.lower() in NO_KEY_BUT_NAMES:
            continue
        name = named if field == "value" and isinstance(named, str) else str(field)
        if field == "secretKey" and "remoteRef" in data and not is_misplaced_key(value):
            continue  # of an ExternalSecret: what the Secret is to call its value
        if is_credential_name(name):
            yield from (value.strip(), without_scheme(value))
        elif is_likely_key(value.strip()):
            yield value.strip()
        yield from credentials_of_query(value)


def _names(secret: Mapping[str, Any]) -> Iterator[Any]:
    """What a Secret calls its values: by mistake the key, where the name stands as the value."""
    for field in ("data", "stringData"):
        yield from secret[field] if isinstance(secret.get(field), dict) else ()


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict | list):
        for one in data.values() if isinstance(data, dict) else data:
            yield from _texts(one)
    elif isinstance(data, str | int | float) and not isinstance(data, bool) and not is_placeholder(str(data)):
        yield str(data)


def _forms(value: str) -> Iterator[str]:
    """A value as it is and, from base64, as it is used; of several lines each, for a text may be indented."""
    for one in (value, decoded(value) or ""):
        yield bare_key(one)
        if "\n" in one.strip():
            lines = (line.strip() for line in one.splitlines())
            yield from (line for line in lines if len(line) >= _SHORTEST_LINE and not line.startswith("---"))


def _public(data: Any, *, here: bool = False) -> Iterator[str]:
    """The names and hosts in what is no Secret."""
    if isinstance(data, list):
        for one in data:
            yield from _public(one, here=here)
    elif isinstance(data, dict):
        hidden = meant_as_secret(data)
        for key, one in data.items():
            if not (hidden and holds_values(key)):
                yield from _public(one, here=key in _PUBLIC)
    elif here and isinstance(data, str):
        yield without_misplaced(data)
