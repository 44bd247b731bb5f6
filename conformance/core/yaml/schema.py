"""Pieces of JSON Schema, for the formats that people edit."""

from __future__ import annotations

from typing import Any

from conformance.core.yaml.fields import Pattern

__all__ = ["DRAFT", "Schema", "list_of", "number", "record", "text"]

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def list_of(description: str, items: Schema) -> Schema:
    """An array."""
    return {"description": description, "type": "array", "items": items}


def record(fields: Schema, *, required: list[str] | None = None, about: str | None = None) -> Schema:
    """A mapping with these fields and no others."""
    described = {"description": about} if about else {}
    demanded = {"required": required} if required else {}
    return {**described, "type": "object", "additionalProperties": False, **demanded, "properties": fields}


def text(description: str, pattern: Pattern | None = None) -> Schema:
    """A text that is not empty."""
    return {
        "description": description,
        "type": "string",
        "minLength": 1,
        **({"pattern": pattern.regex} if pattern else {}),
    }


def number(description: str, lowest: int, highest: int) -> Schema:
    """A whole number."""
    return {"description": description, "type": "integer", "minimum": lowest, "maximum": highest}
