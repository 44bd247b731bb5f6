"""Which texts in manifests may be keys: what stands in Secrets, and what people put elsewhere by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from conformance.certification.mending.text.tree import Tree, entries, start_of
from conformance.core.credentials import VENDOR_KEY
from conformance.manifests.cleaning import LAST_APPLIED
from conformance.manifests.secrets import holds_values, is_placeholder, meant_as_secret

__all__ = ["HIDDEN", "keys_in", "without_keys"]

HIDDEN = "<not shown>"
# Where the APIs have a key itself: authToken.inline, policies.auth.key. Elsewhere `key` is the name of one.
_TOKENS = (("authToken", "inline"), ("auth", "key"))
_NAMES = re.compile(
    r"^(x-)?(inline|authorization|bearer|password|((api|access|secret)[-_]?)?(key|token))$", re.IGNORECASE
)
# Also in comments and in the middle of a text.
_KEYS = re.compile(rf"\bBearer\s+[A-Za-z0-9_.~+/=-]{{8,}}|{VENDOR_KEY.pattern}")
_DOCUMENT = re.compile(r"^---(?=\s)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*", re.MULTILINE)
# A word with letters and digits, and no address.
_DRAWN = re.compile(r"(?<![\w/.+=~-])(?=[^\s\d]*\d)(?=[^\sA-Za-z]*[A-Za-z])(?!\S*//)[\w.+/=~-]{12,}")


def _is_token(path: tuple[str, ...], value: str) -> bool:
    if path[-2:] in _TOKENS or path[-1:] == (LAST_APPLIED,) or _KEYS.search(value):
        return True
    named = _NAMES.match(path[-1]) if path else None
    return bool(named) and path[-2:] != ("secretRef", "key")


def keys_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Where keys stand in a YAML text, in characters, and what is written there. Placeholders are none."""
    found, places = list[tuple[int, int]](), list[int]()
    tree = Tree(text)
    for root in tree.roots:
        for node in _nodes(root, secret=False):
            start, end = start_of(node), tree.end(node)
            places.append(start)
            if end > start and not is_placeholder(str(node.value)):
                found.append((start, end))
    for match in (*_KEYS.finditer(text), *_in_comments(text, places)):
        if not any(start <= match.start() < end for start, end in found):
            found.append(match.span())
    yield from ((start, end, text[start:end]) for start, end in sorted(found))


def _in_comments(text: str, keys: Sequence[int]) -> Iterator[re.Match[str]]:
    """What may be a former key, of whatever form: in comments of the documents in which keys stand."""
    ends = [match.start() for match in _DOCUMENT.finditer(text)]
    for begin, end in zip([0, *ends], [*ends, len(text)], strict=True):
        if any(begin <= key < end for key in keys):
            for comment in _COMMENT.finditer(text, begin, end):
                yield from _DRAWN.finditer(text, *comment.span())


def _nodes(node: yaml.Node, *, secret: bool, path: tuple[str, ...] = ()) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        if _is_hidden(path, secret=secret) or _is_token(path, str(node.value)):
            yield node
        return
    names = {str(one.key.value): one.value for one in entries(node) if one.key is not None}
    texts = {name: one.value if isinstance(one, yaml.ScalarNode) else None for name, one in names.items()}
    secret, path = _within(texts, path, secret=secret)
    for name, value in names.items():
        yield from _nodes(value, secret=secret, path=(*path, _header(names, name)))
    for one in entries(node) if not names else ():
        yield from _nodes(one.value, secret=secret, path=path)


def _within(data: Mapping[str, Any], path: tuple[str, ...], *, secret: bool) -> tuple[bool, tuple[str, ...]]:
    """Whether a mapping's fields are those of a Secret, and their path in it: each object of a List begins anew."""
    if not _is_hidden(path, secret=secret) and (meant_as_secret(data) or {"kind", "apiVersion"} <= set(data)):
        return meant_as_secret(data), ()
    return secret, path


def _is_hidden(path: tuple[str, ...], *, secret: bool) -> bool:
    return secret and bool(path) and holds_values(path[0])


def _header(names: Mapping[str, Any], name: str) -> str:
    """What a field is called: of the value of a header, `{name: Authorization, value: ...}`, the header's name."""
    header = names.get("name")
    header = header.value if isinstance(header, yaml.ScalarNode) else header
    return header if name == "value" and isinstance(header, str) else name


def without_keys(data: Any, path: tuple[str, ...] = (), *, secret: bool = False) -> Any:
    """Data with all that may be a key hidden; `path` is where it stands."""
    if isinstance(data, list):
        return [without_keys(one, path, secret=secret) for one in data]
    if isinstance(data, dict):
        secret, path = _within(data, path, secret=secret)
        return {key: without_keys(one, (*path, _header(data, key)), secret=secret) for key, one in data.items()}
    if _is_hidden(path, secret=secret) and data is not None and not is_placeholder(str(data)):
        return HIDDEN
    if not isinstance(data, str) or is_placeholder(data):
        return data
    return HIDDEN if _is_token(path, data) else data
