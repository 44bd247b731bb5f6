"""Whatever is sent, admission answers with one of its refusals, and never changes what it was given."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from conformance.manifests.schemas import AdmissionError, Admitted, FieldValidation, Undecodable
from conformance.manifests.schemas.errors import go_json
from conformance.manifests.schemas.kinds import KINDS, Kind
from tests.support.admission_objects import ADMISSION, GOOD, changed, kind_of

STRANGE: list[Callable[[random.Random], Any]] = [
    lambda _: None,
    lambda _: True,
    lambda _: 0,
    lambda _: -(10**30),
    lambda _: 1.5,
    lambda _: float("inf"),
    lambda _: float("nan"),
    lambda _: "",
    lambda _: "\x00\ud800\n",
    lambda chance: "a" * chance.choice([1, 64, 300, 20_000]),
    lambda _: [],
    lambda _: {},
    lambda _: [None],
    lambda _: {"name": None, "": 1, "type": []},
    lambda _: {"a" * 300: {"b": [{}]}},
    lambda _: [[[[]]], {"kind": 5}],
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in entries for each in places(item, (*path, key)))]


def disturbed(chance: random.Random, obj: dict[str, Any]) -> dict[str, Any]:
    """The object with a few strange values in it; apiVersion and kind stay."""
    obj = copy.deepcopy(obj)
    for _ in range(chance.randint(1, 4)):
        found = [path for path in places(obj) if path and path[0] not in ("apiVersion", "kind")]
        path = chance.choice(found or [("metadata",)])
        place: Any = obj
        for step in path[:-1]:
            place = place[step]
        if chance.random() < 0.15 and isinstance(place, dict):
            place.pop(path[-1], None)
        elif chance.random() < 0.15 and isinstance(place, dict):
            place[chance.choice(["extra", "from", "a.b[0]"])] = chance.choice(STRANGE)(chance)
        else:
            place[path[-1]] = chance.choice(STRANGE)(chance)
    return obj


def answered(kind: Kind, obj: Any, old: Any, mode: FieldValidation) -> Admitted | AdmissionError:
    try:
        return ADMISSION.admit(kind, obj, old, unknown_fields=mode)
    except AdmissionError as error:
        return error


def apply_answered(kind: Kind, obj: Any) -> AdmissionError | None:
    try:
        ADMISSION.check_apply(kind, obj)
    except AdmissionError as error:
        return error
    return None


@pytest.mark.hostile
@pytest.mark.parametrize("name", sorted(GOOD))
def test_strange_values_are_refused_or_admitted(name: str) -> None:
    chance = random.Random(name)
    modes: tuple[FieldValidation, ...] = ("Strict", "Warn", "Ignore")
    for _ in range(400):
        obj = disturbed(chance, GOOD[name])
        before = json.dumps(obj)
        kind = kind_of(obj)
        answer = answered(kind, obj, chance.choice([None, GOOD[name]]), chance.choice(modes))
        if isinstance(answer, AdmissionError):
            assert answer.code in (400, 422)
            assert json.dumps(answer.status())
        else:
            again = answered(kind, answer.object, answer.object, "Strict")
            assert isinstance(again, Admitted), again
            assert json.dumps(again.object, sort_keys=True) == json.dumps(answer.object, sort_keys=True)
        untyped = apply_answered(kind, obj)
        assert untyped is None or untyped.code == 500
        assert json.dumps(obj) == before


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize(
    "body", [None, 5, "x", [], [{}], {}, {"metadata": 5}, {"apiVersion": 5}, {"spec": {}, "kind": []}]
)
def test_bodies_that_are_no_objects(kind: Kind, body: Any) -> None:
    with pytest.raises(AdmissionError):
        ADMISSION.admit(kind, body, None)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [{"a": value}]
    return value


@pytest.mark.parametrize("name", sorted(GOOD))
def test_deep_nesting_is_refused(name: str) -> None:
    obj = {**copy.deepcopy(GOOD[name]), "spec": nested(5000), "data": nested(5000), "involvedObject": nested(5000)}
    with pytest.raises(AdmissionError):
        ADMISSION.admit(kind_of(obj), obj, None)
    with pytest.raises(AdmissionError):
        ADMISSION.check_apply(kind_of(obj), obj)


def test_deep_values_are_told_in_part() -> None:
    place = "spec.ai.llm.host"
    for obj in (changed("backend", place, nested(50)), changed("backend", "spec.ai", nested(50))):
        told = apply_answered(kind_of(obj), obj)
        assert told is not None
        assert "..." in told.message


def test_deep_nesting_where_everything_is_allowed() -> None:
    obj = copy.deepcopy(GOOD["backend"])
    obj["metadata"]["managedFields"] = [{"fieldsV1": nested(5000)}]
    with pytest.raises(Undecodable, match="exceeded max depth"):
        ADMISSION.admit(kind_of(obj), obj, None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "é"}, '{"a":"é","b":1}'),
        (None, "null"),
        (float("inf"), "inf"),
        ("x" * 3000, '"' + "x" * 1999 + "..."),
        ({(1, 2): 1}, "object"),
        ({"a": b"b"}, '{"a":"bytes"}'),
    ],
)
def test_values_in_messages(value: Any, text: str) -> None:
    assert go_json(value) == text


def test_a_number_of_thousands_of_digits_is_not_printed() -> None:
    assert go_json(10**5000) == "integer"
