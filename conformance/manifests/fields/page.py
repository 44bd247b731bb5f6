"""The tables of all fields, as docs/reference/fields.md has them: `python -m conformance.manifests.fields.page`."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.fields.table import VERSIONS, Aspect, Row, Table, table_of

__all__ = ["page"]

_HEAD = """\
# Fields of policies

What `agw-conformance certify` knows of the fields of policies. Each is one of:

- **modelled**: what it changes is part of what must arrive;
- **inert**: it changes nothing that a statement looks at;
- **opaque**: it changes something of a request, and it is not known here how. The statements about just that are not
  judged, and the verdict says so, with file and line: "conformant in what was judged". With `--strict` that is exit
  code 2.

A field that no row is about is opaque in every way. `NAME.*` is a field with all that is below it; of two rows about
one field the later is right. What a field may change: {aspects}.
(Generated from `fixtures/fields`: `python -m conformance.manifests.fields.page > docs/reference/fields.md`.)
"""


def page() -> str:
    """The page as Markdown: for each dialect its tables, in the order in which they stand."""
    head = _HEAD.format(aspects=", ".join(Aspect))
    names = [one for name in reversed(DIALECTS) for one in (name, *(two for two in VERSIONS if two.startswith(name)))]
    return head + "".join(line for name in names for line in _of(table_of(name)))


def _of(table: Table) -> Iterator[str]:
    title = f"{table.dialect}, {table.version}: what is new" if table.base else table.dialect
    yield f"\n## {title}\n\n{table.api}, version {table.version}. Sources are parts of {table.source}.\n"
    for section in table.own:
        places = ", ".join(f"`{place}`" for place in section.at)
        yield f"\nBelow {places}:\n\n| field | is | why | source |\n|---|---|---|---|\n"
        yield from map(_line, section.rows)


def _line(row: Row) -> str:
    names = ", ".join(f"`{name}`" for name in row.fields)
    opaque = f" ({', '.join(one for one in Aspect if one in row.aspects)})" if row.aspects else ""
    usual = f", unless it is {' or '.join(repr(one) for one in row.usual)}" if row.usual else ""
    usual += ", unless it is texts in quotes, which are modelled" if row.literal else ""
    return f"| {names} | {row.known}{opaque}{usual} | {row.why} | {row.source} |\n"


if __name__ == "__main__":
    print(page(), end="")
