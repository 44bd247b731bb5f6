"""Expectations about objects: whether the API endpoint takes them, and what it says when it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from conformance.core.problems import Place
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, dotted
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.manifests.objects import Manifest

__all__ = ["HasMessage", "Refusal", "refusal_of", "refused_field", "told", "verify_accepted", "verify_refusal"]

# `spec.rules[0].filters[0].type: Required value`, `.spec.ai.host: field not declared in schema`
_FIELD = re.compile(
    r"""(?<![\w.])\.?((?:spec|metadata|data|stringData)(?:\.[A-Za-z][\w-]*|\[\d+\])*)(?=[:"]|\.[^A-Za-z]|\s|$)"""
)
# `data[username]: Required value`: what the type of a Secret asks for.
_BY_TYPE = re.compile(r"(?<![\w.])data\[[\w.-]+\]: (?:Required|Invalid) value")

_UNCHECKED = re.compile(r", <nil>: Invalid value: [^:]*: some validation rules were not checked [^\]]*")


class HasMessage(Protocol):
    """A refusal of the API endpoint."""

    @property
    def message(self) -> str: ...


@dataclass(frozen=True)
class Refusal:
    """Why the API endpoint refuses an object, and where."""

    what: str
    message: str
    where: Place


def refusal_of(manifest: Manifest, refused: HasMessage) -> Refusal:
    """Why an object was refused, and where in it."""
    path = refused_field(refused.message)
    if not path and manifest.kind == "Secret" and _BY_TYPE.search(refused.message):
        path = ("type",)
    return Refusal(str(manifest.id), told(refused.message), Place(manifest.at(*path), dotted(path)))


def told(message: str) -> str:
    """The API endpoint's message, less its remark that it has stopped there, which names no mistake."""
    return _UNCHECKED.sub("", message)


def refused_field(message: str) -> FieldPath:
    """The first field that the API endpoint's message names; empty where it names none."""
    if message.startswith("no matches for kind"):
        return ("apiVersion",)
    found = _FIELD.search(message.partition(" is invalid: ")[2] or message)
    parts = re.findall(r"[^.\[\]]+", found[1]) if found else []
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def verify_refusal(refused: HasMessage | None, what: str, message: str, *, unknown: bool = False) -> None:
    """Raise Refuted unless the API endpoint refused an object, with a message that contains this one; it has an
    `unknown` field, or breaks a rule.
    """
    expected = f"{what} is refused with {message!r}"
    if refused is None:
        facet = Facet.UNKNOWN_FIELD if unknown else Facet.ADMISSION_RULE
        raise Refuted(None, [Mismatch(facet, expected, "it is accepted")])
    if message not in refused.message:
        raise Refuted(None, [Mismatch(Facet.ADMISSION_MESSAGE, expected, refused.message)])


def verify_accepted(refusals: Sequence[Refusal]) -> None:
    """Raise Refuted with every refusal."""
    expected = "every object is accepted"
    if refusals:
        raise Refuted(None, [Mismatch(Facet.ADMISSION, expected, one.message, one.where) for one in refusals])
