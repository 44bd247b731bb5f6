"""The table of all checks, as docs/checks.md has it: `python -m conformance.certification.checks.table`."""

from __future__ import annotations

from conformance.certification.checks import CHECKS

__all__ = ["table"]

_HEAD = """\
# Static checks

What `agw-conformance certify` looks for in the manifests before it applies anything. Each finding names file, line and
column of the field, and the remedy. An error will not work and makes the verdict "not conformant"; a warning does not.
(This table is generated: `python -m conformance.certification.checks.table > docs/checks.md`.)

| check | what it finds | source |
|---|---|---|
"""


def table() -> str:
    """The page as Markdown, one row for each check, sorted by id."""
    rows = (
        f"| `{name}` | {_cell(about.description)} | {_cell(about.source)} |\n" for name, about in sorted(CHECKS.items())
    )
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    print(table(), end="")
