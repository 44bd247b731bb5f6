"""Defects in answers: their status, headers and bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.messages import Headers, values_of, without

__all__ = ["REPLIES"]

Answered = Callable[[int, Headers, bytes], tuple[int, Headers, bytes]]

_STATUS = "FACTS 6.6"

_BODY = "SEED Mistral 7; OpenAI API chat completion object"

_ANSWER = "of the provider's answer"

_CHANGED = "the gateway changed the provider's answer"


def _status(change: Callable[[int], int]) -> Answered:
    return lambda status, headers, body: (change(status), headers, body)


def _rewritten(change: Callable[[Any], Any]) -> Answered:
    """Changes the JSON of a success that is not compressed."""

    def answered(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        if status >= 300 or values_of(headers, "content-encoding"):
            return status, headers, body
        text = json.dumps(change(json.loads(body)), ensure_ascii=False)
        return status, without(headers, ("content-length",)), text.encode()

    return answered


def first_choice(answer: Any) -> Any:
    """Of several choices the first."""
    return {**answer, "choices": answer.get("choices", [])[:1]} if isinstance(answer, dict) else answer


def known_fields(answer: Any) -> Any:
    """The fields that OpenAI documents."""
    known = ("id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier")
    return {key: value for key, value in answer.items() if key in known} if isinstance(answer, dict) else answer


def mistaken_text(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """UTF-8 is taken for Latin-1, and encoded once more."""
    if values_of(headers, "content-encoding"):
        return status, headers, body
    return status, without(headers, ("content-length",)), body.decode("latin-1").encode()


def empty_errors(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """Errors of a provider lose their text."""
    return (status, without(headers, ("content-length",)), b"") if status >= 400 else (status, headers, body)


def plain_errors(status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
    """Errors of a provider are text."""
    if status < 400:
        return status, headers, body
    return status, (*without(headers, ("content-type",)), ("content-type", "text/plain")), body


def _lost(*names: str) -> Callable[[Headers], Headers]:
    return lambda headers: without(forwarding.end_to_end(headers), names)


def hops_answered(headers: Headers) -> Headers:
    """Headers of the provider's connection reach the client."""
    kept = [(key, value) for key, value in headers if key.lower() in ("proxy-authenticate", "keep-alive")]
    return (*forwarding.end_to_end(headers), *kept)


def json_always(headers: Headers) -> Headers:
    """Whatever it is, it is said to be JSON."""
    return (*without(forwarding.end_to_end(headers), ("content-type",)), ("content-type", "application/json"))


def no_nulls(answer: Any) -> Any:
    """Fields that are null are left out."""
    return {key: value for key, value in answer.items() if value is not None} if isinstance(answer, dict) else answer


REPLIES: tuple[Mutant, ...] = (
    gateway(
        "answer-nulls-dropped",
        "Fields of answers that are null do not reach the client.",
        "body",
        _BODY,
        _CHANGED,
        answered=_rewritten(no_nulls),
    ),
    gateway(
        "rate-limit-hidden",
        "429 becomes 503.",
        "errors",
        _STATUS,
        "the provider answered 429, but the client got 503",
        answered=_status(lambda one: 503 if one == 429 else one),
    ),
    gateway(
        "provider-401-hidden",
        "401 of a provider becomes 500.",
        "errors",
        _STATUS,
        "the provider answered 401, but the client got 500",
        answered=_status(lambda one: 500 if one == 401 else one),
    ),
    gateway(
        "provider-404-hidden",
        "404 of a provider becomes 502.",
        "errors",
        _STATUS,
        "the provider answered 404, but the client got 502",
        answered=_status(lambda one: 502 if one == 404 else one),
    ),
    gateway(
        "server-errors-unified",
        "Every 5xx of a provider becomes 500.",
        "errors",
        _STATUS,
        "but the client got 500",
        answered=_status(lambda one: 500 if one >= 500 else one),
    ),
    gateway(
        "errors-unified",
        "Every 4xx of a provider becomes 400.",
        "errors",
        _STATUS,
        "but the client got 400",
        answered=_status(lambda one: 400 if 400 <= one < 500 else one),
    ),
    gateway(
        "errors-as-success",
        "Errors of a provider are answered with 200.",
        "errors",
        _STATUS,
        "but the client got 200",
        answered=_status(lambda one: 200 if one >= 400 else one),
    ),
    gateway(
        "redirects-hidden",
        "Redirects of a provider become 502.",
        "secrets",
        "FACTS 6.6; CVE-2018-18074",
        "but the client got 502",
        answered=_status(lambda one: 502 if 300 <= one < 400 else one),
    ),
    gateway(
        "error-text-lost", "A provider's error loses its text.", "errors", _STATUS, _CHANGED, answered=empty_errors
    ),
    gateway(
        "error-type-lost",
        "A provider's error is said to be text.",
        "errors",
        _STATUS,
        "response header content-type",
        answered=plain_errors,
    ),
    gateway(
        "first-choice-only",
        "Of several choices the first reaches the client.",
        "body",
        _BODY,
        _ANSWER,
        answered=_rewritten(first_choice),
    ),
    gateway(
        "vendor-fields-dropped",
        "Fields of an answer that only one vendor has are lost.",
        "body",
        _BODY,
        _ANSWER,
        answered=_rewritten(known_fields),
    ),
    gateway(
        "answer-encoded-twice",
        "An answer's UTF-8 is encoded once more.",
        "body",
        _BODY,
        _ANSWER,
        answered=mistaken_text,
    ),
    gateway(
        "request-id-lost",
        "X-Request-Id does not reach the client.",
        "body",
        "OpenAI API rate limit headers",
        "response header x-request-id",
        answer_headers=_lost("x-request-id"),
    ),
    gateway(
        "rate-limits-lost",
        "Headers with rate limits do not reach the client.",
        "body",
        "OpenAI API rate limit headers",
        "response header x-ratelimit",
        answer_headers=_lost(
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens",
        ),
    ),
    gateway(
        "cookies-of-answers-lost",
        "Set-Cookie does not reach the client.",
        "body",
        "RFC 9110 section 5.3",
        "response header set-cookie",
        answer_headers=_lost("set-cookie"),
    ),
    gateway(
        "answers-always-json",
        "Every answer is said to be JSON.",
        "streaming",
        "HTML, Server-sent events, 9.2.6",
        "is no event stream",
        answer_headers=json_always,
    ),
    gateway(
        "answer-hops-passed",
        "Headers of the provider's connection reach the client.",
        "body",
        "RFC 9110 7.6.1",
        "header",
        answer_headers=hops_answered,
    ),
)
