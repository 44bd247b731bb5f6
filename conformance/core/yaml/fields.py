"""Typed fields out of a document that people edit: each mistake becomes one message, with its line and field."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, dotted

__all__ = ["Fields", "Pattern"]


@dataclass(frozen=True)
class Pattern:
    """What a text must look like, as a regular expression and in words."""

    regex: str
    words: str

    def fits(self, text: str) -> bool:
        """Whether all of a text looks so."""
        return re.fullmatch(self.regex, text) is not None


class Fields:
    """Takes typed fields out of a document; what is wrong becomes an InputProblem at its line."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def problem(self, message: str, *path: str | int, remedy: str | None = None) -> InputProblem:
        """A problem with one field."""
        return InputProblem(message, position=self.document.at(*path), field=dotted(path), remedy=remedy)

    def value(self, *path: str | int, default: Any = None) -> Any:
        """What stands in a field; the default where nothing does."""
        value = self.document.data
        for part in path:
            if isinstance(part, str) and part not in value:
                return default
            value = value[part]
        return value

    def only(self, path: tuple[str | int, ...], allowed: tuple[str, ...]) -> None:
        """Raise InputProblem for a field of a mapping that is none of those allowed."""
        for key in self.value(*path, default={}):
            if key not in allowed:
                raise self.problem("unknown field", *path, key, remedy=f"known fields: {', '.join(allowed)}")

    def text(self, *path: str | int, default: str | None = None, pattern: Pattern | None = None) -> str:
        """A text; required where there is no default."""
        value = self.value(*path, default=default)
        if not isinstance(value, str) or not value:
            raise self.problem("expected a text", *path)
        if pattern and not pattern.fits(value):
            raise self.problem(f"expected {pattern.words}, found {value!r}", *path)
        return value

    def number(self, *path: str | int, lowest: int, highest: int) -> int:
        """A whole number from `lowest` to `highest`."""
        value = self.value(*path)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.problem(f"expected a number from {lowest} to {highest}", *path)
        return value

    def flag(self, *path: str, default: bool) -> bool:
        """True or false."""
        value = self.value(*path, default=default)
        if not isinstance(value, bool):
            raise self.problem("expected true or false", *path)
        return value

    def optional_mapping(self, *path: str | int) -> dict[str, Any]:
        """A mapping, empty where there is none."""
        value = self.value(*path, default={})
        if not isinstance(value, dict):
            raise self.problem("expected a mapping", *path)
        return value

    def listed(self, *path: str | int) -> list[Any]:
        """A list, empty where there is none."""
        found = self.value(*path, default=[])
        if not isinstance(found, list):
            raise self.problem("expected a list", *path)
        return found
