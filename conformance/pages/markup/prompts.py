"""Prompts of terminal sessions that pages show: `$ ` before a command, `> ` before each line that goes on with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.pages.markup.source import Row

__all__ = ["PROMPT", "looks_like_command", "without_continuations"]

PROMPT = re.compile(r"[$%][ \t]+(?=\S)")

_CONTINUED = re.compile(r"([ \t]*)>(?:[ \t]|$)")


def without_continuations(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, less the `> ` of those that follow one with `$ `; the command's own prompt stays."""
    goes_on = False
    for row in rows:
        found = _CONTINUED.match(row.text) if goes_on else None
        goes_on = bool(found or PROMPT.match(row.text.lstrip()))
        yield row.changed(found[1] + row.text[found.end() :]) if found else row


_ASSIGNMENT = re.compile(r"export\s+[A-Za-z_][A-Za-z0-9_]*=|export\s+[A-Z_][A-Z0-9_]*\b|[A-Z_][A-Z0-9_]*=\S")

_TOOLS = frozenset(
    """agctl apt apt-get aws az bash brew cat cd chmod cp curl docker echo eval gcloud git go grep helm http istioctl jq
    k3d kill kind kubectl ls make minikube mkdir mv nc npm openssl pip podman printf python python3 rm sed sh sleep
    source sudo tar tee unset watch wget yq""".split()  # noqa: SIM905 - reads better than fifty quoted words
)

# After a tool's name these make a sentence about the tool, not a call of it.
_SENTENCE = frozenset(
    """a also am an and are as at but by can cannot command commands could do does doesn't for from has have if in
    instead is isn't it its may must needs of on or output prints requires returns sends should shows so supports that
    the then this to when which will with would your""".split()  # noqa: SIM905 - as above
)

_EVIDENCE = re.compile(r" \| | && |<<| >>? ?[^ ]{1,100}$|\$\(| --?[A-Za-z]|\\$")

_NAME = re.compile(r"[a-z~./][A-Za-z0-9_./-]*")


def looks_like_command(text: str, *, in_shell_block: bool = False) -> bool:
    """Whether a line, without its indentation, begins a command. In doubt it does: nothing may be skipped unseen."""
    if _ASSIGNMENT.match(text):
        return True
    if text.startswith("#"):
        return False
    if in_shell_block:
        return True
    words = text.split(maxsplit=2)
    second = words[1].lower().strip(".,:;") if len(words) > 1 else "is"
    if words[0] in _TOOLS:
        return second not in _SENTENCE
    ends_as_prose = text.rstrip().endswith((".", ":", ",", "?", "!"))
    return bool(_NAME.fullmatch(words[0]) and _EVIDENCE.search(text) and not ends_as_prose and second not in _SENTENCE)
