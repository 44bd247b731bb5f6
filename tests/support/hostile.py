"""Objects with something in a field that nobody would write there."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["ODD", "places", "replaced", "spoilt"]

TEXT_VALUES: list[Any] = ["", "x", "$X", "a" * 5000, "/a" * 3000]
VALUES = [*TEXT_VALUES, None, 0, -1, 1.5, True, [], [None], ["x"], [[]], {}, {"a": None}, {"name": []}]


ODD: tuple[Any, ...] = (None, 1, "x y", "", [], ["x"], [None], {"name": []})


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field, those of lists included."""
    for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield (*path, key)
        yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The data with another value in one field."""
    changed = copy.deepcopy(data)
    owner = changed
    for part in path[:-1]:
        owner = owner[part]
    owner[path[-1]] = copy.deepcopy(value)
    return changed


def spoilt(objects: list[Any], chance: random.Random) -> str:
    """The objects with another value in one or two fields."""
    changed = copy.deepcopy(objects)
    for _ in range(chance.choice((1, 1, 2))):
        path = chance.choice([one for one in places(changed) if len(one) > 2])
        owner = changed
        for part in path[:-1]:
            owner = owner[part]
        if chance.random() < 0.2 and isinstance(owner, dict):
            owner[chance.choice(("host", "policies", "tls", "x"))] = owner.pop(path[-1])
        else:
            owner[path[-1]] = copy.deepcopy(chance.choice(VALUES))
    return yaml.dump_all(changed, Dumper=yaml.CSafeDumper)
