"""Differences that are known: fixtures/differences.yaml says of each what it is, why, and how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from conformance.core.fixtures import fixtures, shown
from conformance.core.problems import InputProblem
from conformance.core.yaml.located import read_documents
from conformance.proof.differing.comparing import Difference
from conformance.stage.target import Implementation
from conformance.verdict.deviations import within

__all__ = ["KINDS", "Known", "explained", "known_differences"]

KINDS = ("documented", "deviation", "unspecified")
"""As documented and not made by the reference; against what is documented; nobody says how it should be."""


@dataclass(frozen=True)
class Known:
    """What `versions` of agentgateway show of a fact where the reference shows another; all three are patterns."""

    fact: str
    reference: str
    gateway: str
    versions: str
    kind: str
    why: str
    source: str

    def explains(self, difference: Difference, left: Implementation, right: Implementation) -> bool:
        """Whether it is this difference, whichever side the gateway is on."""
        if not fnmatchcase(difference.fact, self.fact):
            return False
        sides = ((left, difference.left, difference.right), (right, difference.right, difference.left))
        return any(
            within(self.versions, one.version)
            and fnmatchcase(mine, self.gateway)
            and fnmatchcase(other, self.reference)
            for one, mine, other in sides
            if one.product
        )


def known_differences() -> list[Known]:
    """All of them. Raises InputProblem for a mistake in the file."""
    file = fixtures("differences.yaml")
    (document,) = read_documents(file.read_text(encoding="utf-8"), shown(file))
    return [_known(one, f"{shown(file)}: entry {number}") for number, one in enumerate(document.data, 1)]


def explained(
    difference: Difference, known: Sequence[Known], left: Implementation, right: Implementation
) -> Known | None:
    """The entry that explains it, if one does."""
    return next((one for one in known if one.explains(difference, left, right)), None)


def _known(entry: Any, where: str) -> Known:
    fields = ("fact", "reference", "gateway", "versions", "kind", "why", "source")
    if not isinstance(entry, dict) or set(entry) != set(fields) or entry["kind"] not in KINDS:
        raise InputProblem(f"{where}: expected {', '.join(fields)}, and kind one of {', '.join(KINDS)}")
    return Known(**{name: str(entry[name]) for name in fields})
