"""The path of a provider, as the manifests alone say it, and paths of variations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.exchange.ways import become_of_prefix
from conformance.manifests.dialects.model import Backend, Configuration, Llm, ways_to
from conformance.manifests.remedies import doubled

__all__ = ["path_of", "undoubled", "variation_path"]

_DEFAULT = "/v1/chat/completions"
_END = "/chat/completions"


def path_of(backend: Backend, llm: Llm, configuration: Configuration | None) -> str:
    """Where chat completions are, mistakes undone: by the Backend's fields, else by what routes make of a prefix."""
    if llm.path_prefix is not None:
        written = f"{llm.path_prefix.rstrip('/')}{_END}"
    elif llm.path is not None:
        written = llm.path
    else:
        written = next(_based(backend, configuration), _DEFAULT) if configuration and llm.host else _DEFAULT
    return written.partition("?")[0]


def _based(backend: Backend, configuration: Configuration) -> Iterator[str]:
    """Below a base of the API, such as /openai/v1, that a route puts in the place of its prefix."""
    for base in (become_of_prefix(rule) for _, rule in ways_to(configuration.routes, backend.id)):
        # Whoever writes the end, too, and another than the default's, has rather mistyped it.
        if base and not _DEFAULT.startswith(f"{base}/") and "chat" not in base:
            yield f"{base}{_END}"


def undoubled(path: str) -> str:
    """The path as the vendor has it when a part of it was written twice: /v1/v1/chat -> /v1/chat."""
    while twice := doubled(path):
        path = twice[1]
    return path


def variation_path(kind: object, path: str, name: str) -> str:
    """The path of a match in a variation, so that no other's takes its requests."""
    if kind == "RegularExpression":
        return _variation_expression(path, name)
    first, slash, rest = path.lstrip("/").partition("/")
    return f"/{first}-{name}{slash}{rest}" if first else f"/{name}"


def _variation_expression(expression: str, name: str) -> str:
    """What it takes, below a path of its own: for it has no first segment, but alternatives, classes and anchors."""
    bare = expression.removeprefix("^")
    return f"/{name}(?:{bare})" if _has_alternatives(bare) else f"/{name}{bare}"


def _has_alternatives(expression: str) -> bool:
    """Whether it has a `|` outside of groups, classes and escapes."""
    depth = 0
    for one in re.findall(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", expression, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(one, 0)
        if one == "|" and depth == 0:
            return True
    return False
