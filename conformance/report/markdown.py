"""summary.md: the verdict for pull requests and job summaries; deviations are folded away."""

from __future__ import annotations

import re

from conformance.core.terminal import one_line
from conformance.report.facts import RunFacts
from conformance.report.matrix import Cell, matrix
from conformance.report.summary import caveat, sentence, unjudged_lines
from conformance.verdict.causes import Cause, causes_of
from conformance.verdict.results import Conclusion, Outcome, Result, Verdict

__all__ = ["markdown"]

# A comment holds 65,536 characters; these bounds keep a run of nothing but failures well below.
_MOST_CAUSES = 30
_MOST_CASES = 12
_LONGEST = 500


def markdown(verdict: Verdict, facts: RunFacts) -> str:
    """The summary as GitHub's Markdown. What gateways and providers said stands in code, so that nothing in it acts."""
    parts = [
        _title(verdict, facts),
        *_matrix(verdict),
        *_failures(verdict),
        *_unjudged(verdict),
        *_fix(verdict),
        *_set_aside(verdict, Outcome.DEVIATION, "listed deviations of this gateway"),
        *_set_aside(verdict, Outcome.ACCEPTED, "failures that the repository accepts"),
        *_run(facts),
    ]
    return "\n".join(parts) + "\n"


def _title(verdict: Verdict, facts: RunFacts) -> str:
    lines = [f"- {_mark(verdict, name)} **{_text(name)}**: {_told(verdict, name)}" for name in verdict.providers]
    if facts.problem:
        lines.append(f"- ❌ set-up failed: {_code(facts.problem)}")
    return "\n".join(["## Gateway conformance", "", *lines, "", f"Tested: {_text(facts.tested)}.", ""])


def _told(verdict: Verdict, name: str) -> str:
    return " ".join(filter(None, (sentence(verdict, name), _text(caveat(verdict, name)))))


def _mark(verdict: Verdict, name: str) -> str:
    conclusion = verdict.conclude(name)
    if conclusion is Conclusion.NOT_CONFORMANT:
        return "❌"
    if any(verdict.fails(one) for one in verdict.of(name)):
        return "⚠️"
    return "✅" if conclusion is Conclusion.CONFORMANT else "➖"


def _matrix(verdict: Verdict) -> list[str]:
    if not verdict.results:
        return []
    rows = [["area", *map(_text, verdict.providers)], ["---", *("---:" for _ in verdict.providers)]]
    rows += [[area, *map(_cell, cells)] for area, cells in matrix(verdict).items()]
    return [*(f"| {' | '.join(row)} |" for row in rows), ""]


def _cell(cell: Cell) -> str:
    if cell.failed:
        return f"❌ {cell}"
    apart = [f"{cell.deviations} deviating"] * bool(cell.deviations)
    apart += [f"{cell.warnings} warning{'s' * (cell.warnings > 1)}"] * bool(cell.warnings)
    return f"{cell} ({', '.join(apart)})" if apart else str(cell)


def _failures(verdict: Verdict) -> list[str]:
    causes = causes_of(verdict.results)
    if not causes:
        return []
    warned = all(verdict.warns(one.results) for one in causes)
    lines = [f"### What {'is warned of' if warned else 'failed'}, and what to change", ""]
    for number, cause in enumerate(causes[:_MOST_CAUSES], 1):
        lines += _cause(number, cause, verdict)
    if (more := len(causes) - _MOST_CAUSES) > 0:
        lines += [f"... and {more} more causes: see report.html.", ""]
    return lines


def _unjudged(verdict: Verdict) -> list[str]:
    found = verdict.unjudged()
    if not found:
        return []
    whys = {(one["field"], one["where"]): one["why"] for one in found}
    lines = [_code(line) for line in unjudged_lines(found, most=_MOST_CAUSES)]
    told = [f"- {line}: {_prose(why)}" for line, why in zip(lines, whys.values(), strict=False)]
    return ["### What was not judged", "", *told, *(f"- {line}" for line in lines[len(told) :]), ""]


def _fix(verdict: Verdict) -> list[str]:
    if verdict.fix is None:
        return []
    fix = verdict.fix
    lines = ["### One change mends it", "", _code(fix.title), "", *([_text(fix.warning), ""] if fix.warning else [])]
    return [*lines, *_block(fix.diff, "diff"), "", *_block(fix.patch, "sh"), ""]


def _cause(number: int, cause: Cause, verdict: Verdict) -> list[str]:
    warning = "warning: " * verdict.warns(cause.results)
    who = ", ".join(map(_text, cause.providers))
    lines = [f"{number}. {warning}{_code(cause.cause)} ({who})", f"   - id `{cause.id}`"]
    if cause.where:
        lines.append(f"   - at {_code(str(cause.where))}")
    if cause.remedy:
        lines.append(f"   - remedy: {_code(cause.remedy)}")
    shown = [_case(one, verdict) for one in {one.case: one for one in reversed(cause.results)}.values()]
    shown.reverse()
    more = f", and {len(shown) - _MOST_CASES} more" if len(shown) > _MOST_CASES else ""
    return [*lines, f"   - fails {', '.join(shown[:_MOST_CASES])}{more}", ""]


def _case(result: Result, verdict: Verdict) -> str:
    if result.outcome is Outcome.SETUP_ERROR:
        return f"`{result.case}` (set-up error)"
    return f"`{result.case}` ({result.level}{'' if verdict.fails(result) else ', fails no run'})"


def _set_aside(verdict: Verdict, outcome: Outcome, what: str) -> list[str]:
    """What counts as no failure, by its reasons."""
    found: dict[str, list[str]] = {}
    for one in verdict.results:
        if one.outcome is outcome:
            cases = found.setdefault(one.reason, [])
            cases += [one.case] if one.case not in cases else []
    if not found:
        return []
    total = sum(one.outcome is outcome for one in verdict.results)
    lines = ["<details>", f"<summary>{total} {what}</summary>", ""]
    for reason, cases in sorted(found.items(), key=lambda item: item[1]):
        lines.append(f"- {', '.join(f'`{case}`' for case in cases[:_MOST_CASES])}: {_prose(reason)}")
    return [*lines, "", "</details>", ""]


def _run(facts: RunFacts) -> list[str]:
    versions = ", ".join(f"{name} {value}" for name, value in facts.versions.items())
    return ["<details>", "<summary>Run it again</summary>", "", *_block(facts.command), "", versions, "", "</details>"]


def _block(text: str, language: str = "") -> list[str]:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"{fence}{language}", text.rstrip("\n"), fence]


def _code(text: str) -> str:
    """A code span on one line, whatever is in the text."""
    text = one_line(" ".join(text.split()))
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _prose(text: str) -> str:
    """Text of our own lists, which may have `code` in it."""
    return " ".join(text.split()).replace("<", "&lt;")


def _text(text: str) -> str:
    """Text on one line in which nothing acts: no markup, no tag, no entity, no link, no mention."""
    return re.sub(r"([\\`*_{}\[\]<>|#@~&:])", r"\\\1", one_line(text))
