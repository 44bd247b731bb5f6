"""Lookalikes' dataclasses as JSON and back, without loss: what a remote control sends, and the journal it answers."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import types
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from mock_providers.journal import ConnectionSeen, Entries, RequestSeen

__all__ = ["Malformed", "decoded", "encoded", "entries_from", "parsed", "request_from", "request_to"]

T = TypeVar("T")


class Malformed(ValueError):
    """JSON that is not what is expected; the message names the field and quotes no value, which may be a key."""


def parsed(text: bytes) -> Any:
    """JSON as a value. Raises Malformed."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None


def encoded(value: Any) -> Any:
    """A dataclass, or what it consists of, as a JSON value: bytes as base64, sets and tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: encoded(getattr(value, one.name)) for one in dataclasses.fields(value) if one.init}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {key: encoded(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [encoded(one) for one in value]
    return value


def decoded(wanted: type[T], value: Any, where: str = "") -> T:
    """The value as `encoded` wrote it. Raises Malformed, for unknown fields too."""
    return cast("T", _decoded(wanted, value, where))


def _decoded(wanted: Any, value: Any, where: str) -> Any:
    if wanted is Any:
        return value
    origin = get_origin(wanted)
    if dataclasses.is_dataclass(wanted):
        return _dataclass(wanted, value, where)
    if origin in (Union, types.UnionType):
        return _union(get_args(wanted), value, where)
    if origin is Literal:
        return value if value in get_args(wanted) and isinstance(value, str) else _refuse(where, wanted)
    if origin in (tuple, frozenset, list):
        return _sequence(origin, get_args(wanted), value, where)
    if origin is not None and issubclass(origin, Mapping):
        of = get_args(wanted)[1]
        return {key: _decoded(of, one, f"{where}.{key}") for key, one in _mapping(value, where).items()}
    return _plain(wanted, value, where)


def _plain(wanted: Any, value: Any, where: str) -> Any:
    if wanted is bytes and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            _refuse(where, "base64")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # A bool is an int to Python, and no number to anybody else.
    return value if type(value) is wanted else _refuse(where, wanted)


def _union(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    problems: list[Malformed] = []
    for choice in choices:
        try:
            return _decoded(choice, value, where)
        except Malformed as problem:
            problems.append(problem)
    # Of a choice between something and nothing, what is wrong with the something.
    raise problems[0]


def _sequence(kind: type[Any], of: tuple[Any, ...], value: Any, where: str) -> Any:
    if not isinstance(value, list):
        _refuse(where, "a list")
    if kind is not tuple or of[1:] == (...,):
        return kind(_decoded(of[0], one, f"{where}[{index}]") for index, one in enumerate(value))
    if len(value) != len(of):
        _refuse(where, f"a list of {len(of)}")
    return tuple(
        _decoded(one, part, f"{where}[{index}]") for index, (one, part) in enumerate(zip(of, value, strict=True))
    )


def _dataclass(wanted: Any, value: Any, where: str) -> Any:
    given = dict(_mapping(value, where))
    found = {}
    for name, (hint, required) in _fields(wanted).items():
        at = f"{where}.{name}" if where else name
        if name in given:
            found[name] = _decoded(hint, given.pop(name), at)
        elif required:
            raise Malformed(f"{at}: missing")
    for name in given:
        raise Malformed(f"{where}.{name}: unknown field" if where else f"{name}: unknown field")
    return wanted(**found)


@cache
def _fields(wanted: type[Any]) -> dict[str, tuple[Any, bool]]:
    """The fields that a dataclass is made of: their types, and whether they must be given."""
    hints = get_type_hints(wanted)
    return {
        one.name: (
            hints[one.name],
            one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
        )
        for one in dataclasses.fields(wanted)
        if one.init
    }


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _refuse(where, "an object")


def _refuse(where: str, wanted: Any) -> Any:
    if get_origin(wanted) is Literal:
        wanted = f"one of {', '.join(map(str, get_args(wanted)))}"
    names = {str: "a text", int: "a number", float: "a number", bool: "true or false", type(None): "null"}
    said = names.get(wanted, wanted if isinstance(wanted, str) else "something else")
    raise Malformed(f"{where}: expected {said}" if where else f"expected {said}")


def request_to(seen: RequestSeen) -> dict[str, Any]:
    """A request of the journal; of its connection only the sequence number, for many share one."""
    return {
        one.name: seen.connection.sequence if one.name == "connection" else encoded(getattr(seen, one.name))
        for one in dataclasses.fields(seen)
        if one.init
    }


def request_from(value: Mapping[str, Any], connections: Mapping[int, ConnectionSeen]) -> RequestSeen:
    """The request that `request_to` wrote, on the connection of that number. Raises Malformed."""
    connection = connections.get(value.get("connection", 0))
    if connection is None:
        raise Malformed("connection: not among those that came along")
    # Decoded with its connection in place, so that all requests on one share the one object.
    parts = {
        name: _decoded(hint, value.get(name), name)
        for name, (hint, _) in _fields(RequestSeen).items()
        if name != "connection"
    }
    return RequestSeen(connection=connection, **parts)


def entries_from(connections: Iterable[Any], requests: Iterable[Any], mark: int) -> Entries:
    """The entries made after the mark; older connections are there for the requests' sake. Raises Malformed."""
    known = {one.sequence: one for one in (decoded(ConnectionSeen, each) for each in connections)}
    return Entries(
        tuple(known[number] for number in sorted(known) if number > mark),
        tuple(sorted((request_from(one, known) for one in requests), key=lambda seen: seen.sequence)),
    )
