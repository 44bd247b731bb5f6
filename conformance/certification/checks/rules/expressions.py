"""Checks of expressions in matches: whether Rust's engine, agentgateway's, takes them, and where none counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.core.expressions import refusal_of
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import Route, ways_to

__all__: list[str] = []


@reports(
    expression_broken=(
        "a regular expression that Rust's engine does not take: lookaround, backreferences, \\Z",
        "agentgateway v1.4.1: such a matcher never matches; v0.10.5 refuses the route",
    )
)
def broken(sheet: Sheet) -> Iterator[Found]:
    """Each at the value that holds it."""
    for route, at, match in _matches(sheet):
        for where, expression in _expressions(at, match):
            if (refused := refusal_of(expression)) is not None:
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
    for route, at, match in _matches(sheet):
        kind, value = dig(match, "path", "type") or "PathPrefix", dig(match, "path", "value")
        found = _PATTERN.search(value) if kind != "RegularExpression" and isinstance(value, str) else None
        if found is None:
            continue
        message = f"{value!r} is a {kind}, to which {found[0]!r} is a letter: no client sends it"
        remedy = "set type to RegularExpression, or write a text"
        if found[0] == "*":
            bare = value[: found.start()].rstrip("(.[/") or "/"
            remedy = f"write {bare}, and PathPrefix as type: it takes all below"
        yield Found("path-wildcard", route.origin.manifest, (*at, "path", "value"), message, remedy)


def _matches(sheet: Sheet) -> Iterator[tuple[Route, FieldPath, Any]]:
    """(route, where, match) of each match of the rules that lead to a provider, once however many they lead to."""
    rules = {
        (route.id, rule.origin.path): route
        for backend in sheet.configuration.backends
        for route, rule in ways_to(sheet.configuration.routes, backend.id)
    }
    for (_, path), route in rules.items():
        for index, match in items(route.origin.manifest.data, *path, "matches"):
            yield route, (*path, "matches", index), match


def _expressions(at: FieldPath, match: Any) -> Iterator[tuple[FieldPath, str]]:
    """The regular expressions of a match, with where each stands."""
    places: list[FieldPath] = [("path",)]
    places += [(field, number) for field in ("headers", "queryParams") for number, _ in items(match, field)]
    for place in places:
        found, value = dig(match, *place), dig(match, *place, "value")
        if dig(found, "type") == "RegularExpression" and isinstance(value, str):
            yield (*at, *place, "value"), value
