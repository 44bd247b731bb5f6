"""What became of a defect that was played to the cases, and all findings of a run together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from conformance.core.startup.records import dataclass

__all__ = ["Ended", "Finding", "Matrix"]


class Ended(StrEnum):
    """How it ended for a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    ERROR = "set-up error"


@dataclass(frozen=True)
class Finding:
    """One mutant. `case` is the first that failed, `kills` are all that were seen to, `cause` is what it told.

    `tests` counts what was played; `cpu` is the time of one core, `seconds` that of the clock.
    """

    mutant: str
    ended: Ended
    case: str = ""
    test: str = ""
    cause: str = ""
    right_area: bool = False
    exact: bool = False
    kills: tuple[str, ...] = ()
    tests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """Plain data, for crossing process borders and for files."""
        return {**asdict(self), "ended": self.ended.value, "kills": list(self.kills)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Finding:
        """The inverse of `as_data`."""
        return cls(**{**data, "ended": Ended(data["ended"]), "kills": tuple(data["kills"])})


@dataclass(frozen=True)
class Matrix:
    """All findings of one dialect. `cases` are the binding ones that were played; None where not all were."""

    dialect: str
    findings: Sequence[Finding]
    seconds: float
    jobs: int
    cases: Sequence[str] | None = None

    def of(self, ended: Ended) -> list[Finding]:
        """The findings that ended so."""
        return [one for one in self.findings if one.ended is ended]

    @property
    def caught(self) -> list[Finding]:
        """Those that a case noticed."""
        return self.of(Ended.CAUGHT)

    @property
    def idle(self) -> list[str]:
        """The cases that noticed no defect at all; none where not every defect was played to every case."""
        busy = {case for one in self.findings for case in one.kills}
        return [case for case in self.cases or () if case not in busy]

    @property
    def cpu(self) -> float:
        """Seconds of one core for all mutants, without what processes take to start."""
        return sum(one.cpu for one in self.findings)

    @property
    def right_area(self) -> float:
        """The share of the caught ones whose told cause is in the area of the broken rule, in per cent."""
        return _share([one.right_area for one in self.caught])

    @property
    def exact(self) -> float:
        """The share of the caught ones whose told cause names the broken step, in per cent."""
        return _share([one.exact for one in self.caught])


def _share(which: Sequence[bool]) -> float:
    return 100 * sum(which) / len(which) if which else 0.0
