"""Checks of expressions in matches: whether Rust's engine, agentgateway's, takes them, and where none counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.core.expressions import refusal_of
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import Rule, ways_to

__all__: list[str] = []


@reports(
    expression_broken=(
        "a regular expression that Rust's engine does not take: lookaround, backreferences, \\Z",
        "agentgateway v1.4.1: such a matcher never matches; v0.10.5 refuses the route",
    )
)
def broken(sheet: Sheet) -> Iterator[Found]:
    """Each at the value that holds it."""
    told = set()
    for backend in sheet.configuration.backends:
        for route, rule in ways_to(sheet.configuration.routes, backend.id):
            for where, expression in _expressions(rule):
                refused = refusal_of(expression)
                if refused is None or (route.id, where) in told:
                    continue
                told.add((route.id, where))
                message = f"{expression!r} is no expression of Rust's engine: {refused}"
                remedy = "write it without lookaround and backreferences; the whole text counts, so \\Z can go"
                yield Found("expression-broken", route.origin.manifest, where, message, remedy)


# Of what expressions and patterns are made, as far as the API takes it in a path.
_PATTERN = re.compile(r"\*|\.\+|\$$")


@reports(
    path_wildcard=(
        "the path of a match holds a wildcard or an expression, and its type is PathPrefix or Exact, to which that is a"
        " text like any other",
        "Gateway API, HTTPPathMatch: only RegularExpression matches by one",
    )
)
def wildcard(sheet: Sheet) -> Iterator[Found]:
    """Nobody's requests have a star in their path."""
    told = set()
    for backend in sheet.configuration.backends:
        for route, rule in ways_to(sheet.configuration.routes, backend.id):
            for index, match in items(rule.origin.manifest.data, *rule.origin.path, "matches"):
                kind, value = dig(match, "path", "type"), dig(match, "path", "value")
                where = (*rule.origin.path, "matches", index, "path", "value")
                if kind == "RegularExpression" or not isinstance(value, str) or (route.id, where) in told:
                    continue
                if found := _PATTERN.search(value):
                    told.add((route.id, where))
                    kind = kind or "PathPrefix"
                    message = f"{value!r} is a {kind}, to which {found[0]!r} is a letter: no client sends it"
                    bare = value[: found.start()].rstrip("(.[/") or "/"
                    remedy = f"write {bare}, and PathPrefix as type: it takes all below" if found[0] == "*" else ""
                    remedy = remedy or "set type to RegularExpression, or write a text"
                    yield Found("path-wildcard", route.origin.manifest, where, message, remedy)


def _expressions(rule: Rule) -> Iterator[tuple[FieldPath, str]]:
    """The regular expressions of a rule's matches, with where each stands."""
    written = rule.origin.manifest.data
    for index, match in items(written, *rule.origin.path, "matches"):
        at = (*rule.origin.path, "matches", index)
        places = [(*at, "path")]
        places += [(*at, field, number) for field in ("headers", "queryParams") for number, _ in items(match, field)]
        for place in places:
            found, value = dig(written, *place), dig(written, *place, "value")
            if dig(found, "type") == "RegularExpression" and isinstance(value, str):
                yield (*place, "value"), value
