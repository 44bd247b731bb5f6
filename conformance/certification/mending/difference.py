"""The unified diff of texts, as `git apply` and `patch -p1` take it, with no key in it."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Mapping

from conformance.certification.mending.secrecy import HIDDEN, keys_in
from conformance.core.redaction import may_be_struck
from conformance.core.startup.records import dataclass

__all__ = ["Difference", "difference", "size_of"]

_CONTEXT = 3


@dataclass(frozen=True)
class Difference:
    """A diff; `hidden`: keys were struck from it, so that it can be read but not applied."""

    text: str
    hidden: bool


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    """What differs between two sets of files, by name.

    Lines around a change that would show a key are left out, if that suffices; keys in changed lines are hidden.
    """
    parts, hidden = list[str](), False
    for file, text in after.items():
        old = before.get(file)
        if old == text:
            continue
        lines = _unified(file, old, text, _CONTEXT)
        shown = _unified(file, *_struck(old, text), _CONTEXT)
        for context in range(_CONTEXT - 1, 0, -1):
            if lines == shown:
                break
            narrow = _unified(file, old, text, context)
            if narrow == _unified(file, *_struck(old, text), context):
                lines = shown = narrow
        hidden = hidden or lines != shown
        parts += shown
    return Difference("".join(parts), hidden)


def size_of(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    """How many lines come and go."""
    return sum(
        line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
        for file, text in after.items()
        if before.get(file) != text
        for line in _unified(file, before.get(file), text, 0)
    )


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _unified(file: str, old: str | None, new: str, context: int) -> list[str]:
    path = posixpath.normpath(file).lstrip("/")
    # As git has it: a tab ends a name with spaces.
    end = "\t" if " " in path else ""
    source = "/dev/null" if old is None else f"a/{path}{end}"
    found = difflib.unified_diff(_lines(old or ""), _lines(new), source, f"b/{path}{end}", n=context)
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found]


def _struck(old: str | None, new: str) -> tuple[str | None, str]:
    """Both texts with their keys hidden; one that is changed stays different.

    A key of either text is struck wherever it stands in both: what makes it one may be in the change itself.
    """
    texts = [text for text in (old, new) if text is not None]
    values = {value for text in texts for _, _, value in keys_in(text)}
    names = {
        # As many lines as before, so that those which follow keep their numbers.
        value: (HIDDEN if len(values) == 1 or old is None else f"<not shown, no. {n}>") + "\n" * value.count("\n")
        for n, value in enumerate(sorted(values), 1)
    }
    # Without its quotes: a change may add or take them.
    bare = {inner: name for value, name in names.items() if may_be_struck(inner := value.strip("'\""))}
    return None if old is None else _hide(old, names, bare), _hide(new, names, bare)


def _hide(text: str, names: Mapping[str, str], bare: Mapping[str, str]) -> str:
    for start, end, value in sorted(keys_in(text), reverse=True):
        text = text[:start] + names[value] + text[end:]
    # Longest first: one that contains another must not leave its remainder behind.
    for value in sorted(bare, key=len, reverse=True):
        text = text.replace(value, bare[value])
    return text
