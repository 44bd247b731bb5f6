"""Checks for what was never filled in: `$NAME`, `<your key>`, `changeme`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.certification.checks.keys import keys_of
from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.modifiers import modifiers
from conformance.certification.checks.registry import reports
from conformance.core.addresses import is_inside
from conformance.core.credentials import is_credential_name, without_scheme
from conformance.core.yaml.located import FieldPath
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.objects import BACKEND
from conformance.manifests.secrets import bare_key

__all__ = ["is_unfilled", "is_variable"]

_TEMPLATE = re.compile(
    r"\$[A-Za-z_]\w*|\$\{[^{}]*\}|\$\([^()]*\)|\$\{\{.*\}\}|<[^<>]+>|\{\{.*\}\}|%[A-Za-z_]\w*%|__[A-Za-z]\w*__|@@?\w+@@?"
)
_WORDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Words for a key where the key belongs: YOUR_API_KEY, sk-your-key-here, insert-key-here, MISTRAL_API_KEY.
        r".*(?<![a-z])your[-_ ]?(\w+[-_ ]){0,3}?(\w+[-_ ]?)?(key|token|secret)(?![a-z]).*",
        r"(insert|paste|enter|put|add|replace)[-_ ].*(key|token|secret|here|this|me).*",
        r"(change|replace|fill|fix)[-_ ]?(me|this|in)",
        r"(\w+_)?(api|access|auth|secret)[-_ ]?(key|token)([-_ ]here)?",
        r"to[-_]?do\b.*|placeholder|redacted",
        # References that a tool was to resolve: op://vault/item, vault:secret/..., {KEY}, ref+awsssm://...
        r"(https?|file)://.*|(~|\.{1,2})/.*|/(etc|home|mnt|opt|root|run|secrets?|tmp|usr|var|vault)/.*",
        r"op://.*|vault:.*|ref\+\w+://.*|arn:aws:.*|\{[a-z_]\w*\}|\[[a-z_ ]+\]",
        # Dots, stars and crosses in place of what is not shown: sk-..., xxxx, gsk_****.
        r"([a-z]{2,6}[-_])?([\w-]+[-_])?(x{4,}|\.{3,}|\*{3,}|…).*|[\w-]+\.{3,}[\w-]+",
    )
)
_LONGEST = 200
_KINDS = (BACKEND, "HTTPRoute", "BackendTLSPolicy")


def is_unfilled(key: str) -> bool:
    """Whether a key is a word for a key, or a variable that nobody has filled in."""
    bare = bare_key(key)
    return 0 < len(bare) <= _LONGEST and bool(_TEMPLATE.fullmatch(bare) or any(one.fullmatch(bare) for one in _WORDS))


def is_variable(text: str) -> bool:
    """Whether it is nothing but a variable or template that nobody has filled in."""
    return bool(_TEMPLATE.fullmatch(text))


@reports(
    placeholder_left=(
        "a placeholder such as $MISTRAL_API_KEY, <your key> or changeme was never filled in",
        "the page, step 2: export the key first",
    )
)
def placeholder_left(sheet: Sheet) -> Iterator[Found]:
    """In keys also words for one; elsewhere only what has the form of a variable or template.

    A server of one's own that asks for no key takes any word, and some clients want one: of that it is only warned.
    """
    keys = list(keys_of(sheet))
    for key in keys:
        if is_unfilled(key.value):
            remedy = "write the API key there" if not key.inline else "write the API key there, or refer to a Secret"
            message = "a placeholder stands where the API key belongs, and would be sent to the provider"
            keyless = is_inside(key.entry.reached or DEFAULT_HOST) and not _TEMPLATE.fullmatch(bare_key(key.value))
            if keyless:
                remedy += "; without one it works where that server asks for none"
            severity = Severity.WARNING if keyless else Severity.ERROR
            yield Found("placeholder-left", key.manifest, key.path, message, remedy, severity)
    told = {(id(key.manifest), key.path) for key in keys}
    for origin, below, name, text in modifiers(sheet):
        word, path = without_scheme(text) if isinstance(text, str) else "", (*origin.path, *below)
        if is_credential_name(name) and is_unfilled(word):
            told.add((id(origin.manifest), path))
            message = f"{word} is sent as it stands there, in the header {name}; variables count in Secrets only"
            remedy = "put the key into a Secret, and let the Backend's authentication refer to that"
            yield Found("placeholder-left", origin.manifest, path, message, remedy)
    for one in sheet.manifests.of_kind(*_KINDS):
        for path, text in _texts(one.spec, ("spec",)):
            if _TEMPLATE.fullmatch(text) and (id(one), path) not in told and not _is_pattern(path):
                message = f"the placeholder {text} was never filled in; variables count in Secrets only"
                yield Found("placeholder-left", one, path, message, "write the value there, or run envsubst first")


def _is_pattern(path: FieldPath) -> bool:
    """Conditions on headers and queries are the person's own texts."""
    return "headers" in path or "queryParams" in path


def _texts(data: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(data, str):
        if len(data) <= _LONGEST:
            yield path, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(value, (*path, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*path, index))
