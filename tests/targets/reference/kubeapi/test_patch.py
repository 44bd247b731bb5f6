"""The patch formats, case by case."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from conformance.targets.reference.kubeapi.requests.patch import (
    PatchFailed,
    json_patch,
    merge_patch,
    strategic_merge_patch,
)
from conformance.targets.reference.kubeapi.status import ApiError


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": None}}, {"a": {}}),
        ({"a": 1}, [1], [1]),
        ([1], {"a": 1}, {"a": 1}),
    ],
)
def test_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    before = copy.deepcopy(target)

    assert merge_patch(target, patch) == expected
    assert target == before


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/x", "value": 1}], {"a": {"b~/c": 1}, "l": [1, 2], "x": 1}),
        ([{"op": "add", "path": "/l/-", "value": 3}], {"a": {"b~/c": 1}, "l": [1, 2, 3]}),
        ([{"op": "add", "path": "/l/0", "value": 0}], {"a": {"b~/c": 1}, "l": [0, 1, 2]}),
        ([{"op": "replace", "path": "/a/b~0~1c", "value": 2}], {"a": {"b~/c": 2}, "l": [1, 2]}),
        ([{"op": "replace", "path": "/l/1", "value": 9}], {"a": {"b~/c": 1}, "l": [1, 9]}),
        ([{"op": "remove", "path": "/l/0"}], {"a": {"b~/c": 1}, "l": [2]}),
        ([{"op": "remove", "path": "/a"}], {"l": [1, 2]}),
        ([{"op": "move", "from": "/l/0", "path": "/x"}], {"a": {"b~/c": 1}, "l": [2], "x": 1}),
        ([{"op": "copy", "from": "/l", "path": "/x"}], {"a": {"b~/c": 1}, "l": [1, 2], "x": [1, 2]}),
        ([{"op": "test", "path": "/l/0", "value": 1}], {"a": {"b~/c": 1}, "l": [1, 2]}),
        ([{"op": "replace", "path": "", "value": 5}], 5),
    ],
)
def test_json_patch(operations: Any, expected: Any) -> None:
    assert json_patch({"a": {"b~/c": 1}, "l": [1, 2]}, operations) == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/l/0", "value": 2},
        {"op": "remove", "path": "/none"},
        {"op": "remove", "path": "/l/2"},
        {"op": "remove", "path": "/l/-1"},
        {"op": "remove", "path": "/l/99999999999"},
        {"op": "add", "path": "/l/7", "value": 1},
        {"op": "add", "path": "/n/x", "value": 1},
        {"op": "add", "path": "/none/x", "value": 1},
        {"op": "add", "path": "x", "value": 1},
        {"op": "add", "path": 3, "value": 1},
        {"op": "add", "path": "/x"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "copy", "path": "/x"},
        {"op": "conjure", "path": "/x"},
    ],
)
def test_json_patch_that_does_not_fit(operation: dict[str, Any]) -> None:
    with pytest.raises(PatchFailed):
        json_patch({"l": [1], "n": 1}, [operation])


@pytest.mark.parametrize(("operations", "code"), [({}, 400), ([1], 400), ([{}] * 10_001, 413)])
def test_json_patch_that_is_none(operations: Any, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        json_patch({}, operations)
    assert refused.value.code == code


PORTS = {"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]}}


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"data": {"a": "1"}}, {"data": {"a": None, "b": "2"}}, {"data": {"b": "2"}}),
        ({"data": {"a": "1"}}, {"data": {"$patch": "replace", "b": "2"}}, {"data": {"b": "2"}}),
        ({"data": {"a": "1"}}, {"data": {"$patch": "delete"}}, {"data": {}}),
        ({"data": {"a": "1", "b": "2"}}, {"data": {"$retainKeys": ["b"], "b": "3"}}, {"data": {"b": "3"}}),
        ({"x": [1]}, {"x": [2]}, {"x": [2]}),
        ({"status": {"conditions": 1}}, {"status": {"conditions": []}}, {"status": {"conditions": []}}),
        (
            {"metadata": {"finalizers": ["a"]}},
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["a", "b"]}},
        ),
        (
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}},
            {"metadata": {"finalizers": ["b"]}},
        ),
        (
            PORTS,
            {"spec": {"ports": [{"port": 81, "name": "c"}]}},
            {"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "c"}]}},
        ),
        (
            PORTS,
            {"spec": {"ports": [{"port": 80, "$patch": "delete"}]}},
            {"spec": {"ports": [{"port": 81, "name": "b"}]}},
        ),
        (PORTS, {"spec": {"ports": [{"port": 9, "$patch": "delete"}]}}, PORTS),
        (PORTS, {"spec": {"ports": [{"port": 9}, {"$patch": "replace"}]}}, {"spec": {"ports": [{"port": 9}]}}),
        (
            {},
            {"spec": {"ports": [{"port": 9}], "$setElementOrder/ports": [{"port": 9}]}},
            {"spec": {"ports": [{"port": 9}]}},
        ),
        ({"a": 1}, [1], [1]),
    ],
)
def test_strategic_merge_patch(target: Any, patch: Any, expected: Any) -> None:
    before = copy.deepcopy(target)

    assert strategic_merge_patch(target, patch) == expected
    assert target == before


def test_strategic_merge_patch_needs_the_merge_key() -> None:
    with pytest.raises(ApiError, match="does not contain declared merge key: port"):
        strategic_merge_patch(PORTS, {"spec": {"ports": [{"name": "x"}]}})
