"""Seeks the change that mends a failed certification, on the embedded target, whatever failed where.

Where the reference imitates a gateway, what mends is what passes there; of a real one nobody waits for each candidate.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.certification.certification import Certification
from conformance.certification.mending import Around, Evaluate, Measure, Score, Search, State, compose, find_fix
from conformance.certification.request import CertifyRequest
from conformance.certification.source import Source, facts_named, given_again
from conformance.certification.trial import Trial, try_out
from conformance.core import deadlines
from conformance.core.problems import BeyondSuite, InputProblem
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.input.folders import LeftOut, listed, text_of
from conformance.manifests.input.reading import known_gateways
from conformance.manifests.objects import read_text
from conformance.manifests.rendering.helm import is_chart
from conformance.manifests.rendering.kustomizations import is_apart, roots_below
from conformance.stage.case import CHECKS, Level
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.verdict.blame import NOT_IN_MANIFESTS
from conformance.verdict.causes import causes_of
from conformance.verdict.results import Result

__all__ = ["seek_fix", "seek_fix_of_input"]


async def seek_fix(found: Certification, source: Source, request: CertifyRequest) -> Search | None:
    """What came of the search; None when no change of the manifests would help: they are not to blame for anything that
    failed, or pass on the embedded target.
    """
    causes = causes_of(found.verdict.results)
    if all(cause.remedy.startswith(NOT_IN_MANIFESTS) for cause in causes):
        return None
    threshold = found.settings.threshold
    failed = [one.case for one in found.verdict.results if found.verdict.fails(one)]
    wanted, on = request.run.providers, _tried_on(request)
    if request.run.on != on and (await try_out(source.given, threshold, failed, wanted=wanted)).good:
        return None
    try:
        given_again(request, source.texts)
    except InputProblem as problem:
        # No candidate could be read either, and to say that none helps would be wrong.
        return Search(None, 0, 0, cut_short=False, unreadable=str(problem))

    async def evaluate(texts: Mapping[str, str]) -> Score:
        trial = await try_out(given_again(request, texts), threshold, failed, wanted=wanted, on=on)
        return _score(trial, failed)

    faults = [cause.where.position for cause in causes if cause.where]
    around = Around(source.given.dialect, source.given.gateways, faults, source.given.facts)
    mistakes = sum(map(found.counts, causes))
    return await _search(source.texts, evaluate, _measure(request, threshold), around, mistakes)


async def seek_fix_of_input(problem: InputProblem, request: CertifyRequest) -> Search | None:
    """What came of the search where the input could not be used as it is; None where there is nothing to edit."""
    if any(map(_is_rendered, request.run.manifests)):
        return None
    try:
        texts = dict(_texts(request.run.manifests))
    except InputProblem:
        return None  # more than anybody can edit, or not to be read at all
    if problem.position is None or problem.position.file not in texts or isinstance(problem, BeyondSuite):
        return None
    threshold = Level(request.run.level.upper())

    async def evaluate(texts: Mapping[str, str]) -> Score:
        given = given_again(request, texts)
        trial = await try_out(given, threshold, wanted=request.run.providers, on=_tried_on(request))
        return _score(trial, ())

    dialect = request.run.dialect or _dialect(texts)
    try:
        facts = facts_named(request.run.providers)
        around = Around(dialect, known_gateways([], dialect), [problem.position], facts)
        return await _search(texts, evaluate, _measure(request, threshold), around, None)
    except InputProblem:
        return None  # what is no YAML cannot be edited, and without the facts nobody knows what is right


async def _search(
    texts: Mapping[str, str], evaluate: Evaluate, measure: Measure, around: Around, mistakes: int | None
) -> Search:
    """A single change, else several. Where several mistakes are known, less time goes into the first."""
    began = time.monotonic()
    share = 1.0 if mistakes == 1 else 1 / 3
    single = await find_fix(texts, evaluate, around, seconds=deadlines.FIX * share)
    single = replace(single, mistakes=mistakes, before=texts)
    if single.fix is not None or mistakes == 1:
        return single
    left = deadlines.FIX - (time.monotonic() - began)
    composed = await compose(texts, measure, around, seconds=left)
    if composed is None or (composed.remaining and composed.changes == 1 and mistakes is None):
        return single
    return replace(single, fix=composed.fix, changes=composed.changes)


def _score(trial: Trial, failed: Collection[str]) -> Score:
    """Of the cases that `failed` before one has to hold: that none is applicable any more mends nothing."""
    played = {case for case in failed if not case.startswith(f"{CHECKS}/")}
    unproven = trial.good and played and not any(one.case in played for one in trial.held)
    return Score(len(trial.failures) + bool(unproven), int(bool(trial.unusable)), len(trial.defects))


def _tried_on(request: CertifyRequest) -> EmbeddedOptions:
    """The options that were given, where they are about a gateway that the reference imitates; else none."""
    given = request.run.on
    return given if isinstance(given, EmbeddedOptions) and given.imitated is not None else EmbeddedOptions()


def _name(result: Result) -> str:
    """What a result is of: its test, and whose."""
    return f"{result.test} {result.providers}"


def _measure(request: CertifyRequest, threshold: Level) -> Measure:
    """How far texts come, with all that is found there."""

    async def measure(texts: Mapping[str, str]) -> State:
        try:
            given = given_again(request, texts)
        except InputProblem as problem:
            faults = (problem.position,) if problem.position else ()
            return State(0, frozenset({problem.message}), faults, (str(problem),))
        wanted, on = request.run.providers, _tried_on(request)
        trial = await try_out(given, threshold, wanted=wanted, every=True, on=on)
        if trial.unusable:
            return State(0, frozenset({trial.unusable}), (), (trial.unusable,))
        if defects := trial.defects:
            keys = frozenset(f"{one.check} {one.about} {one.field} {one.message}" for one in defects)
            told = tuple(f"{one.position}: {one.message}" for one in defects)
            return State(1, keys, tuple(one.position for one in defects), told)
        held = frozenset(map(_name, trial.held))
        if failures := trial.failures:
            keys = frozenset(map(_name, failures))
            told = tuple(f"{cause.where or 'the input'}: {cause.cause}" for cause in causes_of(failures))
            return State(2, keys, tuple(one.where.position for one in failures if one.where), told, held)
        return State(3, held=held)

    return measure


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The files that belong to the input, by name, and what they hold. Raises InputProblem."""
    seen: set[str] = set()
    for path in paths:
        if not Path(path).is_dir():
            yield path, read_text(path)
            continue
        for file in listed(Path(path), seen):
            text = file if isinstance(file, LeftOut) else text_of(file)
            if isinstance(text, str):
                yield str(file), text


def _is_rendered(path: str) -> bool:
    """Whether a program makes of it what is certified: each candidate would have it run again, on files unchanged."""
    folder = Path(path)
    return folder.is_dir() and (is_chart(folder) or any(is_apart(one, folder) for one in roots_below(folder)))


def _dialect(texts: Mapping[str, str]) -> str:
    """The dialect whose API group is named most often."""
    groups = {name: dialect_named(name).BACKEND_GROUP for name in DIALECTS}
    return max(DIALECTS, key=lambda name: sum(text.count(groups[name]) for text in texts.values()))
