"""The format of provider files as a JSON Schema, for editors and other programs; what counts is how we read them."""

from __future__ import annotations

from typing import Any

from conformance.core.providers.provider import ERRORS, Pattern, Patterns

__all__ = ["provider_schema"]

Schema = dict[str, Any]

_ADDRESS = (
    r"^[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*$|^(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}$"
)


def provider_schema() -> Schema:
    """JSON Schema 2020-12. Of IPv6 addresses it demands less than the reader does."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Provider file of agw-conformance",
        "description": "An OpenAI-compatible API as its vendor runs it.",
        **_record(
            {
                "name": _text("The provider's name, a part of object names and paths.", Patterns.NAME),
                "title": _text("Its name for people."),
                "host": _host("Where the API is: a host name or an IP address, alone."),
                "other_hosts": _hosts("Other hosts with the same API, as in other regions."),
                "former_hosts": _hosts("Hosts where the API was once."),
                "not_at": _hosts("Hosts of the vendor that people take for the API's, and that serve something else."),
                "port": _number("Where it listens, 443 for most.", 1, 65535),
                "path": _text("The path of chat completions, such as /v1/chat/completions.", Patterns.PATH),
                "other_paths": _list(
                    "Other paths that lead to the same; with a query, where its parameters are needed.",
                    _text("A path.", Patterns.TARGET),
                ),
                "examples": {
                    "description": "What stands, for example, for {parts in braces} of host and path.",
                    "type": "object",
                },
                "tls": {"description": "Whether it speaks HTTPS there.", "type": "boolean", "default": True},
                "auth": _auth(),
                "other_auth": _list("How else it takes its key.", _record(_key_fields(), required=["header"])),
                "models": {
                    "description": "Models that it has; it refuses others. Left out: any will do.",
                    "type": "array",
                    "items": {"type": "string", "minLength": 1},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                "errors": _record({kind: _error() for kind in ERRORS}, text="How it answers mistakes."),
                "sources": _list("Where the facts are from.", _source()),
                "notes": _text("What else to know of it."),
            },
            required=["name", "host", "port", "path"],
        ),
    }


def _auth() -> Schema:
    fields = _key_fields()
    fields["header"] = fields["header"] | {"default": "Authorization"}
    required = {"description": "Whether it wants a key at all.", "type": "boolean", "default": True}
    return _record({**fields, "required": required}, text="How it is authenticated to.")


def _key_fields() -> Schema:
    scheme = {
        "description": "The word before the key; empty: the key stands alone.",
        "type": "string",
        "anyOf": [{"const": ""}, {"pattern": Patterns.SCHEME.regex}],
        "default": "Bearer",
    }
    return {"header": _text("The header that carries the key.", Patterns.HEADER), "scheme": scheme}


def _error() -> Schema:
    fields = {
        "status": _number("The status.", 400, 599),
        "body": {"description": "JSON, in whose texts {model}, {path}, {method} and {message} are filled in."},
        "text": _text("In place of a body: a text that is no JSON."),
    }
    return {**_record(fields, required=["status"]), "oneOf": [{"required": ["body"]}, {"required": ["text"]}]}


def _source() -> Schema:
    fields = {
        "title": _text("What it is."),
        "url": _text("Where it is.", Patterns.URL),
        "checked": _text("When it was read.", Patterns.DATE),
    }
    return _record(fields, required=["title", "checked"])


def _host(description: str) -> Schema:
    patterns = (Patterns.HOST.regex, _ADDRESS, Patterns.HOST_FORM.regex)
    return {
        "description": f"{description} Parts that are the customer's stand {{in braces}}.",
        "type": "string",
        "anyOf": [{"pattern": one} for one in patterns],
    }


def _hosts(description: str) -> Schema:
    return _list(description, _host("A host."))


def _list(description: str, items: Schema) -> Schema:
    return {"description": description, "type": "array", "items": items}


def _record(fields: Schema, *, required: list[str] | None = None, text: str | None = None) -> Schema:
    described = {"description": text} if text else {}
    demanded = {"required": required} if required else {}
    return {**described, "type": "object", "additionalProperties": False, **demanded, "properties": fields}


def _text(description: str, pattern: Pattern | None = None) -> Schema:
    return {
        "description": description,
        "type": "string",
        "minLength": 1,
        **({"pattern": pattern.regex} if pattern else {}),
    }


def _number(description: str, lowest: int, highest: int) -> Schema:
    return {"description": description, "type": "integer", "minimum": lowest, "maximum": highest}
