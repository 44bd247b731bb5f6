"""Checks of what a repository accepts: that the day until which it does has not gone."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.registry import reports

__all__ = ["EXPIRED"]

EXPIRED = "acceptance-expired"
_SOURCE = "docs/how-to/accept-findings.md"


@reports(
    acceptance_expired=("the acceptance of a finding has expired", _SOURCE),
    acceptance_unused=("nothing is found that an acceptance is for", _SOURCE),
)
def acceptance_expired(sheet: Sheet) -> Iterator[Found]:
    """That one is for nothing shows only after all has been tried: `certification.config.accepting`."""
    today = datetime.datetime.now(datetime.UTC).date()
    for one in sheet.acceptances:
        if one.expired(today):
            message = f"the acceptance of {one.check} has expired on {one.expires}"
            remedy = "mend what it accepts, or set another day, with the reason"
            yield Found(EXPIRED, one.origin, (*one.path, "expires"), message, remedy)
