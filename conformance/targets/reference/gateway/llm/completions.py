"""Chat completions: what is read from the request's JSON and changed in it, and what an answer must be."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any, NoReturn

from conformance.targets.reference.gateway.config import BodyChanges, LlmProvider
from conformance.targets.reference.gateway.messages import Headers, ProxyError, values_of

__all__ = [
    "LIMIT",
    "check_answer",
    "decode",
    "edit",
    "edit_any",
    "is_stream",
    "load",
    "parse",
    "render",
    "uncompressed",
]

LIMIT = 2 * 1024 * 1024
"""Bytes that the body of a request, or of an answer that is no stream, may have, uncompressed (FACTS 6.9)."""

# The fields that agentgateway reads, and what serde calls their types.
_TYPED: tuple[tuple[str, str], ...] = (
    ("messages", "a sequence"),
    ("model", "a string"),
    ("top_p", "f32"),
    ("temperature", "f32"),
    ("stream", "a boolean"),
    ("frequency_penalty", "f32"),
    ("presence_penalty", "f32"),
    ("seed", "i64"),
    ("stream_options", "struct StreamOptions"),
    ("max_tokens", "u32"),
    ("max_completion_tokens", "u32"),
    ("tools", "a sequence"),
    ("user", "a string"),
)
_PARSING = "processing failed: failed to parse request"
_ANSWERING = "processing failed: failed to parse response"


def parse(body: bytes) -> dict[str, Any]:
    """The request's JSON object. Raises ProxyError 503 as agentgateway 1.4 does for anything but a chat completion."""
    payload = load(body)
    if not isinstance(payload, dict):
        raise ProxyError(503, "processing failed: missing field: request must be an object")
    if "messages" not in payload:
        raise ProxyError(503, f"{_PARSING}: missing field `messages`")
    for name, expected in _TYPED:
        value = payload.get(name)
        if (value is not None or (name == "messages" and name in payload)) and not _is(expected, value):
            raise ProxyError(503, f"{_PARSING}: invalid type: {_describe(value)}, expected {expected}")
    for message in payload["messages"]:
        if not isinstance(message, dict):
            raise ProxyError(503, f"{_PARSING}: invalid type: {_describe(message)}, expected struct RequestMessage")
        if not isinstance(message.get("role"), str):
            raise ProxyError(503, f"{_PARSING}: missing field `role`")
    return payload


def load(body: bytes) -> Any:
    """A request's JSON, of whatever API. Raises ProxyError 503 for what is none."""
    return _load(body, _PARSING)


def edit(payload: dict[str, Any], provider: LlmProvider) -> dict[str, Any]:
    """The request for one provider: its model, and a demand for usage figures with streams.

    A configured model always overrides; without one the request's counts, also when it is empty, and its absence is
    refused with 503 (FACTS 2.4). Every other field stays as it is.
    """
    edited = edit_any(payload, provider)
    if is_stream(edited) and edited.get("stream_options") is None:
        edited["stream_options"] = {"include_usage": True}
    return edited


def edit_any(payload: dict[str, Any], provider: LlmProvider) -> dict[str, Any]:
    """The request for one provider, of whatever API: its model, and what policies change."""
    edited = dict(payload)
    if provider.model is not None:
        edited["model"] = provider.model
    edited = _changed(edited, provider.body)
    if edited.get("model") is None:
        raise ProxyError(503, "processing failed: missing field: model not specified")
    return edited


def _changed(payload: dict[str, Any], changes: BodyChanges) -> dict[str, Any]:
    """With the fields, model and messages that the Backend's policies want (agentgateway 1.4, BackendAI)."""
    for name, value in changes.overrides:
        payload[name] = json.loads(value)
    for name, value in changes.defaults:
        payload.setdefault(name, json.loads(value))
    if isinstance(model := payload.get("model"), str):
        payload["model"] = _renamed(model, dict(changes.aliases))
    before, behind = (
        [{"role": role, "content": text} for role, text in one] for one in (changes.before, changes.behind)
    )
    if "messages" in payload and (before or behind):
        payload["messages"] = [*before, *payload["messages"], *behind]
    return payload


def _renamed(model: str, aliases: dict[str, str]) -> str:
    """What a name stands for; an asterisk stands for anything, and the longer pattern goes before the shorter."""
    if (exact := aliases.get(model)) is not None:
        return exact
    fitting = [one for one in aliases if "*" in one and _fits(one.split("*"), model)]
    return aliases[max(fitting, key=len)] if fitting else model


def _fits(parts: list[str], text: str) -> bool:
    """Whether the parts stand in a text in this order, the first at its beginning and the last at its end."""
    first, *middle, last = parts
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    rest = text[len(first) : len(text) - len(last)]
    for one in middle:
        _, found, rest = rest.partition(one) if one else ("", "x", rest)
        if not found:
            return False
    return True


def render(payload: dict[str, Any]) -> bytes:
    """The JSON that goes up, compact. Raises ProxyError 503 for text that is no Unicode (half a surrogate pair)."""
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProxyError(503, f"{_PARSING}: lone leading surrogate in hex escape") from error


def is_stream(payload: dict[str, Any]) -> bool:
    """Whether the client asked for a stream; that decides how the answer is passed on."""
    return payload.get("stream") is True


def decode(body: bytes, headers: Headers, limit: int = LIMIT) -> bytes:
    """A body as it is without its Content-Encoding, never more than the limit.

    Raises ProxyError 503 when it is larger uncompressed, is not what the header says, or has a coding unknown here.
    """
    codings = [part.strip().lower() for value in values_of(headers, "content-encoding") for part in value.split(",")]
    for coding in reversed([coding for coding in codings if coding not in ("", "identity")]):
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise ProxyError(503, f"processing failed: unsupported content encoding: {coding}")
        try:
            plain = _inflate(body, limit)
        except zlib.error as error:
            raise ProxyError(503, "processing failed: failed to decode request body") from error
        if plain is None:
            raise ProxyError(503, "processing failed: request was too large")
        body = plain
    return body


def _inflate(body: bytes, limit: int) -> bytes | None:
    """A gzip or zlib stream uncompressed; None when that is more than the limit. Raises zlib.error for bad data."""
    plain = b""
    while body or not plain:
        inflater = zlib.decompressobj(15 + 32)
        plain += inflater.decompress(body, limit + 1 - len(plain))
        if len(plain) > limit:
            return None
        if not inflater.eof:
            raise zlib.error("incomplete stream")
        if not inflater.unused_data:
            break
        # gzip has members, one behind the other, that are one stream together (RFC 1952, 2.2).
        body = inflater.unused_data
    return plain


def check_answer(body: bytes, headers: Headers) -> bytes:
    """The body of a successful answer, unchanged. Raises ProxyError 503 when it is no chat completion (FACTS 6.6).

    What a compatible provider may leave out (`usage`, an index, known values) is not asked for; `model` is.
    """
    plain = uncompressed(body, headers)
    if plain is None:
        return body
    payload = _load(plain, _ANSWERING)
    if not isinstance(payload, dict):
        raise ProxyError(503, f"{_ANSWERING}: invalid type: {_describe(payload)}, expected struct Response")
    if not isinstance(payload.get("model"), str):
        raise ProxyError(503, f"{_ANSWERING}: missing field `model`")
    return body


def uncompressed(body: bytes, headers: Headers) -> bytes | None:
    """An answer's body to look at; None where its encoding is not for us to read. Raises ProxyError 503."""
    codings = {value.strip().lower() for value in values_of(headers, "content-encoding")} - {"identity"}
    plain: bytes | None = body
    if codings & {"gzip", "x-gzip", "deflate"}:
        try:
            plain = _inflate(body, LIMIT)
        except zlib.error as error:
            raise ProxyError(503, f"{_ANSWERING}: invalid compressed stream") from error
    elif codings:
        # Not for us to read; the client asked for it.
        return None
    if plain is None:
        raise ProxyError(503, "processing failed: response was too large")
    return plain


def _load(body: bytes, what: str) -> Any:
    """JSON as serde_json takes it: UTF-8, no NaN, numbers in range. Raises ProxyError 503 starting with `what`."""
    try:
        text = body.decode("utf-8")
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ProxyError(503, f"{what}: {_serde_text(error)}") from error
    except UnicodeDecodeError as error:
        raise ProxyError(503, f"{what}: invalid unicode code point") from error
    except RecursionError as error:
        raise ProxyError(503, f"{what}: recursion limit exceeded") from error
    except ValueError as error:
        raise ProxyError(503, f"{what}: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError("expected value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


_SERDE = (
    ("Expecting value", "expected value", "EOF while parsing a value"),
    ("Expecting ',' delimiter", "expected `,` or `}`", "EOF while parsing an object"),
    ("Expecting ':' delimiter", "expected `:`", "EOF while parsing an object"),
    ("Expecting property name", "key must be a string", "EOF while parsing an object"),
    ("Illegal trailing comma", "trailing comma", "EOF while parsing an object"),
    ("Unterminated string", "EOF while parsing a string", "EOF while parsing a string"),
    ("Extra data", "trailing characters", "trailing characters"),
    ("Invalid control character", "control character (\\u0000-\\u001F) found while parsing a string", ""),
    ("Invalid \\", "invalid escape", "EOF while parsing a string"),
    # Python's decoder names a byte order mark; serde finds no value there.
    ("Unexpected UTF-8 BOM", "expected value", "expected value"),
)


def _serde_text(error: json.JSONDecodeError) -> str:
    """Python's complaint in serde_json's words, as agentgateway shows them (FACTS 6.4, 6.9)."""
    at_end = not error.doc[error.pos :].strip()
    for start, elsewhere, at_the_end in _SERDE:
        if error.msg.startswith(start):
            text = at_the_end if at_end and at_the_end else elsewhere
            break
    else:
        text = error.msg
    line = error.doc.count("\n") + 1 if at_end else error.lineno
    column = len(error.doc.rpartition("\n")[2]) if at_end else error.colno
    return f"{text} at line {line} column {column}"


def _is(expected: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if expected == "f32":
        return number
    if expected == "i64":
        return whole and -(2**63) <= value < 2**63
    if expected == "u32":
        return whole and 0 <= value < 2**32
    kinds = {"a sequence": list, "a string": str, "a boolean": bool, "struct StreamOptions": dict}
    return isinstance(value, kinds[expected])


def _describe(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return f"boolean `{str(value).lower()}`"
        case str():
            return f"string {json.dumps(value, ensure_ascii=False)}"
        case int():
            return f"integer `{value}`"
        case float():
            return f"floating point `{value}`"
        case list():
            return "sequence"
    return "map"
