"""Defects in bodies: what goes up, what comes back, and how streams are passed on."""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncIterator
from typing import Any

from conformance.targets.embedded.mutations.mutant import gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import Credential, LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError, values_of, without
from conformance.targets.reference.gateway.seams import log_line

__all__ = ["BODIES"]

Payload = dict[str, Any]


def model_kept(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, if there is the field."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": payload["model"]} if payload.get("model") is not None else edited


def model_kept_unless_empty(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, unless it is empty."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": payload["model"]} if payload.get("model") else edited


def model_not_added(payload: Payload, provider: LlmProvider) -> Payload:
    """A request without model stays so."""
    edited = completions.edit(payload, provider)
    return edited if "model" in payload else {key: value for key, value in edited.items() if key != "model"}


def model_defaulted(payload: Payload, provider: LlmProvider) -> Payload:
    """gpt-4o for Backends without model."""
    edited = completions.edit({"model": "", **payload}, provider)
    return edited if provider.model is not None else {**edited, "model": "gpt-4o"}


def known_fields(payload: Payload, provider: LlmProvider) -> Payload:
    """OpenAI's best known fields."""
    known = ("model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "seed")
    return {key: value for key, value in completions.edit(payload, provider).items() if key in known}


def plain_messages(payload: Payload, provider: LlmProvider) -> Payload:
    """Role and text of each message, in ASCII."""
    edited = completions.edit(payload, provider)
    texts = [str(one.get("content")).encode("ascii", "replace").decode() for one in edited["messages"]]
    messages = [{"role": one["role"], "content": text} for one, text in zip(edited["messages"], texts, strict=True)]
    return {**edited, "messages": messages}


def single_floats(payload: Payload, provider: LlmProvider) -> Payload:
    """Numbers in 32 bits."""

    def narrow(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return struct.unpack("f", struct.pack("f", value))[0]

    return {key: narrow(value) for key, value in completions.edit(payload, provider).items()}


def forgiving_parse(body: bytes) -> Payload:
    """An empty request for what is none."""
    try:
        return completions.parse(body)
    except ProxyError:
        return {"messages": []}


def small_gzip_only(body: bytes, headers: Headers) -> bytes:
    """Decodes small bodies; larger ones go on as they are."""
    return completions.decode(body, headers) if len(body) < 1024 else body


def unchecked(body: bytes, headers: Headers) -> bytes:
    """Whatever it is."""
    return body


def wrapped_errors(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """0.10's error object in place of the provider's."""
    if status < 300:
        return status, headers, body
    error = {"type": "invalid_request_error", "message": "failed to process response body"}
    return status, without(headers, ("content-length",)), json.dumps({"event_id": None, "error": error}).encode()


def bad_gateway(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """502 for every error."""
    return status if status < 400 else 502, headers, body


def _changed(status: int, headers: Headers, body: bytes, **changes: Any) -> tuple[int, Headers, bytes]:
    if status >= 300 or values_of(headers, "content-encoding"):
        return status, headers, body
    payload = {**json.loads(body), **changes}
    kept = {key: value for key, value in payload.items() if value is not None}
    return status, without(headers, ("content-length",)), json.dumps(kept).encode()


def model_rewritten(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """Another model's name."""
    return _changed(status, headers, body, model="rewritten-by-gateway")


def usage_dropped(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """No usage, and no id."""
    return _changed(status, headers, body, usage=None, id=None)


def strict_answers(body: bytes, headers: Headers) -> bytes:
    """Asks for everything that OpenAI sends."""
    checked = completions.check_answer(body, headers)
    if values_of(headers, "content-encoding"):
        return checked
    payload = json.loads(body)
    choices = payload.get("choices", ())
    known = all("index" in one and one.get("finish_reason") in ("stop", "length", "tool_calls") for one in choices)
    if "usage" not in payload or not known:
        raise ProxyError(503, "processing failed: failed to parse response: missing field `usage`")
    return checked


def no_retry_after(headers: Headers) -> Headers:
    """Retry-After gets lost."""
    return without(forwarding.end_to_end(headers), ("retry-after",))


def few_headers(headers: Headers) -> Headers:
    """Only what describes the body."""
    kept = ("content-type", "content-length", "content-encoding", "retry-after")
    return tuple((key, value) for key, value in forwarding.end_to_end(headers) if key.lower() in kept)


def encoding_hidden(headers: Headers) -> Headers:
    """Content-Encoding gets lost, the body stays compressed."""
    return without(forwarding.end_to_end(headers), ("content-encoding",))


def encoding_claimed(headers: Headers) -> Headers:
    """Content-Encoding: gzip on everything."""
    return (*without(forwarding.end_to_end(headers), ("content-encoding",)), ("content-encoding", "gzip"))


async def buffered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All at the end."""
    yield b"".join([piece async for piece in pieces])


async def undone(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Without the end mark."""
    async for piece in pieces:
        yield piece.replace(b"data: [DONE]\n\n", b"")


async def mended(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream that the provider breaks off ends as if it were whole."""
    try:
        async for piece in pieces:
            yield piece
    except ConnectionError:
        return


def retyped(headers: Headers) -> Headers:
    """The body is said to be text."""
    return (*without(forwarding.end_to_end(headers), ("content-type",)), ("content-type", "text/plain"))


def framed_twice(headers: Headers) -> Headers:
    """Transfer-Encoding beside Content-Length."""
    return (*forwarding.end_to_end(headers), ("transfer-encoding", "chunked"))


async def without_usage(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Without the events that carry usage figures."""
    async for piece in pieces:
        events = piece.split(b"\n\n")
        yield b"\n\n".join(event for event in events if b'"prompt_tokens"' not in event)


async def reversed_events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The last event first."""
    whole = b"".join([piece async for piece in pieces])
    yield b"".join(event + b"\n\n" for event in reversed(whole.split(b"\n\n")) if event)


def location(status: int, headers: Headers) -> str | None:
    """Where the provider's redirect leads."""
    found = values_of(headers, "location")
    return found[0] if 300 <= status < 400 and found else None


def _key(provider: LlmProvider | None) -> str:
    credential = provider.credential if provider else None
    return credential.value if isinstance(credential, Credential) else ""


def key_in_error(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """An error text with the key in it."""
    return ProxyError(refusal.status, f"{refusal.text} (authorization: Bearer {_key(provider)})")


def errors_as_success(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """200 for failures on the way to a provider, and of the request."""
    return ProxyError(200, refusal.text) if refusal.status in (503, 504) else refusal


def missing_backend_as_404(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """404 for a Backend that does not exist."""
    return ProxyError(404, refusal.text) if refusal.status == 500 else refusal


def key_in_log(text: str, provider: LlmProvider | None) -> str:
    """A line of the log with the key in it."""
    return f"{log_line(text, provider)} key={_key(provider)}" if provider else text


BODIES = (
    gateway("model-not-overridden", "The request's model goes up although one is configured.", edit=model_kept),
    gateway(
        "model-overridden-if-empty", "The configured model replaces empty ones only.", edit=model_kept_unless_empty
    ),
    gateway(
        "model-not-injected", "The configured model is not added where the request has none.", edit=model_not_added
    ),
    gateway(
        "model-defaulted", "A Backend without model gets a default instead of the request's.", edit=model_defaulted
    ),
    gateway("unknown-fields-dropped", "Fields the gateway does not know do not go up.", edit=known_fields),
    gateway("messages-flattened", "Messages keep role and ASCII text only.", edit=plain_messages),
    gateway("numbers-narrowed", "Numbers go through 32-bit floats.", edit=single_floats),
    gateway("content-type-changed", "The request's Content-Type is changed.", end_to_end=retyped),
    gateway("request-framed-twice", "Two statements about a body's length go up.", end_to_end=framed_twice),
    gateway("invalid-json-forwarded", "A request that is no JSON reaches the provider.", parse=forgiving_parse),
    gateway(
        "large-gzip-not-decoded",
        "Compressed requests are decoded only when small.",
        decode=small_gzip_only,
        parse=forgiving_parse,
    ),
    gateway("request-limit-missing", "Requests over 2 MiB go up.", request_limit=1 << 30),
    gateway("request-limit-small", "Requests over 256 KiB are refused.", request_limit=256 * 1024),
    gateway("invalid-answers-passed", "An answer that is no JSON passes as 200.", check_answer=unchecked),
    gateway("strict-answers", "Answers that lack what only OpenAI sends are refused.", check_answer=strict_answers),
    gateway(
        "response-wrapped-errors", "The provider's errors are replaced by the gateway's own.", answered=wrapped_errors
    ),
    gateway("error-status-changed", "Every error of a provider becomes 502.", answered=bad_gateway),
    gateway("model-in-response-rewritten", "The answer's model is changed.", answered=model_rewritten),
    gateway("response-fields-dropped", "The answer loses fields.", answered=usage_dropped),
    gateway("retry-after-dropped", "Retry-After does not reach the client.", answer_headers=no_retry_after),
    gateway("response-headers-dropped", "The provider's headers do not reach the client.", answer_headers=few_headers),
    gateway("content-encoding-dropped", "A compressed answer no longer says so.", answer_headers=encoding_hidden),
    gateway("content-encoding-claimed", "An answer says gzip and is not.", answer_headers=encoding_claimed),
    gateway("stream-buffered", "A stream reaches the client when it is complete.", relay=buffered),
    gateway("stream-done-dropped", "A stream's end mark is lost.", relay=undone),
    gateway("stream-break-hidden", "A stream that was broken off looks whole.", relay=mended),
    gateway("stream-usage-dropped", "A stream's usage figures are lost.", relay=without_usage),
    gateway("stream-reordered", "A stream's events come in another order.", relay=reversed_events),
    gateway("stream-cut", "A stream is cut after a quarter of a second.", exchange_seconds=0.25),
    gateway("disconnect-ignored", "A client that went away leaves its request running.", watches_client=False),
    gateway("redirect-followed", "A provider's redirect is followed, with the key.", redirect=location),
    gateway("key-in-error-text", "Error texts show the key.", refused=key_in_error),
    gateway("failures-answered-200", "Failures are answered with 200.", refused=errors_as_success),
    gateway("missing-backend-404", "A missing Backend is answered with 404.", refused=missing_backend_as_404),
    gateway("key-in-log", "The log shows the key.", log_line=key_in_log),
)
