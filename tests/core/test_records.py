"""Frozen classes that share their methods are in everything as the standard library makes them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

import pytest

from conformance.core.startup import records


def classes(dataclass: Any, **how: bool) -> tuple[Any, Any]:
    @dataclass(frozen=True, **how)
    class Opal:
        """All kinds of fields."""

        name: str
        hidden: str = field(repr=False, compare=False)
        tags: list[str] = field(default_factory=list, hash=False)
        length: int = field(init=False, default=0)
        made: list[int] = field(init=False, default_factory=lambda: [1], hash=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "length", len(self.name))

    @dataclass(frozen=True, **how)
    class Jade(Opal):
        """Those of a base, one of its own, and methods of its own."""

        depth: object = 0.5

        def __init__(self, *given: Any) -> None:
            object.__setattr__(self, "depth", given)

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "mine"

    return Opal, Jade


def deeper(opal: Any) -> Any:
    opal.tags.append(opal)
    return opal


@pytest.mark.parametrize(
    "what",
    [
        lambda opal, jade: repr(opal("a", "b", ["c"])),
        lambda opal, jade: repr(deeper(opal("a", "b"))),
        lambda opal, jade: (opal("a", "b") == opal("a", "c"), opal("a", "b") == opal("b", "b"), opal("a", "b") == "a"),
        lambda opal, jade: hash(opal("a", "b")),
        lambda opal, jade: (opal("a", "b") != jade("a"), jade(1).depth, repr(jade(1)), jade(1) == 7),
        lambda opal, jade: hash(jade(1)),
        lambda opal, jade: opal("a", "b").tags is opal("a", "b").tags,
        lambda opal, jade: opal("a"),
        lambda opal, jade: opal("a", "b", depth=1),
        lambda opal, jade: setattr(opal("a", "b"), "name", "c"),
        lambda opal, jade: delattr(opal("a", "b"), "name"),
        lambda opal, jade: vars(replace(opal("a", "b"), name="cde")),
        lambda opal, jade: replace(opal("a", "b"), length=3),
        lambda opal, jade: dataclasses.asdict(copy.deepcopy(opal("a", "b", ["c"]))),
        lambda opal, jade: (opal.__match_args__, opal.__init__.__annotations__),
        lambda opal, jade: list(inspect.signature(opal).parameters),
        lambda opal, jade: [one.name for one in dataclasses.fields(jade)],
    ],
)
@pytest.mark.parametrize("how", [{}, {"slots": True}], ids=["dict", "slots"])
def test_it_is_as_in_the_standard_library(how: dict[str, bool], what: Callable[[Any, Any], object]) -> None:
    def outcome(dataclass: Any) -> object:
        try:
            return what(*classes(dataclass, **how))
        except (TypeError, AttributeError, ValueError) as error:
            return type(error), str(error)

    assert outcome(records.dataclass) == outcome(dataclasses.dataclass)


def test_what_else_is_asked_for_is_left_to_the_standard_library() -> None:
    @records.dataclass(frozen=True, order=True)
    class Opal:
        name: str

    assert Opal("a") < Opal("b")


def test_a_class_of_the_standard_library_can_inherit_from_one() -> None:
    @records.dataclass(frozen=True)
    class Opal:
        name: str

    @dataclasses.dataclass(frozen=True)
    class Jade(Opal):
        depth: int = 1

    assert Jade("a") == Jade("a", 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Jade("a").depth = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="non-frozen"):
        dataclasses.dataclass(type("Agate", (Opal,), {}))
