"""The first difference of two JSON values: where it is, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.exchange.expectations.json_difference import ABSENT, first_difference, shown


@pytest.mark.parametrize(
    ("expected", "observed"),
    [(1, 1.0), ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([], [])],
)
def test_same_json(expected: Any, observed: Any) -> None:
    assert first_difference(expected, observed) is None


@pytest.mark.parametrize(
    ("expected", "observed", "found"),
    [
        (1, True, ("", 1, True)),
        (0, False, ("", 0, False)),
        ("a", ["a"], ("", "a", ["a"])),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ("a.b", 1, 2)),
        ({"a": 1}, {}, ("a", 1, ABSENT)),
        ({}, {"a": None}, ("a", ABSENT, None)),
        ({"m": [{"c": "x"}]}, {"m": [{"c": "y"}]}, ("m[0].c", "x", "y")),
        ([1, 2], [1], ("[1]", 2, ABSENT)),
        ([1], [1, 2], ("[1]", ABSENT, 2)),
    ],
)
def test_place_of_the_first_difference(expected: Any, observed: Any, found: tuple[Any, ...]) -> None:
    assert first_difference(expected, observed) == found


def test_shown() -> None:
    assert shown(ABSENT) == "absent"
    assert shown({"a": "é"}) == '{"a": "é"}'
    assert shown("x" * 5000).endswith("... (5002 characters)")
