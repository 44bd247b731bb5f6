"""The page of all checks, docs/reference/checks.md: a table, then each with its example."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks import CHECKS
from conformance.certification.checks.explanations import explanations
from conformance.certification.checks.registry import About

__all__ = ["table"]

_HEAD = """\
# Static checks

What `agw-conformance certify` looks for in the manifests before it applies anything. Each finding names file, line and
column of the field, and the remedy; `agw-conformance explain ID` says what the sections below say. What is an error
will not work, and makes the verdict "not conformant"; a warning does not.
(This page is generated: `python -m conformance.certification.checks.table > docs/reference/checks.md`.)

| check | what it finds | source |
|---|---|---|
"""


def table() -> str:
    """The page as Markdown, one row and one section for each check, sorted by id."""
    rows = (_row(name, about) for name, about in sorted(CHECKS.items()))
    return _HEAD + "".join(rows) + "".join(_sections())


def _row(name: str, about: About) -> str:
    return f"| [`{name}`](#{name}) | {_cell(about.description)} | {_cell(about.source)} |\n"


def _sections() -> Iterator[str]:
    """What `agw-conformance explain` says of each, too."""
    more = explanations()
    for name, about in sorted(CHECKS.items()):
        one = more[name]
        yield f"\n## {name}\n\n{about.description[:1].upper()}{about.description[1:]}.\n\n{one.why}\n"
        for heading, example in (("Wrong", one.wrong), ("Right", one.right)):
            if example:
                yield f"\n{heading}:\n\n```yaml\n{example}```\n"
        yield f"\nSource: {about.source}.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    print(table(), end="")
