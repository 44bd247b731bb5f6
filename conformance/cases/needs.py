"""What cases of several areas need of the manifests; without it they are not applicable."""

from __future__ import annotations

from conformance.cases import Stage

__all__ = ["needs_filters", "needs_key", "needs_model", "needs_path", "needs_prefix", "needs_secret"]


def needs_key(stage: Stage) -> None:
    """A Backend with a key of its own."""
    stage.only_if(stage.llm.auth.kind in ("secret", "inline"), "the Backend has no key of its own to send")


def needs_secret(stage: Stage) -> None:
    """A Backend whose key comes from a Secret."""
    stage.only_if(stage.llm.auth.kind == "secret", "the Backend takes its key from no Secret")


def needs_model(stage: Stage) -> None:
    """A Backend that names a model."""
    stage.only_if(stage.llm.model, "the Backend has no model")


def needs_path(stage: Stage) -> None:
    """A Backend with path.full."""
    stage.only_if(stage.llm.path, "the Backend has no path.full")


def needs_filters(stage: Stage) -> None:
    """Filters that not every edition of the API has."""
    refused = [one.message for one in stage.refusals]
    stage.only_if(not refused, f"the API endpoint does not take the filter: {' '.join(refused)[:160]}")


def needs_prefix(stage: Stage, below: str = "/") -> None:
    """A route that matches a path prefix, if the request goes `below` its path; a query alone does not."""
    kind = stage.way.match.path_type
    stage.only_if(kind == "PathPrefix" or not below.startswith("/"), f"the route matches by {kind}, not PathPrefix")
