"""Defects in whole answers on their way to the client."""

from __future__ import annotations

import json
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError, values_of, without

__all__ = ["ANSWERS"]


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


ANSWERS: tuple[Mutant, ...] = (
    gateway(
        "strict-answers",
        "Answers that lack what only OpenAI sends are refused.",
        "body",
        "agentgateway PR#977, #2371, #3440",
        "the provider answered 200, but the client got 503",
        check_answer=strict_answers,
    ),
    gateway(
        "response-wrapped-errors",
        "The provider's errors are replaced by the gateway's own.",
        "errors",
        "FACTS 6.6",
        "changed the provider's answer",
        answered=wrapped_errors,
    ),
    gateway(
        "error-status-changed",
        "Every error of a provider becomes 502.",
        "errors",
        "FACTS 6.6",
        "but the client got 502",
        answered=bad_gateway,
    ),
    gateway(
        "model-in-response-rewritten",
        "The answer's model is changed.",
        "model",
        "OpenAI API reference, chat.completion.model; FACTS 6.9",
        "changed the model that the provider's answer names",
        answered=model_rewritten,
    ),
    gateway(
        "response-fields-dropped",
        "The answer loses fields.",
        "body",
        "SEED Mistral 7; OpenAI API chat completion object",
        "of the provider's answer",
        answered=usage_dropped,
    ),
    gateway(
        "retry-after-dropped",
        "Retry-After does not reach the client.",
        "errors",
        "FACTS 6.6; RFC 9110 section 10.2.3",
        "response header retry-after",
        answer_headers=no_retry_after,
    ),
    gateway(
        "response-headers-dropped",
        "The provider's headers do not reach the client.",
        "body",
        "FACTS 6.9; OpenAI API rate limit headers",
        "the provider's response header",
        answer_headers=few_headers,
    ),
    gateway(
        "content-encoding-dropped",
        "A compressed answer no longer says so.",
        "body",
        "RFC 9110 section 8.4; FACTS 6.9",
        "without its Content-Encoding",
        answer_headers=encoding_hidden,
    ),
    gateway(
        "content-encoding-claimed",
        "An answer says gzip and is not.",
        "body",
        "RFC 9110 section 8.4",
        "says Content-Encoding: gzip, and is something else",
        answer_headers=encoding_claimed,
    ),
)
