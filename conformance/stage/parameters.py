"""The sets of parameters that a case's test is played with, each with the label that pytest gives it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from conformance.stage.case import values_of

__all__ = ["parameter_sets"]

Labelled = tuple[str, dict[str, Any]]


def parameter_sets(test: Callable[..., Any], dialect: str) -> Iterator[Labelled]:
    """Each set by parameter name, and its label: the end of pytest's test id. Without parameters one empty set."""
    values = [list(_values(mark)) for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    if varied := values_of(test, dialect):
        name, own = varied
        values.insert(0, [(str(one or "none"), {name: one}) for one in own])
    for chosen in itertools.product(*values):
        label = "-".join(text for text, _ in chosen)
        yield label, {name: value for _, named in chosen for name, value in named.items()}


def _values(mark: Any) -> Iterator[Labelled]:
    """The values of one mark."""
    names = [name.strip() for name in mark.args[0].split(",")] if isinstance(mark.args[0], str) else list(mark.args[0])
    ids = mark.kwargs.get("ids")
    for index, entry in enumerate(mark.args[1]):
        values = getattr(entry, "values", None)
        given = tuple(values) if isinstance(values, tuple) else (entry,) if len(names) == 1 else tuple(entry)
        label = getattr(entry, "id", None) or (
            "-".join(map(ids, given)) if callable(ids) else ids[index] if ids else "-".join(map(str, given))
        )
        yield label, dict(zip(names, given, strict=True))
