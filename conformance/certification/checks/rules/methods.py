"""Checks of the methods that matches ask for: chat completions are POSTed."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Sheet
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.registry import reports
from conformance.manifests.dialects.model import ways_to

__all__: list[str] = []

_METHOD = "POST"


@reports(
    method_not_post=(
        "every match that leads to the Backend asks for another method than POST, so no chat completion gets in",
        "Gateway API, HTTPRouteMatch method; OpenAI API reference, POST /v1/chat/completions",
    )
)
def not_post(sheet: Sheet) -> Iterator[Found]:
    """A match for GET beside one that takes POST is for something else, such as the list of models."""
    for backend in sheet.configuration.backends:
        rules = list(ways_to(sheet.configuration.routes, backend.id))
        methods = {match.method for _, rule in rules for match in rule.matches}
        if not methods or methods & {None, _METHOD}:
            continue
        for route, rule in rules:
            manifest = route.origin.manifest
            for number, match in items(manifest.data, *rule.origin.path, "matches"):
                method = dig(match, "method")
                message = f"only {method} requests get in here, and chat completions are sent by {_METHOD}"
                remedy = f"set method to {_METHOD}, or leave it out"
                where = (*rule.origin.path, "matches", number, "method")
                yield Found("method-not-post", manifest, where, message, remedy)
