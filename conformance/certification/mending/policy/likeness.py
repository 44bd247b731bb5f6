"""Which names one person can have meant by another: by the words that tell things apart, not by `secret` or `api`."""

from __future__ import annotations

import difflib
import re
from itertools import zip_longest

from conformance.core.addresses import is_address, is_inside

__all__ = ["near", "near_host"]

_GENERIC = re.compile(
    r"secrets?|(api)?keys?|tokens?|cred(ential)?s?|auth|api|llm|ai|model|provider|backend|service|svc"
    r"|(agent|k)?gateway|agent|proxy|route"
)
_ALIKE = 0.8
_ALIKE_WITHOUT_WORDS = 0.7


def near(name: str, other: str) -> bool:
    """Whether one is a misspelling or a variant of the other."""
    words, others = _words(name), _words(other)
    if words and others:
        return any(_ratio(one, another) >= _ALIKE for one in words for another in others)
    return not words and not others and _ratio(name, other) >= _ALIKE_WITHOUT_WORDS


def near_host(written: str, host: str) -> bool:
    """Whether a host is another one misspelt: of the same owner by the name before the last dot, and not in a cluster.

    `api.z.ai` and `api.x.ai` differ by one letter, and are two vendors. In a cluster each part has to be like it.
    """
    if is_inside(written) != is_inside(host) or is_address(written) or is_address(host):
        return False
    if is_inside(written):  # each part tells one server from another: vllm.models is not vllm.vllm
        return all(_ratio(*both) >= _ALIKE for both in zip_longest(written.split("."), host.split("."), fillvalue=""))
    return _ratio(written, host) >= _ALIKE and _ratio(_owner(written), _owner(host)) >= _ALIKE


def _words(name: str) -> list[str]:
    return [one for one in re.split(r"[^a-z0-9]+", name.lower()) if one and not _GENERIC.fullmatch(one)]


def _owner(host: str) -> str:
    return (host.split(".")[-2:] or [""])[0]


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()
