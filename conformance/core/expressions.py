"""Regular expressions as Rust's `regex` has them, by which agentgateway matches: linear in time, less than Python's.

The engine is RE2, the model of Rust's. What only one of the two takes is refused here: no lookaround, no backreference,
no `\\Z` (both), no `\\Q...\\E`, no `\\C`, no octal numbers (Rust, regex-syntax).
"""

from __future__ import annotations

import re
from functools import lru_cache

import re2

__all__ = ["BrokenExpression", "is_whole", "refusal_of"]

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# An even number of backslashes before it, and then one that begins what Rust has not.
_NOT_IN_RUST = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:[QEC]|0|[1-9]))")


class BrokenExpression(ValueError):
    """A text that is no regular expression to agentgateway; the message says what in it is not."""


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> re2._Regexp:
    if found := _NOT_IN_RUST.search(expression):
        raise BrokenExpression(f"Rust's regular expressions have no {found[1]}")
    try:
        return re2.compile(expression, _OPTIONS)
    except re2.error as error:
        said = error.args[0] if error.args else error
        raise BrokenExpression(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None


def refusal_of(expression: str) -> str | None:
    """Why agentgateway takes a text for no regular expression; None where it is one."""
    try:
        _compiled(expression)
    except BrokenExpression as broken:
        return str(broken)
    return None


def is_whole(expression: str, text: str) -> bool:
    """Whether what the expression finds first is the whole text. Raises BrokenExpression.

    As agentgateway does it (v0.10.5 and v1.4.1, http/route.rs): of `/a|/a/b` the first alternative is found in `/a/b`,
    which is not the whole of it, so that it does not match.
    """
    found = _compiled(expression).search(text)
    return found is not None and found.span() == (0, len(text))
