"""Chat completions, whole and as a stream: deterministic, and recognisably of one lookalike and one exchange."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from mock_providers.behaviour import Behaviour
from mock_providers.vendor.instances import instance
from mock_providers.vendor.requests import ChatRequest
from mock_providers.vendor.tools import Call

__all__ = [
    "CREATED",
    "DONE",
    "Events",
    "altered",
    "calls_in",
    "completion",
    "content_for",
    "encoded",
    "pieces_of",
    "said",
    "spoken",
    "stream_events",
]

CREATED = 1_727_967_462
"""The `created` of every completion: the one in the documentation's example output, so that answers never vary."""

DONE = b"data: [DONE]\n\n"
_DEFAULT_CHUNKS = 3


@dataclass(frozen=True)
class Events:
    """A stream: what opens it, one part for each piece of content, what finishes the content, and how it ends."""

    opening: bytes
    pieces: Iterator[bytes]
    closing: bytes
    end: bytes = b""


def content_for(provider: Provider, behaviour: Behaviour, exchange: str | None) -> str:
    """The assistant's message: names the lookalike and the exchange; padded or cut to `content_bytes`."""
    if behaviour.content is not None:
        return behaviour.content
    text = f"{provider.title} at {provider.authority} answers exchange {exchange or 'without id'}."
    if (wanted := behaviour.content_bytes) is None:
        return text
    raw = text.encode("ascii", "replace")[:wanted]
    return raw.decode("ascii") + "x" * (wanted - len(raw))


def said(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> str:
    """The assistant's message to a request: JSON where that is asked for, and with what a tool said."""
    if behaviour.content is not None or behaviour.content_bytes is not None:
        return content_for(provider, behaviour, exchange)
    if request.schema is not None:
        return encoded(instance(request.schema)).decode("utf-8", "surrogatepass")
    text = content_for(provider, behaviour, exchange)
    return f"{text} The tool said: {request.heard}" if request.heard else text


def calls_in(behaviour: Behaviour, request: ChatRequest) -> tuple[Call, ...]:
    """The tools that are called; none where the behaviour says what the message is."""
    stated = behaviour.content is not None or behaviour.content_bytes is not None
    return () if stated else request.calls


def completion(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> dict[str, Any]:
    """The vendor's whole answer, after the behaviour's `merge` and `drop`."""
    calls = calls_in(behaviour, request)
    content = "" if calls else said(provider, behaviour, request, exchange)
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message |= {"content": None, "tool_calls": [_called(one) for one in calls]}
    finish = "tool_calls" if calls else "stop"
    answer = {
        "id": _id(provider, exchange),
        "object": "chat.completion",
        "created": CREATED,
        "model": request.model,
        "choices": [{"index": index, "message": message, "finish_reason": finish} for index in range(request.choices)],
        "usage": _usage(request, content),
    }
    return altered(answer, behaviour)


def stream_events(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Events:
    """The events of a stream, ended by the usage if that is wanted, and the end mark."""
    calls = calls_in(behaviour, request)

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choices = [{"index": index, "delta": delta, "finish_reason": finish} for index in range(request.choices)]
        chunk = _chunk(provider, request, exchange, choices)
        if request.include_usage:
            chunk["usage"] = None
        return _event(altered(chunk, behaviour))

    deltas = (
        _deltas_of(calls) if calls else ({"content": one} for one in spoken(provider, behaviour, request, exchange))
    )
    opening = event({"role": "assistant", "content": None if calls else ""})
    wants_usage = request.include_usage if behaviour.usage_chunk is None else behaviour.usage_chunk
    end = b""
    if behaviour.closing is not None:
        closing = _event(behaviour.closing)
    else:
        closing = event({}, "tool_calls" if calls else "stop")
        end = _usage_event(provider, behaviour, request, exchange) if wants_usage else b""
    return Events(opening, (event(one) for one in deltas), closing, end + (DONE if behaviour.done else b""))


def _usage_event(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> bytes:
    """The event with the stream's token counts, as `stream_options.include_usage` asks for it."""
    chunk = _chunk(provider, request, exchange, [])
    chunk["usage"] = _usage(request, said(provider, behaviour, request, exchange))
    return _event(altered(chunk, behaviour))


def spoken(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Iterator[str]:
    """The assistant's message in the pieces of a stream."""
    count = _DEFAULT_CHUNKS if behaviour.chunks is None else behaviour.chunks
    return pieces_of(said(provider, behaviour, request, exchange), count)


def _called(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _deltas_of(calls: tuple[Call, ...]) -> Iterator[dict[str, Any]]:
    """Of each call its name first, and then its arguments in pieces."""
    for index, call in enumerate(calls):
        begun = {**_called(call), "index": index, "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [begun]}
        for piece in pieces_of(call.arguments, _DEFAULT_CHUNKS):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def encoded(value: Any) -> bytes:
    """A JSON value as vendors send it: compact, not limited to ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _id(provider: Provider, exchange: str | None) -> str:
    return f"chatcmpl-{provider.name}-{exchange or 'verbatim'}"


def _usage(request: ChatRequest, content: str) -> dict[str, int]:
    prompt, answer = max(1, request.prompt_bytes // 4), max(1, len(content) // 4)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _chunk(
    provider: Provider, request: ChatRequest, exchange: str | None, choices: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": _id(provider, exchange),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": request.model,
        "choices": choices,
    }


def _event(chunk: Any) -> bytes:
    return b"data: " + encoded(chunk) + b"\n\n"


def pieces_of(content: str, count: int) -> Iterator[str]:
    """A text in so many pieces, none of them empty: it is filled up."""
    content = content.ljust(count, " " if content.startswith("{") else ".")
    for index in range(count):
        yield content[index * len(content) // count : (index + 1) * len(content) // count]


def altered(answer: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """With what the behaviour merges into it and drops from it."""
    if behaviour.merge is not None:
        answer = _merged(answer, behaviour.merge)
    for path in behaviour.drop:
        _drop(answer, path.split("."))
    return answer


def _merged(base: Any, change: Any) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        return {**base, **{key: _merged(base.get(key), value) for key, value in change.items()}}
    if isinstance(base, list) and isinstance(change, list):
        both = [_merged(old, new) for old, new in zip(base, change, strict=False)]
        return both + base[len(change) :] + copy.deepcopy(change[len(base) :])
    return copy.deepcopy(change)


def _drop(value: Any, path: list[str]) -> None:
    for index, part in enumerate(path):
        last = index == len(path) - 1
        if isinstance(value, dict) and part in value:
            if last:
                del value[part]
                return
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            if last:
                del value[int(part)]
                return
            value = value[int(part)]
        else:
            return  # nothing there to drop
