"""Defects in the JSON that goes up: fields lost, moved, renamed, written otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions

__all__ = ["PAYLOADS"]

Payload = dict[str, Any]

Edit = Callable[[Payload, LlmProvider], Payload]

_REQUEST = "OpenAI API parameters; FACTS 2.2 step 8"

_MESSAGES = "OpenAI API messages"

_CHANGED = "of the client's request"


def _after(change: Callable[[Payload], Payload]) -> Edit:
    """Changes what is right otherwise."""
    return lambda payload, provider: change(completions.edit(payload, provider))


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with each of its scalars changed, at whatever depth."""
    if isinstance(value, dict):
        return {key: _each(one, change) for key, one in value.items()}
    return [_each(one, change) for one in value] if isinstance(value, list) else change(value)


def _renamed(old: str, new: str) -> Edit:
    return _after(lambda payload: {new if key == old else key: value for key, value in payload.items()})


def _without(*names: str) -> Edit:
    return _after(lambda payload: {key: value for key, value in payload.items() if key not in names})


def _of_messages(change: Callable[[list[Any]], list[Any]]) -> Edit:
    return _after(lambda payload: {**payload, "messages": change(payload["messages"])})


def no_empties(payload: Payload) -> Payload:
    """Lists and mappings with nothing in them are left out."""
    return {key: value for key, value in payload.items() if value not in ([], {})}


def as_floats(value: Any) -> Any:
    """Whole numbers beyond 53 bits lose their last digits."""
    return int(float(value)) if isinstance(value, int) and not isinstance(value, bool) else value


def without_astral(value: Any) -> Any:
    """Characters beyond 16 bits are lost."""
    return "".join(one if ord(one) < 0x10000 else "\ufffd" for one in value) if isinstance(value, str) else value


def trimmed(value: Any) -> Any:
    """Texts lose the space around them."""
    return value.strip() if isinstance(value, str) else value


def system_merged(messages: list[Any]) -> list[Any]:
    """System messages become one, at the beginning."""
    system = [one for one in messages if one.get("role") == "system"]
    others = [one for one in messages if one.get("role") != "system"]
    if not system:
        return messages
    return [{"role": "system", "content": "\n".join(str(one.get("content")) for one in system)}, *others]


def text_parts(messages: list[Any]) -> list[Any]:
    """Of contents in parts the text is left."""

    def text(content: Any) -> Any:
        return "".join(one.get("text", "") for one in content) if isinstance(content, list) else content

    return [{**one, "content": text(one["content"])} if "content" in one else one for one in messages]


def no_nulls(payload: Payload) -> Payload:
    """Fields that are null are left out."""
    return {key: value for key, value in payload.items() if value is not None}


PAYLOADS: tuple[Mutant, ...] = (
    gateway("nulls-dropped", "Fields that are null do not go up.", "body", _REQUEST, _CHANGED, edit=_after(no_nulls)),
    gateway(
        "empties-dropped", "Empty lists and mappings do not go up.", "body", _REQUEST, _CHANGED, edit=_after(no_empties)
    ),
    gateway(
        "large-numbers-rounded",
        "Whole numbers beyond 53 bits are rounded.",
        "body",
        _REQUEST,
        _CHANGED,
        edit=_after(lambda payload: _each(payload, as_floats)),
    ),
    gateway(
        "astral-characters-lost",
        "Characters beyond 16 bits are lost.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_after(lambda payload: _each(payload, without_astral)),
    ),
    gateway(
        "contents-trimmed",
        "Space around contents is lost.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_of_messages(lambda messages: _each(messages, trimmed)),
    ),
    gateway(
        "messages-reversed",
        "Messages go up in reverse.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_of_messages(lambda messages: messages[::-1]),
    ),
    gateway(
        "last-message-only",
        "Only the last message goes up.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_of_messages(lambda messages: messages[-1:]),
    ),
    gateway(
        "system-messages-merged",
        "System messages become one, at the beginning.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_of_messages(system_merged),
    ),
    gateway(
        "images-dropped",
        "Of contents in parts only the text goes up.",
        "body",
        _MESSAGES,
        _CHANGED,
        edit=_of_messages(text_parts),
    ),
    gateway("tools-dropped", "Tools do not go up.", "body", _REQUEST, "tools", edit=_without("tools", "tool_choice")),
    gateway("user-dropped", "The field user does not go up.", "body", _REQUEST, "user", edit=_without("user")),
    gateway(
        "max-tokens-renamed",
        "max_tokens becomes max_completion_tokens.",
        "body",
        _REQUEST,
        "the client's request",
        edit=_renamed("max_tokens", "max_completion_tokens"),
    ),
    gateway(
        "temperature-defaulted",
        "A request without temperature gets one.",
        "body",
        _REQUEST,
        "temperature",
        edit=_after(lambda payload: {"temperature": 1.0, **payload}),
    ),
    gateway(
        "stream-turned-off",
        "Streams are asked of the provider as whole answers.",
        "streaming",
        "OpenAI API streaming",
        "stream",
        edit=_after(lambda payload: {**payload, "stream": False}),
    ),
)
