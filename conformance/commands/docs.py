"""`docs`: a documentation page on the embedded target, each step reported, with notes on the page's own defects."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from conformance.client import GatewayClient
from conformance.dialects import DIALECTS, choose_dialect
from conformance.manifests import objects_of
from conformance.options import Settings
from conformance.page import Apply, Page, Request, load_page, notes
from conformance.page.model import Dummies
from conformance.problems import ExitCode, InputProblem, Position
from conformance.redaction import redact
from conformance.report.summary import label
from conformance.running import conformance_run
from conformance.walkthrough import StepResult, Walkthrough

__all__ = ["run_pages"]


def run_pages(pages: Sequence[str], dialect: str | None = None) -> int:
    """Carry out each page on a target of its own, which speaks the page's dialect. Returns an ExitCode.

    Raises InputProblem for a page that cannot be read, holds nothing to carry out, or is of two dialects or another
    than `dialect`.
    """
    if dialect is not None and dialect not in DIALECTS:
        raise InputProblem(f"--dialect {dialect}: unknown", remedy=f"one of: {', '.join(DIALECTS)}")
    loaded = [load_page(Path(page)) for page in pages]
    for page in loaded:
        if not any(isinstance(step, Apply | Request) for step in page.steps):
            raise InputProblem(
                "nothing to carry out: no `kubectl apply -f-` and no curl to the gateway",
                position=Position(page.file),
                remedy="is it the page's text, with its commands?",
            )
    found = [_dialect(page, dialect) for page in loaded]
    good = [asyncio.run(_walk(page, of)) for page, of in zip(loaded, found, strict=True)]
    return ExitCode.CONFORMANT if all(good) else ExitCode.FAILED


def _dialect(page: Page, wanted: str | None) -> str:
    """The dialect of what the page applies."""
    documents = [one for step in page.steps if isinstance(step, Apply) for one in step.documents(Dummies({}))]
    return choose_dialect([one for document in documents for one in objects_of(document)], wanted)


async def _walk(page: Page, dialect: str) -> bool:
    counts: dict[str, int] = {}

    def report(result: StepResult) -> None:
        counts[result.outcome] = counts.get(result.outcome, 0) + 1
        print(redact(f"{result.outcome.ljust(8)}{result.position.line:>5}  {result.title}"))
        for detail in result.details:
            print(redact(f"{'':15}{detail}"))

    settings = Settings(profiles=(), dialect=dialect)
    print(f"{page.file}: {page.title}")
    async with conformance_run(settings, []) as arrangement:
        at = arrangement.target.gateway
        client = GatewayClient(at.url, at.authority)
        try:
            good = await Walkthrough(page, arrangement, client).carry_out(report)
        finally:
            await client.close()
        tested = label(settings, arrangement.target.implementation)
    found = notes(page)
    if found:
        print("notes on the page")
        for note in found:
            source = f" ({note.source})" if note.source else ""
            print(redact(f"{note.severity.ljust(8)}{note.position.line:>5}  {note.text}{source}"))
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    print(f"{'ok' if good else 'FAILED'}: {told}; {len(found)} notes. Tested: {tested}.")
    return good
