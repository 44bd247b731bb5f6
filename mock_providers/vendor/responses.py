"""OpenAI's Responses, whole and as the events of a stream."""

from __future__ import annotations

import itertools
from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.behaviour import Behaviour
from mock_providers.vendor.completions import CREATED, Events, altered, calls_in, encoded, pieces_of, said, spoken
from mock_providers.vendor.requests import ChatRequest

__all__ = ["response", "stream_events"]

Item = dict[str, Any]
_ARGUMENT_PIECES = 3


def response(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Item:
    """The vendor's whole answer."""
    return altered(_response(provider, request, exchange, _items(provider, behaviour, request, exchange)), behaviour)


def stream_events(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Events:
    """The events in the order of the API reference: the response, its items and their parts, each begun and done."""
    events = _Numbered(behaviour)
    items = _items(provider, behaviour, request, exchange)
    begun = {**_response(provider, request, exchange, []), "status": "in_progress", "usage": None}
    opening = events.event("response.created", response=begun) + events.event("response.in_progress", response=begun)
    closing = b""
    if items[0]["type"] == "function_call":
        pieces = [piece for index, item in enumerate(items) for piece in events.call(index, item)]
    else:
        (item,) = items
        opening += events.begin_message(item)
        pieces = [
            events.event("response.output_text.delta", **_PART, item_id=item["id"], delta=one, logprobs=[])
            for one in spoken(provider, behaviour, request, exchange)
        ]
        closing = events.end_message(item)
    closing += events.event("response.completed", response=_response(provider, request, exchange, items))
    if behaviour.closing is not None:
        closing = b"data: " + encoded(behaviour.closing) + b"\n\n"
    return Events(opening, iter(pieces), closing)


_PART = {"output_index": 0, "content_index": 0}


class _Numbered:
    """Events as they follow each other, each with its number."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._numbers = itertools.count()

    def event(self, type_: str, **fields: Any) -> bytes:
        data = altered({"type": type_, "sequence_number": next(self._numbers), **fields}, self._behaviour)
        return b"event: " + type_.encode() + b"\ndata: " + encoded(data) + b"\n\n"

    def begin_message(self, item: Item) -> bytes:
        empty = {**item["content"][0], "text": ""}
        added = {**item, "status": "in_progress", "content": []}
        return self.event("response.output_item.added", output_index=0, item=added) + self.event(
            "response.content_part.added", **_PART, item_id=item["id"], part=empty
        )

    def end_message(self, item: Item) -> bytes:
        (part,) = item["content"]
        return (
            self.event("response.output_text.done", **_PART, item_id=item["id"], text=part["text"], logprobs=[])
            + self.event("response.content_part.done", **_PART, item_id=item["id"], part=part)
            + self.event("response.output_item.done", output_index=0, item=item)
        )

    def call(self, index: int, item: Item) -> list[bytes]:
        where = {"output_index": index, "item_id": item["id"]}
        added = {**item, "status": "in_progress", "arguments": ""}
        arguments = item["arguments"]
        return [
            self.event("response.output_item.added", output_index=index, item=added),
            *(
                self.event("response.function_call_arguments.delta", **where, delta=one)
                for one in pieces_of(arguments, _ARGUMENT_PIECES)
            ),
            self.event("response.function_call_arguments.done", **where, arguments=arguments, name=item["name"]),
            self.event("response.output_item.done", output_index=index, item=item),
        ]


def _items(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> list[Item]:
    calls = calls_in(behaviour, request)
    if calls:
        return [
            {
                "id": f"fc_{one.id}",
                "type": "function_call",
                "status": "completed",
                "call_id": one.id,
                "name": one.name,
                "arguments": one.arguments,
            }
            for one in calls
        ]
    text = said(provider, behaviour, request, exchange)
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    id_ = f"msg_{provider.name}-{exchange or 'verbatim'}"
    return [{"id": id_, "type": "message", "status": "completed", "role": "assistant", "content": [part]}]


def _response(provider: Provider, request: ChatRequest, exchange: str | None, items: list[Item]) -> Item:
    texts = "".join(part["text"] for item in items for part in item.get("content", ()))
    prompt, answer = max(1, request.prompt_bytes // 4), max(1, len(texts) // 4)
    return {
        "id": f"resp_{provider.name}-{exchange or 'verbatim'}",
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": request.model,
        "output": items,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": answer,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + answer,
        },
    }
