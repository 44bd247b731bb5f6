"""Paths of vendors: which that is not among a vendor's facts may yet be one of its."""

from __future__ import annotations

import difflib
import functools
import re

from conformance.core.fixtures import fixtures
from conformance.core.providers.forms import is_form
from conformance.core.providers.provider import Provider

__all__ = ["USUAL_END", "may_have"]

USUAL_END = "/chat/completions"
"""How the paths of APIs like OpenAI's end."""

_PATH = re.compile(r"^path: \"?(/[^\s\"?]*)", re.MULTILINE)
_ALIKE = 0.75


def may_have(vendor: Provider, target: str) -> bool:
    """Whether a path of which nothing is known may yet be one that a vendor has, such as a beta.

    It is rather a mistake where it is another vendor's, as the usual one is, where it is made of parts of the vendor's
    own alone, less one, one twice or in another order, and where it is the vendor's own but for a letter or two.
    """
    bare = target.partition("?")[0]
    if not bare.endswith(USUAL_END) or vendor.has_path(bare) or bare in _known():
        return False
    parts = bare.split("/")
    own = [path.split("/") for path in (vendor.path, *vendor.other_paths)]
    return not any(set(parts) <= set(one) or _misspelt(parts, one) for one in own)


def _misspelt(parts: list[str], right: list[str]) -> bool:
    """Other digits are another version, and no slip."""
    return len(parts) == len(right) and all(
        one == other or (one.isalpha() and difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE)
        for one, other in zip(parts, right, strict=True)
    )


@functools.cache
def _known() -> frozenset[str]:
    """The path that each vendor recommends, as it stands in its file: a YAML parser would take its time."""
    texts = (path.read_text(encoding="utf-8") for path in fixtures("providers").glob("*.yaml"))
    return frozenset(path for text in texts for path in _PATH.findall(text) if not is_form(path))
