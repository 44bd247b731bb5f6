"""`docs`: a documentation page on the embedded target, each step reported, with notes on the page's own defects."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.core.problems import ExitCode, InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.terminal import say
from conformance.manifests.dialects import DIALECTS, choose_dialect
from conformance.manifests.objects import Manifest, objects_of
from conformance.pages import Apply, NotRun, Page, Request, Step, load_pages, notes
from conformance.pages.model import Dummies
from conformance.pages.prerequisites import Prerequisite, prerequisites
from conformance.pages.walkthrough.walkthrough import StepResult, Walkthrough
from conformance.report.summary import label
from conformance.stage.opening import client_of
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.run import conformance_run
from conformance.verdict.explanation import wire

__all__ = ["Manner", "run", "run_pages"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    return run_pages(options.pages, options.dialect, options.when, Manner(options.quiet, bool(options.verbose)))


@dataclass(frozen=True)
class Manner:
    """How much is told: `quiet`, of the steps only those that did not go well; `verbose`, also what was on the wire."""

    quiet: bool = False
    verbose: bool = False


def run_pages(
    pages: Sequence[str], dialect: str | None = None, when: Collection[str] = (), manner: Manner | None = None
) -> int:
    """Carry out each page, each alternative of its tabs on a target of its own, in the page's dialect.

    `when` are words that the pages' conditional blocks ask for, such as a version. Returns an ExitCode: failed when a
    step failed, bad input when nothing could be carried out.
    Raises InputProblem for a page that cannot be read, holds nothing to carry out, or is of two dialects or another
    than `dialect`.
    """
    if dialect is not None and dialect not in DIALECTS:
        raise InputProblem(f"--dialect {dialect}: unknown", remedy=f"one of: {', '.join(DIALECTS)}")
    loaded = [load_pages(Path(page), when) for page in pages]
    for alternatives in loaded:
        if not any(isinstance(step, Apply | Request | NotRun) for page in alternatives for step in page.steps):
            raise InputProblem(
                "nothing to carry out: no `kubectl apply` and no curl to the gateway",
                position=Position(alternatives[0].file),
                remedy="give the page's text, Markdown or HTML, with its commands",
            )
    found = [
        [_walk_of(page, Path(file), alternatives, when, dialect) for page in alternatives]
        for file, alternatives in zip(pages, loaded, strict=True)
    ]
    codes = [_run_page(alternatives, manner or Manner()) for alternatives in found]
    return next((code for code in (ExitCode.FAILED, ExitCode.BAD_INPUT) if code in codes), ExitCode.CONFORMANT)


@dataclass(frozen=True)
class _Walk:
    """One alternative of a page, with what it asks to have been carried out before, and the others."""

    page: Page
    before: Sequence[Prerequisite]
    others: Sequence[Page]
    dialect: str


def _walk_of(page: Page, path: Path, alternatives: Sequence[Page], when: Collection[str], wanted: str | None) -> _Walk:
    before = prerequisites(page, path, when)
    steps = [step for one in (*(two.page for two in before), page) for step in one.steps]
    return _Walk(page, before, [one for one in alternatives if one is not page], _dialect(steps, wanted))


def _dialect(steps: Sequence[Step], wanted: str | None) -> str:
    """The dialect of what pages apply; what cannot be read tells when its step comes."""
    manifests: list[Manifest] = []
    for step in steps:
        if isinstance(step, Apply):
            try:
                manifests += [one for document in step.documents(Dummies({})) for one in objects_of(document)]
            except InputProblem:
                continue
    return choose_dialect(manifests, wanted)


def _run_page(alternatives: Sequence[_Walk], manner: Manner) -> ExitCode:
    """Carry out all alternatives of one page."""
    told: set[str] = set()
    walks = [asyncio.run(_walk(one, told, manner)) for one in alternatives]
    codes = [code for code, _ in walks]
    if len(codes) > 1:
        counts = {code: codes.count(code) for code in codes}
        names = {
            ExitCode.CONFORMANT: "ok",
            ExitCode.FAILED: "failed",
            ExitCode.BAD_INPUT: "with nothing to carry out",
        }
        listed = ", ".join(f"{counts[code]} {name}" for code, name in names.items() if code in counts)
        say(f"{alternatives[0].page.file}: {len(codes)} alternatives: {listed}.")
    say(f"Tested: {walks[-1][1]}.")
    if ExitCode.FAILED in codes:
        return ExitCode.FAILED
    return ExitCode.CONFORMANT if ExitCode.CONFORMANT in codes else ExitCode.BAD_INPUT


async def _walk(walk: _Walk, told: set[str], manner: Manner) -> tuple[ExitCode, str]:
    """One alternative on a target of its own; notes that are among `told` are not told again. Says what was tested."""
    results: list[StepResult] = []
    said: dict[tuple[str, ...], str] = {}
    page, file = walk.page, walk.page.file

    def report(result: StepResult) -> None:
        nonlocal file
        results.append(result)
        if manner.quiet and result.outcome == "ok":
            return
        if result.position.file != file:
            file = result.position.file
            say(f"{'':15}lines of {file}:")
        say(f"{result.outcome.ljust(8)}{result.position.line:>5}  {result.title}")
        for detail in _said_once(result, said):
            say(f"{'':15}{detail}")
        if manner.verbose and result.exchange is not None:
            for line in wire(result.exchange):
                say(f"{'':15}{line}")

    settings = Settings(profiles=(), on=EmbeddedOptions(), dialect=walk.dialect)
    tabs = f" (tabs: {', '.join(page.tabs)})" if page.tabs else ""
    say(f"{page.file}: {page.title}{tabs}" if page.title else f"{page.file}:{tabs}")
    async with conformance_run(settings, []) as arrangement:
        async with client_of(arrangement.target.gateway) as client:
            good = await Walkthrough(page, arrangement, client, walk.before, walk.others).carry_out(report)
        tested = label(settings, arrangement.target.implementation)
    count = _tell_notes(walk, told)
    outcomes = [result.outcome for result in results]
    counts = ", ".join(f"{outcomes.count(name)} {name}" for name in ("ok", "failed", "not run"))
    carried_out = any(
        result.outcome != "not run" and result.title.startswith(("kubectl apply", "curl")) for result in results
    )
    word = "FAILED" if not good else "ok" if carried_out else "NOTHING CARRIED OUT"
    print(f"{word}: {counts}; {count} notes.")
    code = ExitCode.FAILED if not good else ExitCode.CONFORMANT if carried_out else ExitCode.BAD_INPUT
    return code, tested


def _said_once(result: StepResult, said: dict[tuple[str, ...], str]) -> tuple[str, ...]:
    """A result's details, or where they were said; `said` are those of failed steps, each with its place."""
    if result.outcome != "failed" or not result.details:
        return result.details
    place = f"line {result.position.line} of {result.position.file}"
    first = said.setdefault(result.details, place)
    return result.details if first == place else (f"the same as at {first}",)


def _tell_notes(walk: _Walk, told: set[str]) -> int:
    """Print the notes on a page that are not yet told; returns how many there are."""
    page, lines = walk.page, list[str]()
    for note in notes(page, [one.page for one in walk.before]):
        source = f" ({note.source})" if note.source else ""
        file = f" in {note.position.file}" if note.position.file != page.file else ""
        lines.append(f"{note.severity.ljust(8)}{note.position.line:>5}  {note.text}{source}{file}")
    new = [line for line in lines if line not in told]
    if new:
        for line in ["notes on the page", *new]:
            say(line)
    told.update(lines)
    return len(lines)
