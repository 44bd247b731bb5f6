"""A fix as it is shown: what it does in a sentence, the diff, the commands for a cluster; and how to apply it."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from conformance.certification.mending.candidate import Candidate
from conformance.certification.mending.difference import difference
from conformance.certification.mending.kubectl import commands
from conformance.certification.mending.view import View
from conformance.certification.mending.weakening import weakens_tls
from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.manifests.schemas import SchemaAdmission

__all__ = ["Fix", "make_fix", "write_fix"]

_WEAKER = (
    "This weakens TLS: after it the provider is reached with less protection than the manifests ask for now, perhaps"
    " in plaintext, API key included. No other single change helps. It is right only where the provider really is so,"
    " such as an Ollama without TLS in your own network."
)
_UNKNOWN = (
    "Nothing is known of {host} but what the manifests say, so any host, port and path that agree with themselves pass:"
    " compare them with the vendor's documentation."
)
_HIDDEN = "Keys are not shown: make this change by hand, or put them in place of the placeholders."
_WINDOWS = "The lines end as on Windows: apply the diff by `git apply --ignore-whitespace`."
_NO_COMMAND = "Where a command would hold a key, none is shown: make that change by hand."


@dataclass(frozen=True)
class Fix:
    """One change with which everything passes.

    `diff` is unified, for `git apply` or `patch -p1` unless `hidden`: then keys were struck from it. `patch` is one or
    more shell commands. `warning` is empty, or says what has to be known before applying it. `texts` are all files as
    they are then, keys included. `remaining` is what is still found then; nothing where everything passes.
    """

    title: str
    diff: str
    patch: str
    weakens_tls: bool
    hidden: bool
    warning: str
    texts: Mapping[str, str] = field(repr=False)
    remaining: tuple[str, ...] = ()


def make_fix(candidate: Candidate, before: View, after: View) -> Fix:
    """How a change that helps is shown."""
    shown, weaker = difference(before.texts, after.texts), weakens_tls(before, after)
    patch = "\n".join(commands(before.items, after.items, SchemaAdmission(before.dialect.NAME)))
    hidden = _HIDDEN if shown.hidden else _NO_COMMAND if patch.startswith("# ") or "\n# " in patch else ""
    unknown = _unknown_host(before, after)
    windows = any("\r\n" in text for file, text in after.texts.items() if before.texts.get(file) != text)
    notes = ((_WEAKER, weaker), (_UNKNOWN.format(host=unknown), unknown), (hidden, hidden), (_WINDOWS, windows))
    warning = " ".join(text for text, true in notes if true)
    return Fix(candidate.title, shown.text, patch, weaker, shown.hidden, warning, after.texts)


def _unknown_host(before: View, after: View) -> str:
    """The host of a provider that is reached otherwise than before, when nobody knows how it should be; else empty."""

    def places(view: View) -> list[tuple[str, ...]]:
        fields = ("host", "port", "path", "pathPrefix", "authHeader")
        return [(entry.host, *(repr(entry.get(field)) for field in fields)) for entry in view.entries()]

    changed = [new for old, new in zip(places(before), places(after), strict=False) if old != new]
    return next((host for host, *_ in changed if host and after.vendor(host) is None), "")


def write_fix(fix: Fix, before: Mapping[str, str]) -> list[Path]:
    """Write what a fix changes into the files that it came from, whose names are the texts'; returns them.

    Raises InputProblem when a file no longer holds the text that the fix was made for, before any is written.
    """
    changed = [Path(file) for file, text in fix.texts.items() if before.get(file) != text]
    for path in changed:
        there = path.read_bytes().decode("utf-8-sig") if path.is_file() else None
        if there != before.get(str(path)):
            raise InputProblem(
                "was changed since it was read", position=Position(str(path)), remedy="look for the fix again"
            )
    for path in changed:
        # Texts are without it, and the diff does not take it away.
        mark = codecs.BOM_UTF8 if path.is_file() and path.read_bytes().startswith(codecs.BOM_UTF8) else b""
        path.write_bytes(mark + fix.texts[str(path)].encode())
    return changed
