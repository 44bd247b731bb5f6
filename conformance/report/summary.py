"""The terminal's header and summary: what was tested, how each area ended, what that means."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from conformance.core.redaction import redact
from conformance.manifests.fields.table import Aspect
from conformance.report.matrix import matrix
from conformance.stage.case import Level
from conformance.stage.settings import Settings
from conformance.stage.target import UNSEEN, Implementation
from conformance.verdict.results import WARNING, Conclusion, Outcome, UnjudgedData, Verdict

__all__ = [
    "caveat",
    "header_lines",
    "label",
    "network",
    "sentence",
    "summary_lines",
    "told",
    "unjudged_lines",
    "verdict_lines",
]

_MOST_LIMITS = 4

_WORDS = {
    Conclusion.CONFORMANT: "conformant",
    Conclusion.AS_JUDGED: "conformant in what was judged",
    Conclusion.NOT_CONFORMANT: "NOT conformant",
    Conclusion.NO_VERDICT: "no verdict",
}


def label(settings: Settings, implementation: Implementation) -> str:
    """What a verdict of this run is about, and what not."""
    if implementation is UNSEEN:
        return f"the gateway that the {settings.target} target brings up"
    if implementation.product:
        behind = f" behind {implementation.control_plane}" if implementation.control_plane else ""
        return f"{implementation.project} {implementation.version}{behind} on the {settings.target} target"
    imitating = f", which imitates {implementation.imitates}" if implementation.imitates else ""
    return (
        f"the configuration, tested against the {implementation.project} {implementation.version} of this suite"
        f"{imitating}; no gateway product was certified"
    )


def header_lines(settings: Settings, implementation: Implementation) -> list[str]:
    """Lines for the top of a run."""
    names = ", ".join(profile.name for profile in settings.profiles)
    lines = [
        f"conformance: target {settings.target}, dialect {settings.dialect}, providers {names}",
        f"under test: {label(settings, implementation)}",
    ]
    lines += [f"assumed: {redact(one)}" for one in settings.assumed]
    return [*lines, *filter(None, [network(settings)])]


def network(settings: Settings) -> str:
    """How the documented hosts are reached on a target where that is a question; else empty."""
    return f"network: {settings.on.network}" if settings.on.network else ""


def summary_lines(verdict: Verdict, settings: Settings, implementation: Implementation) -> list[str]:
    """The table of areas and providers, the verdict of each provider, causes of failures, and the report's place."""
    lines = [*verdict_lines(verdict), *_causes(verdict)]
    if left_out := cases_left_out(verdict, settings.on.withheld):
        lines += ["", f"left out, since {settings.on.withheld}:"]
        lines += textwrap.wrap(", ".join(left_out), 116, initial_indent="  ", subsequent_indent="  ")
    lines += ["", f"Tested: {label(settings, implementation)}."]
    if settings.report is not None:
        lines.append(f"Report: {settings.report / 'report.html'}, {settings.report / 'report.yaml'}")
    return lines


def cases_left_out(verdict: Verdict, withheld: str) -> list[str]:
    """The ids of cases that could not be played without what the run may not do."""
    return sorted({one.case for one in verdict.results if withheld and one.reason.startswith(withheld)})


def verdict_lines(verdict: Verdict) -> list[str]:
    """The table of areas and providers, and the verdict of each provider."""
    providers = verdict.providers
    width = max(14, *(len(name) + 2 for name in providers))
    lines = ["".join(["area".ljust(12), *(name.rjust(width) for name in providers)])]
    for area, cells in matrix(verdict).items():
        lines.append("".join([area.ljust(12), *(str(one).rjust(width) for one in cells)]))
    lines.append("")
    return lines + [line for name in providers for line in told(verdict, name)]


def told(verdict: Verdict, provider: str) -> list[str]:
    """One provider's verdict in lines, what limits it below."""
    limit = caveat(verdict, provider)
    limits = textwrap.wrap(limit, 116, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return [f"{provider}: {sentence(verdict, provider)}", *limits]


def caveat(verdict: Verdict, provider: str) -> str:
    """What a conformant provider was not compared with; empty where its facts are known."""
    if not (hosts := verdict.taken_on_trust(provider)):
        return ""
    named = f"{', '.join(hosts[:3])}{f' and {more} more' if (more := len(hosts) - 3) > 0 else ''}"
    return f"Nothing is known of {named} but what the manifests say: compare them with the vendor's documentation."


def sentence(verdict: Verdict, provider: str) -> str:
    """One provider's verdict and the numbers behind it; failures that do not fail the run are warnings.

    Of a part of the tests it says how much of them that is: without a failure they make no verdict.
    """
    results = verdict.of(provider)
    counted = verdict.counted(results)
    told = [f"{count} {word}{'s' * (word == WARNING and count > 1)}" for word, count in counted.items()]
    failing = counted.get(Outcome.FAIL)
    word = _WORDS[conclusion := verdict.conclude(provider)]
    if failing and conclusion in (Conclusion.CONFORMANT, Conclusion.AS_JUDGED):
        word = f"{word}, but not down to the level {verdict.threshold}"
    accepted = any(one.outcome is Outcome.ACCEPTED and one.level is Level.MUST for one in results)
    if accepted and conclusion in (Conclusion.CONFORMANT, Conclusion.AS_JUDGED):
        word = f"{word}, apart from what is accepted"
    if part := verdict.partial(provider):
        word = f"{word} after {part.run} of {part.of} tests"
    if not any(one.outcome is Outcome.NOT_JUDGED for one in results):
        return f"{word} ({', '.join(told)})"
    applicable = [one for one in results if one.outcome is not Outcome.NOT_APPLICABLE]
    judged = sum(one.outcome is not Outcome.NOT_JUDGED for one in applicable)
    limits = "; ".join(unjudged_lines(verdict.unjudged(provider)))
    return f"{word} ({judged} of {len(applicable)}; not judged: {limits}): {', '.join(told)}"


def unjudged_lines(unjudged: Sequence[UnjudgedData], most: int = _MOST_LIMITS) -> list[str]:
    """What was not judged, a line for each field: `body, answer, because of ai.promptGuard at policies.yaml:14`."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in unjudged:
        reasons.setdefault((one["field"], one["where"]), []).append(one["aspect"])
    told = ((", ".join(one for one in Aspect if one in sides), *place) for place, sides in reasons.items())
    lines = [f"{sides}, because of {field} at {where}" for sides, field, where in told]
    return lines if len(lines) <= most else [*lines[:most], f"and because of {len(lines) - most} more fields"]


def _causes(verdict: Verdict) -> list[str]:
    """Each cause once with how many cases it fails: one mistake often fails many."""
    counted = Counter(one.cause or one.reason for one in verdict.results if one.outcome is Outcome.FAIL)
    if not counted:
        return []
    return ["", "causes:", *(f"  {number} x {cause}" for cause, number in counted.most_common(8))]
