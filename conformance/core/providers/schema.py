"""The format of provider files as a JSON Schema, for editors and other programs; what counts is how we read them."""

from __future__ import annotations

from conformance.core.providers.provider import ERRORS, Patterns
from conformance.core.yaml.schema import DRAFT, Schema, list_of, number, record, text

__all__ = ["provider_schema"]

_ADDRESS = (
    r"^[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*$|^(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}$"
)


def provider_schema() -> Schema:
    """JSON Schema 2020-12. Of IPv6 addresses it demands less than the reader does."""
    return {
        "$schema": DRAFT,
        "title": "Provider file of agw-conformance",
        "description": "An OpenAI-compatible API as its vendor runs it.",
        **record(
            {
                "name": text("The provider's name, a part of object names and paths.", Patterns.NAME),
                "title": text("Its name for people."),
                "host": _host("Where the API is: a host name or an IP address, alone."),
                "other_hosts": _hosts("Other hosts with the same API, as in other regions."),
                "former_hosts": _hosts("Hosts where the API was once."),
                "not_at": _hosts("Hosts of the vendor that people take for the API's, and that serve something else."),
                "port": number("Where it listens, 443 for most.", 1, 65535),
                "path": text("The path of chat completions, such as /v1/chat/completions.", Patterns.PATH),
                "other_paths": list_of(
                    "Other paths that lead to the same; with a query, where its parameters are needed.",
                    text("A path.", Patterns.TARGET),
                ),
                "examples": {
                    "description": "What stands, for example, for {parts in braces} of host and path.",
                    "type": "object",
                },
                "tls": {"description": "Whether it speaks HTTPS there.", "type": "boolean", "default": True},
                "auth": _auth(),
                "other_auth": list_of("How else it takes its key.", record(_key_fields(), required=["header"])),
                "models": {
                    "description": "Models that it has; it refuses others. Left out: any will do.",
                    "type": "array",
                    "items": {"type": "string", "minLength": 1},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                "errors": record({kind: _error() for kind in ERRORS}, about="How it answers mistakes."),
                "sources": list_of("Where the facts are from.", _source()),
                "notes": text("What else to know of it."),
            },
            required=["name", "host", "port", "path"],
        ),
    }


def _auth() -> Schema:
    fields = _key_fields()
    fields["header"] = fields["header"] | {"default": "Authorization"}
    required = {"description": "Whether it wants a key at all.", "type": "boolean", "default": True}
    return record({**fields, "required": required}, about="How it is authenticated to.")


def _key_fields() -> Schema:
    scheme = {
        "description": "The word before the key; empty: the key stands alone.",
        "type": "string",
        "anyOf": [{"const": ""}, {"pattern": Patterns.SCHEME.regex}],
        "default": "Bearer",
    }
    return {"header": text("The header that carries the key.", Patterns.HEADER), "scheme": scheme}


def _error() -> Schema:
    fields = {
        "status": number("The status.", 400, 599),
        "body": {"description": "JSON, in whose texts {model}, {path}, {method} and {message} are filled in."},
        "text": text("In place of a body: a text that is no JSON."),
    }
    return {**record(fields, required=["status"]), "oneOf": [{"required": ["body"]}, {"required": ["text"]}]}


def _source() -> Schema:
    fields = {
        "title": text("What it is."),
        "url": text("Where it is.", Patterns.URL),
        "checked": text("When it was read.", Patterns.DATE),
    }
    return record(fields, required=["title", "checked"])


def _host(description: str) -> Schema:
    patterns = (Patterns.HOST.regex, _ADDRESS, Patterns.HOST_FORM.regex)
    return {
        "description": f"{description} Parts that are the customer's stand {{in braces}}.",
        "type": "string",
        "anyOf": [{"pattern": one} for one in patterns],
    }


def _hosts(description: str) -> Schema:
    return list_of(description, _host("A host."))
