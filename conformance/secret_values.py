"""What Secrets hold: keys, placeholders that stand for keys, and variables that are filled in."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from typing import Any

from conformance.manifests import ManifestSet
from conformance.redaction import register_key

__all__ = ["bare_key", "decoded", "is_placeholder", "named_key", "secret_value", "substitute"]

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
    """The text that is written in base64; None where it is none."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return None


def bare_key(value: str) -> str:
    """The key in a Secret's value: trimmed, and less a `Bearer ` that stands before it."""
    return value.strip().removeprefix("Bearer ").strip()


def is_placeholder(value: str) -> bool:
    """Whether a key is still `$NAME`, `${NAME}` or `<insert ...>`, with or without `Bearer ` before it."""
    bare = bare_key(value)
    return bool(_VARIABLE.fullmatch(bare) or re.fullmatch(r"<[^<>]+>", bare))


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
