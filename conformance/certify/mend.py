"""Seeks the change that mends a failed certification, on the embedded target, whatever failed where."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from conformance import deadlines
from conformance.certify.certification import Certification
from conformance.certify.source import Source, given_again
from conformance.certify.trial import try_out
from conformance.mending import Score, Search, Surroundings, find_fix
from conformance.report.causes import causes_of, position_of

__all__ = ["seek_fix"]


async def seek_fix(found: Certification, source: Source, options: argparse.Namespace) -> Search | None:
    """What came of the search; None when the manifests pass on the embedded target, so that no change would help."""
    threshold = found.settings.threshold
    failed = [one.case for one in found.verdict.results if found.verdict.fails(one)]
    if found.settings.target != "embedded" and (await try_out(source.given, threshold, failed)).good:
        return None

    async def evaluate(texts: Mapping[str, str]) -> Score:
        trial = await try_out(given_again(options, dict(texts)), threshold, failed)
        return Score(len(trial.failures), int(bool(trial.unusable)), len(trial.defects))

    places = (position_of(cause.where) for cause in causes_of(found.verdict.results))
    around = Surroundings(source.given.dialect, source.given.gateways, [place[0] for place in places if place])
    return await find_fix(source.texts, evaluate, around, seconds=deadlines.FIX)
