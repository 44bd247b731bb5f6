"""Tools that a request offers: which are called, and with what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from conformance.core.startup.records import dataclass
from mock_providers.vendor.instances import instance

__all__ = ["Call", "Offer", "calls_of", "offered"]

_TAKES_ANY = ("required", "any", "auto", None)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool; `arguments` is the JSON text of an object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, and the schema of its arguments."""

    name: str
    schema: Any


def offered(tools: Any) -> tuple[Offer, ...]:
    """The functions among the tools of a request, as chat completions, Responses and Messages each write them.

    Raises ValueError with words for one that is none.
    """
    found = []
    for index, tool in enumerate(tools or []):
        if not isinstance(tool, Mapping):
            raise ValueError(f"tools[{index}]: an object is required")
        described = tool.get("function", tool)
        if tool.get("type", "function") not in ("function", "custom"):
            continue  # a tool of the vendor's own
        if not isinstance(described, Mapping) or not isinstance(described.get("name"), str):
            raise ValueError(f"tools[{index}]: a function with a name is required")
        found.append(Offer(described["name"], described.get("parameters", described.get("input_schema"))))
    return tuple(found)


def calls_of(offers: tuple[Offer, ...], choice: Any, *, parallel: bool, seed: str) -> tuple[Call, ...]:
    """The calls that a model makes: with `parallel` of each tool, else of one.

    It calls whenever it may, so that who offers tools sees them called. Raises ValueError with words for a choice of
    something that is not offered.
    """
    kind = choice.get("type") if isinstance(choice, Mapping) else choice
    if kind == "none" or (not offers and kind in _TAKES_ANY):
        return ()
    if isinstance(choice, Mapping) and kind in ("function", "tool"):
        name = choice.get("function", choice).get("name")
        offers = tuple(one for one in offers if one.name == name)[:1]
        if not offers:
            raise ValueError(f"tool_choice: {name!r} is not among the tools")
    elif kind not in _TAKES_ANY:
        raise ValueError(f"tool_choice: {kind!r} is not known")
    return tuple(
        Call(_id(seed, number), one.name, json.dumps(instance(one.schema or {}), ensure_ascii=False))
        for number, one in enumerate(offers if parallel else offers[:1])
    )


def _id(seed: str, number: int) -> str:
    """Nine letters and digits, which is all that the strictest of vendors takes back."""
    return hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()[:9]
