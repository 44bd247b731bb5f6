"""An answer is compared with the page's example by its fields and their types, never by values."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.pages import shape_differences


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 2.5, "more": True}),
        ({"a": None}, {"a": "anything"}),
        ({"a": None}, {}),
        ([], [1, "x"]),
        ([{"a": 1}], [{"a": 2}, {"a": 3, "b": 4}]),
        ([{"a": 1}, "text"], ["other", {"a": 0}]),
        ("text", ""),
        (True, False),
    ],
)
def test_same_shape(expected: Any, actual: Any) -> None:
    assert shape_differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "differences"),
    [
        ({"a": 1}, [], ["the answer: expected an object, got a list"]),
        ({"a": 1}, {}, ["a: expected a number, got nothing"]),
        ({"a": 1}, {"a": True}, ["a: expected a number, got a boolean"]),
        ({"a": "x"}, {"a": None}, ["a: expected a text, got null"]),
        ([1], [], ["the answer: expected at least one element, got an empty list"]),
        ({"c": [{"m": {"t": "x"}}]}, {"c": [{"m": {}}]}, ["c[0].m.t: expected a text, got nothing"]),
        ([{"a": 1, "b": 2}, {"c": 3}], [{"a": 1}], ["[0].b: expected a number, got nothing"]),
    ],
)
def test_differences_name_the_field(expected: Any, actual: Any, differences: list[str]) -> None:
    assert [str(one) for one in shape_differences(expected, actual)] == differences


def test_bottomless_nesting_is_a_difference_and_no_crash() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert "too deeply" in str(shape_differences(deep, deep)[0])
