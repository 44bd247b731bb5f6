"""Requests that fit: what a client must send for a match of an HTTPRoute rule to take it, expressions included."""

from __future__ import annotations

import random
import re
import string
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote_plus

from conformance.core.expressions import BrokenExpression, is_whole
from conformance.core.startup.records import dataclass
from conformance.exchange.messages import Headers
from conformance.manifests.dialects.model import Match

__all__ = ["Fitting", "fitting", "text_for"]

T = TypeVar("T")

_TRIES = 200
# RFC 3986: what a path holds as it is.
_PATH = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_TAME = frozenset(string.ascii_lowercase + string.digits)
# What Rust has and Python's parser has not, as near as that can say it.
_PYTHON = (
    (re.compile(r"\\p\{?L[ul]?\}?|\\p\{?Letter\}?|\\pL"), "[a-z]"),
    (re.compile(r"\\p\{?Nd?\}?"), "[0-9]"),
    (re.compile(r"\\z"), "$"),
    (re.compile(r"\(\?[imsU]+\)"), ""),
    (re.compile(r"\(\?<(?=[A-Za-z_])"), "(?P<"),
    (re.compile(r"\[\[:alnum:\]\]"), "[a-z0-9]"),
    (re.compile(r"\[\[:alpha:\]\]"), "[a-z]"),
    (re.compile(r"\[\[:digit:\]\]"), "[0-9]"),
)


@dataclass(frozen=True)
class Fitting:
    """What fits a match: the path without its query, the query, the method (POST where any will do), the headers."""

    path: str
    query: str = ""
    method: str = "POST"
    headers: Headers = ()


def fitting(match: Match) -> Fitting | None:
    """What to send for a match; None where nobody can tell what its expressions take."""
    path = match.path
    if match.path_type == "RegularExpression":
        found = text_for(match.path, _PATH.fullmatch)
        if found is None:
            return None
        path = found
    headers = [(name, _value(kind, value)) for kind, name, value in match.headers]
    query = [(name, _value(kind, value)) for kind, name, value in match.query]
    texts = [value for _, value in (*headers, *query)]
    if any(value is None for value in texts):
        return None
    return Fitting(
        path,
        "&".join(f"{quote_plus(name)}={quote_plus(str(value))}" for name, value in query),
        match.method or "POST",
        tuple((name, str(value)) for name, value in headers),
    )


def _value(kind: str, value: str) -> str | None:
    return text_for(value, _VALUE.fullmatch) if kind == "RegularExpression" else value


class _Tame(random.Random):
    """Chooses what is plain and short wherever there is a choice."""

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        """The first letter or digit of characters; of alternatives the first."""
        return next((one for one in seq if one in _TAME), seq[0]) if isinstance(seq[0], str) else seq[0]

    def randint(self, a: int, b: int) -> int:
        """Once where that may be, else as often as must be."""
        return min(max(a, 1), b)


@lru_cache(maxsize=1024)
def text_for(expression: str, allowed: Callable[[str], Any]) -> str | None:
    """A text that the whole of an expression matches and that is `allowed`; the same one each time.

    None where none was found: the expression is broken, matches nothing, or is beyond what can be generated.
    """
    written = expression
    for rust, python in _PYTHON:
        written = rust.sub(python, written)
    try:
        texts = (_generated(written, random.Random(seed) if seed else _Tame()) for seed in range(_TRIES))
        return next((text for text in texts if allowed(text) and is_whole(expression, text)), None)
    except (BrokenExpression, re.error, LookupError, RecursionError, OverflowError, ValueError):
        return None


def _generated(expression: str, chance: random.Random) -> str:
    from rstr import Rstr  # few manifests have an expression

    with warnings.catch_warnings():
        # Python warns of what it may read otherwise one day; whether a text fits is decided by RE2 alone.
        warnings.simplefilter("ignore", FutureWarning)
        return str(Rstr(chance, printable=string.ascii_lowercase + string.digits).xeger(expression))
