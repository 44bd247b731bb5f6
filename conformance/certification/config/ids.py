"""The ids by which findings are accepted and explained: those of checks and of cases."""

from __future__ import annotations

import difflib

from conformance.certification.checks import CHECKS
from conformance.stage.case import CHECKS as AREA
from conformance.stage.case import catalogue

__all__ = ["UNACCEPTABLE", "check_id", "is_of_acceptances", "known_ids"]

UNACCEPTABLE = "tells of acceptances and cannot be accepted itself"


def known_ids() -> list[str]:
    """All of them, as results have them: `checks/ID` for a check, `AREA/ID` for a case."""
    return [*(f"{AREA}/{one}" for one in sorted(CHECKS)), *(one.id for one in catalogue())]


def check_id(written: str) -> tuple[str, str]:
    """The id that a person means, with or without `checks/`; or an empty one, and what was probably meant."""
    full = written if "/" in written else f"{AREA}/{written}"
    known = known_ids()
    if full in known:
        return full, ""
    tails = {one.rpartition("/")[2]: one for one in known} if "/" not in written else {}
    if written in tails:
        return tails[written], ""
    if near := difflib.get_close_matches(written, [*known, *tails], n=1):
        return "", f"did you mean {near[0].removeprefix(f'{AREA}/')}?"
    return "", "`agw-conformance explain` lists them"


def is_of_acceptances(known: str) -> bool:
    """Whether an id is that of a check of acceptances, not of what is certified."""
    return known.startswith(f"{AREA}/acceptance-")
