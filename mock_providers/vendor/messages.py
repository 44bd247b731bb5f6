"""Anthropic's Messages, whole and as the events of a stream."""

from __future__ import annotations

import json
from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.behaviour import Behaviour
from mock_providers.vendor.completions import Events, altered, calls_in, encoded, pieces_of, said, spoken
from mock_providers.vendor.requests import ChatRequest

__all__ = ["message", "stream_events"]

_ARGUMENT_PIECES = 3


def message(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> dict[str, Any]:
    """The vendor's whole answer."""
    blocks = _blocks(provider, behaviour, request, exchange)
    return altered(_message(provider, request, exchange, blocks), behaviour)


def stream_events(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Events:
    """The events in the order of the API reference: the message, its blocks and what is new in them."""

    def event(type_: str, **fields: Any) -> bytes:
        data = altered({"type": type_, **fields}, behaviour)
        return b"event: " + type_.encode() + b"\ndata: " + encoded(data) + b"\n\n"

    blocks = _blocks(provider, behaviour, request, exchange)
    whole = _message(provider, request, exchange, blocks)
    opening = event("message_start", message={**whole, "content": [], "stop_reason": None})
    pieces: list[bytes] = []
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            empty, deltas = (
                {**block, "text": ""},
                [{"type": "text_delta", "text": one} for one in spoken(provider, behaviour, request, exchange)],
            )
        else:
            empty, deltas = (
                {**block, "input": {}},
                [
                    {"type": "input_json_delta", "partial_json": one}
                    for one in pieces_of(json.dumps(block["input"]), _ARGUMENT_PIECES)
                ],
            )
        begin = event("content_block_start", index=index, content_block=empty)
        given = [event("content_block_delta", index=index, delta=one) for one in deltas]
        given[:1] = [begin + one for one in given[:1]]
        given[-1:] = [one + event("content_block_stop", index=index) for one in given[-1:]]
        pieces += given
    stop = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    closing = event("message_delta", delta=stop, usage={"output_tokens": whole["usage"]["output_tokens"]})
    if behaviour.closing is not None:
        return Events(opening, iter(pieces), b"data: " + encoded(behaviour.closing) + b"\n\n")
    return Events(opening, iter(pieces), closing, event("message_stop"))


def _blocks(
    provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None
) -> list[dict[str, Any]]:
    calls = calls_in(behaviour, request)
    if calls:
        return [
            {"type": "tool_use", "id": one.id, "name": one.name, "input": json.loads(one.arguments)} for one in calls
        ]
    return [{"type": "text", "text": said(provider, behaviour, request, exchange)}]


def _message(
    provider: Provider, request: ChatRequest, exchange: str | None, blocks: list[dict[str, Any]]
) -> dict[str, Any]:
    size = sum(len(str(one.get("text", one.get("input")))) for one in blocks)
    return {
        "id": f"msg_{provider.name}-{exchange or 'verbatim'}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": blocks,
        "stop_reason": "tool_use" if blocks[0]["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": max(1, request.prompt_bytes // 4), "output_tokens": max(1, size // 4)},
    }
