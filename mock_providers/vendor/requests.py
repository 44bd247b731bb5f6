"""What a request asks for, of those that a vendor takes: checked and read, each endpoint's in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.startup.records import dataclass
from mock_providers.vendor.endpoints import Endpoint
from mock_providers.vendor.tools import Call, calls_of, offered

__all__ = ["ChatRequest", "EmbeddingRequest", "ModelsRequest", "read"]

_MOST_CHOICES = 128
_MOST_DIMENSIONS = 4096

# Types that every OpenAI-compatible server checks; fields not named here are accepted as they come.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "stream": (bool, type(None)),
    "stream_options": (dict, type(None)),
    "temperature": (int, float, type(None)),
    "top_p": (int, float, type(None)),
    "max_tokens": (int, type(None)),
    "max_output_tokens": (int, type(None)),
    "n": (int, type(None)),
    "tools": (list, type(None)),
    "response_format": (dict, type(None)),
    "text": (dict, type(None)),
    "dimensions": (int, type(None)),
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What the answer depends on, of a request for a message of the assistant.

    `schema`: the message is JSON that fits it. `calls`: there is none, tools are called. `heard` is what a tool said.
    """

    model: str
    stream: bool
    include_usage: bool
    choices: int
    prompt_bytes: int
    endpoint: Endpoint = Endpoint.CHAT
    schema: Mapping[str, Any] | None = None
    calls: tuple[Call, ...] = ()
    heard: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts, or lists of tokens, to be made into vectors; `base64`: as text instead of numbers."""

    model: str
    inputs: tuple[str, ...]
    dimensions: int | None
    base64: bool


@dataclass(frozen=True, slots=True)
class ModelsRequest:
    """All models, or the one of this name."""

    model: str | None


def read(endpoint: Endpoint, body: Any, *, size: int, seed: str) -> ChatRequest | EmbeddingRequest:
    """A request of `size` bytes; `seed` is what the names of its answer's parts are made from.

    Raises ValueError with the words of the vendor's 400.
    """
    if not isinstance(body, dict):
        raise ValueError("The request body must be a JSON object")
    if endpoint is Endpoint.EMBEDDINGS:
        _typed(body)
        return _embedding(body)
    _READERS[endpoint](body)
    _typed(body)
    if not 1 <= (body.get("n") or 1) <= _MOST_CHOICES:
        raise ValueError(f"n: must be from 1 to {_MOST_CHOICES}")
    model = _model(body)
    options = body.get("stream_options") or {}
    heard = _heard(body)
    # Who has heard what a tool said does not ask again, unless it must.
    silent = heard and body.get("tool_choice") in ("auto", None)
    offers = () if silent else offered(body.get("tools"))
    parallel = body.get("parallel_tool_calls") is not False and not _one_tool(body)
    return ChatRequest(
        model=model,
        stream=bool(body.get("stream")),
        include_usage=bool(options.get("include_usage")),
        choices=body.get("n") or 1,
        prompt_bytes=size,
        endpoint=endpoint,
        schema=_schema(body),
        calls=calls_of(offers, None if silent else body.get("tool_choice"), parallel=parallel, seed=seed),
        heard=heard,
    )


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str):
        raise ValueError("model: a text is required")
    return model


def _typed(body: Mapping[str, Any]) -> None:
    for name, types in _TYPES.items():
        value = body.get(name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(f"{name}: has the wrong type")


def _messages(body: Mapping[str, Any]) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages: a list of at least one message is required")
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f"messages[{index}]: an object with a role is required")


def _anthropic(body: Mapping[str, Any]) -> None:
    _messages(body)
    if not isinstance(body.get("max_tokens"), int):
        raise ValueError("max_tokens: Field required")


def _input(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("input"), str | list) or not body["input"]:
        raise ValueError("input: a text or a list of at least one item is required")


_READERS: Mapping[Endpoint, Callable[[Mapping[str, Any]], None]] = {
    Endpoint.CHAT: _messages,
    Endpoint.MESSAGES: _anthropic,
    Endpoint.RESPONSES: _input,
}


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the answer has to fit: `response_format` of chat completions, `text.format` of Responses."""
    form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    kind = form.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object", "properties": {"answer": {"type": "string"}}}
    if kind != "json_schema":
        raise ValueError(f"response_format.type: {kind!r} is not known")
    described = form.get("json_schema", form)
    if not isinstance(described, Mapping) or not isinstance(described.get("name"), str):
        raise ValueError("response_format.json_schema.name: a text is required")
    schema = described.get("schema", {})
    if not isinstance(schema, Mapping):
        raise ValueError("response_format.json_schema.schema: an object is required")
    return schema


def _heard(body: Mapping[str, Any]) -> str:
    """What the last tool said, if the conversation ends with that."""
    items = body.get("messages", body.get("input"))
    last = items[-1] if isinstance(items, list) else None
    if not isinstance(last, Mapping):
        return ""
    if last.get("role") == "tool":
        return str(last.get("content"))
    if last.get("type") == "function_call_output":
        return str(last.get("output"))
    parts = last.get("content")
    results = [one for one in parts if isinstance(one, Mapping)] if isinstance(parts, list) else []
    return next((str(one.get("content")) for one in results if one.get("type") == "tool_result"), "")


def _one_tool(body: Mapping[str, Any]) -> bool:
    """Whether Messages' way to say so does: `tool_choice.disable_parallel_tool_use`."""
    choice = body.get("tool_choice")
    return isinstance(choice, Mapping) and choice.get("disable_parallel_tool_use") is True


def _embedding(body: Mapping[str, Any]) -> EmbeddingRequest:
    given = body.get("input")
    # One text, one list of tokens, or a list of either.
    single = isinstance(given, str) or (isinstance(given, list) and bool(given) and isinstance(given[0], int))
    inputs = [given] if single else given
    if not isinstance(inputs, list) or not inputs or not all(isinstance(one, str | list) for one in inputs):
        raise ValueError("input: a text, or a list of texts or of tokens is required")
    form = body.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise ValueError(f"encoding_format: {form!r} is neither float nor base64")
    dimensions = body.get("dimensions")
    if dimensions is not None and not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise ValueError(f"dimensions: must be from 1 to {_MOST_DIMENSIONS}")
    return EmbeddingRequest(_model(body), tuple(str(one) for one in inputs), dimensions, form == "base64")
