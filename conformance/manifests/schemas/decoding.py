"""The types that Go's decoder insists on before any validation: in metadata, and in all of a core kind."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from conformance.manifests.schemas.errors import KindName, Undecodable, type_name
from conformance.manifests.schemas.schema import Schema
from conformance.manifests.schemas.validation import fits_type

__all__ = ["decode_base64", "refuse_undecodable"]

_JSON = {"integer": "number", "boolean": "bool"}
_GO = {"string": "string", "boolean": "bool"}
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=\r\n]")


def refuse_undecodable(kind: KindName, schema: Schema, value: Any, path: str, struct: str) -> None:
    """Raises Undecodable for the first value that does not fit its Go type; nulls always fit."""
    if value is None:
        return
    if not fits_type(schema, value):
        seen = _JSON.get(type_name(value), type_name(value))
        where = f"{struct}.{path}" if path else struct
        raise refusal(kind, f"json: cannot unmarshal {seen} into Go struct field {where} of type {go_type(schema)}")
    if schema.type == "object":
        inside = schema.go or struct
        for name, item in value.items():
            child = schema.properties.get(name)
            if child is not None:
                refuse_undecodable(kind, child, item, f"{path}.{name}" if path else name, inside)
            elif schema.additional is not None:
                refuse_undecodable(kind, schema.additional, item, path, inside)
    elif schema.type == "array" and schema.items is not None:
        for item in value:
            refuse_undecodable(kind, schema.items, item, path, struct)
    elif schema.format == "byte":
        decode_base64(kind, value)


def refusal(kind: KindName, reason: str) -> Undecodable:
    """The refusal of an object of this kind that cannot be decoded."""
    return Undecodable(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {reason}')


def decode_base64(kind: KindName, text: str) -> bytes:
    """The bytes of a value of Secret.data. Raises Undecodable with the place where the base64 ends."""
    try:
        # Go forgives line breaks, and nothing else.
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        stray = _NO_BASE64.search(text)
        place = stray.start() if stray else len(text) // 4 * 4
        raise refusal(kind, f"illegal base64 data at input byte {place}") from None


def go_type(schema: Schema) -> str:
    """The Go type of a field as its decoder names it."""
    if schema.type == "string" and schema.format == "byte":
        return "[]uint8"
    if schema.type == "string" and schema.format == "date-time":
        return "v1.Time"
    if schema.type == "integer":
        return schema.format
    if schema.type == "array" and schema.items is not None:
        return f"[]{go_type(schema.items)}"
    if schema.type == "object":
        return f"map[string]{go_type(schema.additional)}" if schema.additional else f"v1.{schema.go or 'Object'}"
    return _GO.get(schema.type, schema.type)
