"""junit.xml: failures and set-up errors; warnings, and whatever else fails nothing without being a pass, are skips."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from conformance.core.redaction import redact
from conformance.verdict.results import WARNING, Outcome, Result, Verdict

__all__ = ["junit"]

# XML 1.0 has no way to write these characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def junit(verdict: Verdict, problem: str) -> str:
    """The verdict as JUnit XML; `problem` is why set-up failed. A warning is a skip: JUnit has none."""
    results = verdict.results
    failures = [one for one in results if verdict.fails(one)]
    errors = [one for one in results if one.outcome is Outcome.SETUP_ERROR]
    skipped = [one for one in results if _skip(one, verdict)]
    suite = ElementTree.Element(
        "testsuite",
        name="agentgateway-conformance",
        tests=str(len(results) + bool(problem)),
        failures=str(len(failures)),
        errors=str(len(errors) + bool(problem)),
        skipped=str(len(skipped)),
        time=f"{sum(one.seconds for one in results):.3f}",
    )
    for result in results:
        _add(suite, result, verdict)
    if problem:
        case = ElementTree.SubElement(suite, "testcase", classname="set-up", name="set-up", time="0")
        ElementTree.SubElement(case, "error", message=_text(problem))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _skip(result: Result, verdict: Verdict) -> str:
    if result.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_JUDGED, Outcome.DEVIATION, Outcome.ACCEPTED):
        return f"{result.outcome}: {result.reason}"
    if verdict.word(result) == WARNING:
        return f"{WARNING}: {result.reason}"
    return ""


def _add(suite: ElementTree.Element, result: Result, verdict: Verdict) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"conformance.{result.area}",
        # A check's one test is called after it; a case's has a name that -k knows.
        name=_text(result.test if result.test.startswith(result.case) else f"{result.case} {result.test}"),
        time=f"{result.seconds:.4f}",
    )
    if verdict.fails(result):
        child = ElementTree.SubElement(case, "failure", message=_text(result.cause or result.reason), type="Refuted")
        child.text = _text("\n".join(result.explanation))
    elif result.outcome is Outcome.SETUP_ERROR:
        child = ElementTree.SubElement(case, "error", message=_text(result.reason), type="SetupError")
        child.text = _text("\n".join(result.explanation))
    elif skip := _skip(result, verdict):
        ElementTree.SubElement(case, "skipped", message=_text(skip))
    if result.observations:
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(result.observations))


def _text(text: str) -> str:
    # Keys are struck before XML escapes anything: what is put into finished XML would spoil it.
    return _UNWRITABLE.sub("?", redact(text))
