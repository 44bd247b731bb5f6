"""Defects in the body that goes up, and how it is framed."""

from __future__ import annotations

import struct
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError, without

__all__ = ["REQUESTS"]

Payload = dict[str, Any]


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


def retyped(headers: Headers) -> Headers:
    """The body is said to be text."""
    return (*without(forwarding.end_to_end(headers), ("content-type",)), ("content-type", "text/plain"))


def framed_twice(headers: Headers) -> Headers:
    """Transfer-Encoding beside Content-Length."""
    return (*forwarding.end_to_end(headers), ("transfer-encoding", "chunked"))


REQUESTS: tuple[Mutant, ...] = (
    gateway(
        "unknown-fields-dropped",
        "Fields the gateway does not know do not go up.",
        "body",
        "OpenAI API parameters; FACTS 2.2 step 8",
        "the client's request",
        edit=known_fields,
    ),
    gateway(
        "messages-flattened",
        "Messages keep role and ASCII text only.",
        "body",
        "SEED Mistral 7 (the request is the provider's own API); OpenAI API messages",
        "of the client's request",
        edit=plain_messages,
    ),
    gateway(
        "numbers-narrowed",
        "Numbers go through 32-bit floats.",
        "body",
        "OpenAI API parameters; FACTS 2.2 step 8",
        "the client's request",
        edit=single_floats,
    ),
    gateway(
        "content-type-changed",
        "The request's Content-Type is changed.",
        "body",
        "RFC 9112 section 6; FACTS 6.4",
        "did not pass on the client's header content-type",
        end_to_end=retyped,
    ),
    gateway(
        "request-framed-twice",
        "Two statements about a body's length go up.",
        "body",
        "RFC 9112 section 6.1",
        "stated the length of the request upstream wrongly",
        end_to_end=framed_twice,
    ),
    gateway(
        "invalid-json-forwarded",
        "A request that is no JSON reaches the provider.",
        "errors",
        "FACTS 2.3 D11, 6.9",
        "sent a request upstream that it should have refused",
        parse=forgiving_parse,
    ),
    gateway(
        "large-gzip-not-decoded",
        "Compressed requests are decoded only when small.",
        "body",
        "RFC 9110 section 8.4; agentgateway#2402, #2621",
        "neither decompressed the compressed request",
        decode=small_gzip_only,
        parse=forgiving_parse,
    ),
    gateway(
        "request-limit-missing",
        "Requests over 2 MiB go up.",
        "body",
        "FACTS 2.2 step 8, 6.9 (2 MiB)",
        "sent a request upstream that it should have refused",
        request_limit=1 << 30,
    ),
    gateway(
        "request-limit-small",
        "Requests over 256 KiB are refused.",
        "body",
        "FACTS 2.2 step 8, 6.9 (2 MiB)",
        "request was too large",
        request_limit=256 * 1024,
    ),
)
