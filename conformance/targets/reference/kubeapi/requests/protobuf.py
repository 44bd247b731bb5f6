"""Reads the core kinds from protobuf, which is what kubectl's `create namespace`, `create secret` and so on send.

Only requests: answers are JSON, which every client takes. Field numbers are those of the generated.proto files of
k8s.io/api/core/v1 and k8s.io/apimachinery; fields that are not listed are left out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from conformance.targets.reference.kubeapi.status import bad_request

__all__ = ["PROTOBUF", "parse_protobuf"]

PROTOBUF = "application/vnd.kubernetes.protobuf"

# A field is (name, type); a type in brackets repeats, one in braces is a map from text, a mapping is a message.
Message = Mapping[int, tuple[str, Any]]

_META: Message = {
    1: ("name", "text"),
    2: ("generateName", "text"),
    3: ("namespace", "text"),
    5: ("uid", "text"),
    6: ("resourceVersion", "text"),
    11: ("labels", "{text}"),
    12: ("annotations", "{text}"),
    14: ("finalizers", "[text]"),
}
_PORT: Message = {
    1: ("name", "text"),
    2: ("protocol", "text"),
    3: ("port", "number"),
    4: ("targetPort", "number-or-text"),
    5: ("nodePort", "number"),
    6: ("appProtocol", "text"),
}
_SERVICE_SPEC: Message = {
    1: ("ports", [_PORT]),
    2: ("selector", "{text}"),
    3: ("clusterIP", "text"),
    4: ("type", "text"),
    5: ("externalIPs", "[text]"),
    7: ("sessionAffinity", "text"),
    10: ("externalName", "text"),
}
_REFERENCE: Message = {
    1: ("kind", "text"),
    2: ("namespace", "text"),
    3: ("name", "text"),
    4: ("uid", "text"),
    5: ("apiVersion", "text"),
    6: ("resourceVersion", "text"),
    7: ("fieldPath", "text"),
}
_SOURCE: Message = {1: ("component", "text"), 2: ("host", "text")}
_KINDS: Mapping[str, Message] = {
    "Namespace": {1: ("metadata", _META), 2: ("spec", {1: ("finalizers", "[text]")})},
    "Secret": {
        1: ("metadata", _META),
        2: ("data", "{bytes}"),
        3: ("type", "text"),
        4: ("stringData", "{text}"),
        5: ("immutable", "flag"),
    },
    "ConfigMap": {
        1: ("metadata", _META),
        2: ("data", "{text}"),
        3: ("binaryData", "{bytes}"),
        4: ("immutable", "flag"),
    },
    "Service": {1: ("metadata", _META), 2: ("spec", _SERVICE_SPEC)},
    "Event": {
        1: ("metadata", _META),
        2: ("involvedObject", _REFERENCE),
        3: ("reason", "text"),
        4: ("message", "text"),
        5: ("source", _SOURCE),
        6: ("firstTimestamp", "time"),
        7: ("lastTimestamp", "time"),
        8: ("count", "number"),
        9: ("type", "text"),
    },
    "DeleteOptions": {
        2: ("preconditions", {1: ("uid", "text"), 2: ("resourceVersion", "text")}),
        4: ("propagationPolicy", "text"),
        5: ("dryRun", "[text]"),
    },
}
_UNKNOWN: Message = {1: ("typeMeta", {1: ("apiVersion", "text"), 2: ("kind", "text")}), 2: ("raw", "raw")}
_MAGIC = b"k8s\0"
_YEAR_10000 = 253_402_300_800


def parse_protobuf(body: bytes) -> dict[str, Any]:
    """The object in a runtime.Unknown envelope, as JSON has it. Raises ApiError 400, whatever the bytes."""
    if not body.startswith(_MAGIC):
        raise bad_request("the body of the request is not Kubernetes protobuf")
    try:
        envelope = _message(body[len(_MAGIC) :], _UNKNOWN)
        type_ = envelope.get("typeMeta") or {}
        message = _KINDS.get(type_.get("kind", ""))
        if message is None:
            raise bad_request("a kind that is not read from protobuf here: send JSON")
        return {**type_, **_message(envelope.get("raw") or b"", message)}
    except (ValueError, OverflowError) as error:
        raise bad_request("the body of the request is not valid protobuf") from error


def _message(data: bytes, fields: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _fields(data):
        if number in fields:
            name, type_ = fields[number]
            _put(found, name, type_, value)
    return found


def _put(found: dict[str, Any], name: str, type_: Any, value: int | bytes) -> None:
    """Adds one field. Go writes its empty texts and zeros too; JSON leaves them out."""
    if isinstance(type_, list):
        found.setdefault(name, []).append(_message(_bytes(value), type_[0]))
    elif isinstance(type_, Mapping):
        found[name] = {**found.get(name, {}), **_message(_bytes(value), type_)}
    elif type_.startswith("["):
        found.setdefault(name, []).append(_scalar(type_[1:-1], value))
    elif type_.startswith("{"):
        entry = _message(_bytes(value), {1: ("key", "text"), 2: ("value", "raw")})
        found.setdefault(name, {})[entry.get("key", "")] = _scalar(type_[1:-1], entry.get("value", b""))
    else:
        scalar = _scalar(type_, value)
        if scalar not in ("", 0, None) or type_ == "flag":
            found[name] = scalar


def _scalar(type_: str, value: int | bytes) -> Any:
    if type_ in ("number", "flag"):
        if not isinstance(value, int):
            raise ValueError("a number was expected")
        return bool(value) if type_ == "flag" else value - (1 << 64) if value >> 63 else value
    data = _bytes(value)
    if type_ == "raw":
        return data
    if type_ == "bytes":
        return base64.b64encode(data).decode()
    if type_ == "time":
        seconds = _message(data, {1: ("seconds", "number")}).get("seconds")
        return _time(seconds) if seconds else None
    if type_ == "number-or-text":
        either = _message(data, {1: ("is_text", "flag"), 2: ("number", "number"), 3: ("text", "text")})
        return either.get("text", "") if either.get("is_text") else either.get("number", 0)
    return data.decode()


def _time(seconds: int) -> str:
    # What lies outside of these is refused by each platform in a way of its own.
    if not 0 < seconds < _YEAR_10000:
        raise ValueError("not a time")
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("bytes were expected")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError("an unknown wire type")
        if at + length > len(data):
            raise ValueError("cut off")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & ((1 << 64) - 1), at
    raise ValueError("a number is too long")
