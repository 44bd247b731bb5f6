"""What a check is about for people: why it matters, and an example, from fixtures/checks.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.fixtures import fixtures
from conformance.core.startup.records import dataclass
from conformance.core.yaml.fields import Fields
from conformance.core.yaml.located import read_documents

__all__ = ["Explanation", "explanations"]

_FIELDS = ("why", "wrong", "right")


@dataclass(frozen=True)
class Explanation:
    """Why a mistake matters, how it looks and how it is right; empty where there is no example."""

    why: str
    wrong: str = ""
    right: str = ""


def explanations() -> Mapping[str, Explanation]:
    """All of them, by the id of the check. Raises InputProblem for a mistake in the file."""
    file = fixtures("checks.yaml")
    (document,) = read_documents(file.read_text(encoding="utf-8"), str(file))
    fields = _Fields(document)
    return {name: fields.explanation(name) for name in fields.optional_mapping()}


class _Fields(Fields):
    """The fields of the file."""

    def explanation(self, name: str) -> Explanation:
        self.optional_mapping(name)
        self.only((name,), _FIELDS)
        given = [self.text(name, one) for one in _FIELDS if one in self.value(name)]
        return Explanation(*given)
