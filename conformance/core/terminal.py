"""What a stream can show: colours and lines that change, or plain lines only; and lines in which nothing acts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

from conformance.core.redaction import redact

__all__ = ["is_live", "one_line", "say", "visible", "wants_colour"]

# What makes a runner of GitHub Actions take a line for a command: `::` behind spaces, `##[` anywhere.
# Source: actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse.
_COMMAND = re.compile(r"^\s*:(?=:)|##(?=\[)")


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to write colours there. Source: no-color.org; terminfo's name of a terminal that has none, `dumb`."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and stream.isatty()


def is_live(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines may change after they were written: a person looks at them, not a log.

    Systems for continuous integration set CI, and some give their jobs a terminal.
    """
    return wants_colour(stream, environment) and environment.get("CI", "false").lower() in ("", "0", "false")


def visible(text: str, keep: str = "\t") -> str:
    """The text with what cannot be seen written as `\\n`, `\\x1b` or `\\u202e`, but for the characters to `keep`."""
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )


def one_line(text: str) -> str:
    """The text as one line that moves no cursor, and that no runner of GitHub Actions obeys."""
    return _COMMAND.sub(r"\g<0> ", visible(text))


def say(line: str, file: TextIO | None = None, *, flush: bool = False) -> None:
    """Print one line, on standard output if nothing else is said: no key is in it, and nothing in it acts.

    What manifests, pages, gateways and folders are called is printed by this only.
    """
    print(one_line(redact(line)), file=file, flush=flush)
