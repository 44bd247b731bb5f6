"""The sets of parameters that a case's test is played with, each with the label that pytest gives it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from conformance.stage.case import Parameters, parameters_of, values_of

__all__ = ["parameter_sets"]

Labelled = tuple[str, dict[str, Any]]


def parameter_sets(test: Callable[..., Any], dialect: str) -> Iterator[Labelled]:
    """Each set by parameter name, and its label: the end of pytest's test id. Without parameters one empty set."""
    values = [list(_values(one)) for one in parameters_of(test)]
    if varied := values_of(test, dialect):
        name, own = varied
        values.insert(0, [(str(one or "none"), {name: one}) for one in own])
    for chosen in itertools.product(*values):
        label = "-".join(text for text, _ in chosen)
        yield label, {name: value for _, named in chosen for name, value in named.items()}


def _values(given: Parameters) -> Iterator[Labelled]:
    """The values of one declaration."""
    ids = given.ids
    for index, (values, label) in enumerate(given.sets):
        if label is None:
            label = "-".join(map(ids, values)) if callable(ids) else ids[index] if ids else "-".join(map(str, values))
        yield label, dict(zip(given.names, values, strict=True))
