"""`dataclass(frozen=True)` in a quarter of the time: such classes share all methods but the one that is called most."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from types import MethodType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **how):
        """As that of the standard library, which compiles six methods for a frozen class, of hundreds here: a tenth of
        `certify`. Whatever is asked for beside `frozen=True`, with `slots=True` or without, is left to it.
        """
        if cls is None and how in ({"frozen": True}, {"frozen": True, "slots": True}):
            return partial(_frozen, slots="slots" in how)
        return dataclasses.dataclass(cls, **how)


def _frozen(given: Any, *, slots: bool) -> Any:
    if any(dataclasses.is_dataclass(base) for base in given.__mro__[1:]):
        return dataclasses.dataclass(frozen=True, slots=slots)(given)  # few, and what they inherit counts
    own = dict(vars(given))
    # It finds the fields for `replace`, `fields`, `asdict` and `match`.
    cls: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(given)
    fields = dataclasses.fields(cls)
    for name in ("init", "repr", "eq", "frozen"):
        # What others make of it has to be frozen, too.
        setattr(cls.__dataclass_params__, name, True)
    cls.__compared__ = _values(one.name for one in fields if one.compare)
    cls.__hashed__ = _values(one.name for one in fields if (one.compare if one.hash is None else one.hash))
    if "__init__" not in own:
        cls.__init__ = _Init(cls, fields)
    for name, shared in (_SHARED | _STATE if slots else _SHARED).items():
        # To define __eq__ sets __hash__ to None.
        if own.get(name) is None:
            setattr(cls, name, shared)
    return cls


def _values(names: Iterable[str]) -> Any:
    named = tuple(names)
    return staticmethod(attrgetter(*named) if named else lambda _: ())


class _Init:
    """The one method for which sharing would cost: it is called as often as all others together.

    It is compiled when it is first looked for, which a third of the classes never see in a short run.
    """

    def __init__(self, cls: Any, fields: Sequence[Field[Any]]) -> None:
        self._cls, self._fields = cls, fields

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        found = _compiled(self._cls, self._fields)
        self._cls.__init__ = found
        return found if instance is None else MethodType(found, instance)


def _compiled(cls: Any, fields: Iterable[Field[Any]]) -> Callable[..., None]:
    given: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    takes, does = ["self"], []
    for one in fields:
        name, value, default = one.name, one.name, ""
        if one.default is not MISSING:
            given[default := f"_default_{name}"] = one.default
        elif one.default_factory is not MISSING:
            given[f"_make_{name}"], default = one.default_factory, "_MISSING"
            value = f"_make_{name}() if {name} is _MISSING else {name}" if one.init else f"_make_{name}()"
        if one.init:
            takes.append(f"{name}={default}" if default else name)
        if one.init or default == "_MISSING":
            does.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        does.append("self.__post_init__()")
    head, body = f"def __init__({', '.join(takes)}):", "; ".join(does) or "pass"
    made: dict[str, Any] = {}
    # In its module, where whoever wants to know the types of its arguments looks for their names.
    exec(f"def make({', '.join(given)}):\n {head} {body}\n return __init__", vars(sys.modules[cls.__module__]), made)
    init: Callable[..., None] = made["make"](**given)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {**{one.name: one.type for one in fields if one.init}, "return": None}
    return init


@recursive_repr()
def _repr(self: Any) -> str:
    told = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:
    return hash(self.__hashed__(self))


def _set(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_SHARED = {"__repr__": _repr, "__eq__": _eq, "__hash__": _hash, "__setattr__": _set, "__delattr__": _delete}
_STATE = {"__getstate__": _get_state, "__setstate__": _set_state}  # copies of what has no __dict__
