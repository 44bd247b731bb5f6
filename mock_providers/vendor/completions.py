"""Chat completions, whole and as a stream: deterministic, and recognisably of one lookalike and one exchange."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.behaviour import Behaviour
from mock_providers.vendor.vendor import ChatRequest

__all__ = ["CREATED", "DONE", "completion", "content_for", "encoded", "stream_chunks", "usage_chunk"]

CREATED = 1_727_967_462
"""The `created` of every completion: the one in the documentation's example output, so that answers never vary."""

DONE = b"data: [DONE]\n\n"
_DEFAULT_CHUNKS = 3


def content_for(provider: Provider, behaviour: Behaviour, exchange: str | None) -> str:
    """The assistant's message: names the lookalike and the exchange; padded or cut to `content_bytes`."""
    if behaviour.content is not None:
        return behaviour.content
    text = f"{provider.title} at {provider.authority} answers exchange {exchange or 'without id'}."
    if (wanted := behaviour.content_bytes) is None:
        return text
    raw = text.encode("ascii", "replace")[:wanted]
    return raw.decode("ascii") + "x" * (wanted - len(raw))


def completion(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> dict[str, Any]:
    """The vendor's whole answer, after the behaviour's `merge` and `drop`."""
    content = content_for(provider, behaviour, exchange)
    answer = {
        "id": _id(provider, exchange),
        "object": "chat.completion",
        "created": CREATED,
        "model": request.model,
        "choices": [
            {"index": index, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
            for index in range(request.choices)
        ],
        "usage": _usage(request, content),
    }
    return _altered(answer, behaviour)


def stream_chunks(
    provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None
) -> tuple[bytes, Iterator[bytes], bytes]:
    """The events of a stream: the one that opens it, one for each piece of content, the one that finishes it."""
    content = content_for(provider, behaviour, exchange)
    count = _DEFAULT_CHUNKS if behaviour.chunks is None else behaviour.chunks

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choices = [{"index": index, "delta": delta, "finish_reason": finish} for index in range(request.choices)]
        chunk = _chunk(provider, request, exchange, choices)
        if request.include_usage:
            chunk["usage"] = None
        return _event(_altered(chunk, behaviour))

    pieces = (event({"content": piece}) for piece in _pieces(content, count))
    return event({"role": "assistant", "content": ""}), pieces, event({}, "stop")


def usage_chunk(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> bytes:
    """The event with the stream's token counts, as `stream_options.include_usage` asks for it."""
    chunk = _chunk(provider, request, exchange, [])
    chunk["usage"] = _usage(request, content_for(provider, behaviour, exchange))
    return _event(_altered(chunk, behaviour))


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


def _pieces(content: str, count: int) -> Iterator[str]:
    content = content.ljust(count, ".")  # never an empty piece
    for index in range(count):
        yield content[index * len(content) // count : (index + 1) * len(content) // count]


def _altered(answer: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
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
