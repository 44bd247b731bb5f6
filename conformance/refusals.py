"""Expectations about objects: whether the API endpoint takes them, and what it says when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from conformance.expect import Mismatch, Refuted

__all__ = ["HasMessage", "verify_accepted", "verify_refusal"]


class HasMessage(Protocol):
    """A refusal of the API endpoint."""

    @property
    def message(self) -> str: ...


def verify_refusal(refused: HasMessage | None, what: str, message: str) -> None:
    """Raise Refuted unless the API endpoint refused an object, with a message that contains this one."""
    expected = f"{what} is refused with {message!r}"
    if refused is None:
        raise Refuted(None, [Mismatch("admission rule", expected, "it is accepted")])
    if message not in refused.message:
        raise Refuted(None, [Mismatch("admission message", expected, refused.message)])


def verify_accepted(refusals: Sequence[HasMessage]) -> None:
    """Raise Refuted with every refusal."""
    if refusals:
        raise Refuted(None, [Mismatch("admission", "every object is accepted", one.message) for one in refusals])
