"""What the vendor checks before it answers a chat completion, and how it says no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from conformance.core.providers.provider import Auth, Provider, VendorError
from mock_providers.journal import RequestSeen

__all__ = ["ChatRequest", "ErrorAnswer", "error_answer", "error_of_status", "judge"]


def _openai(status: int, kind: str, code: str | None, message: str = "{message}") -> VendorError:
    return VendorError(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


# The shape of OpenAI's own errors, for what a provider's facts do not say otherwise.
_DEFAULTS: Mapping[str, VendorError] = {
    "not_found": _openai(404, "invalid_request_error", "unknown_url", "Invalid URL ({method} {path})"),
    "method_not_allowed": _openai(405, "invalid_request_error", "method_not_supported"),
    "unauthorized": _openai(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    "unknown_model": _openai(404, "invalid_request_error", "model_not_found", "The model `{model}` does not exist"),
    "bad_request": _openai(400, "invalid_request_error", None),
}

# Types that every OpenAI-compatible server checks; fields not named here are accepted as they come.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "stream": (bool, type(None)),
    "stream_options": (dict, type(None)),
    "temperature": (int, float, type(None)),
    "top_p": (int, float, type(None)),
    "max_tokens": (int, type(None)),
    "n": (int, type(None)),
    "tools": (list, type(None)),
}
_MOST_CHOICES = 128


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A vendor's error answer; `body` is a JSON value, or where it is `plain` a text that goes out as it stands.

    `kind` is the one of `ERRORS` that the request made.
    """

    status: int
    body: Any
    kind: str
    headers: tuple[tuple[str, str], ...] = ()
    plain: bool = False


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What the answer depends on, of a request the vendor accepts."""

    model: str
    stream: bool
    include_usage: bool
    choices: int
    prompt_bytes: int


def judge(
    provider: Provider, keys: frozenset[str], seen: RequestSeen, path: str, body: bytes
) -> ChatRequest | ErrorAnswer:
    """Check a request in the order vendors do: path, method, key, JSON, messages, model."""
    if not provider.has_path(path) or provider.lacking(seen.target):
        return error_answer(provider, "not_found", path=path, method=seen.method)
    if seen.method != "POST":
        message = f"Method {seen.method} is not allowed here"
        return error_answer(provider, "method_not_allowed", message=message, headers=(("allow", "POST"),))
    if not _authorised(provider, keys, seen):
        return error_answer(provider, "unauthorized", message="Incorrect API key provided")
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):  # also for a compressed body: vendors do not decode it
        return error_answer(provider, "bad_request", message="The request body is not valid JSON")
    if problem := _problem(request):
        return error_answer(provider, "bad_request", message=problem)
    model = request.get("model")
    if not isinstance(model, str):
        return error_answer(provider, "bad_request", message="model: a text is required")
    if not provider.any_model and model not in provider.models:
        return error_answer(provider, "unknown_model", model=model, message=f"The model `{model}` does not exist")
    options = request.get("stream_options") or {}
    return ChatRequest(
        model=model,
        stream=bool(request.get("stream")),
        include_usage=bool(options.get("include_usage")),
        choices=request.get("n") or 1,
        prompt_bytes=len(body),
    )


def error_answer(
    provider: Provider, kind: str, *, headers: tuple[tuple[str, str], ...] = (), **values: str
) -> ErrorAnswer:
    """The provider's error of this kind, its placeholders filled in."""
    error = provider.errors.get(kind) or _DEFAULTS[kind]
    return ErrorAnswer(error.status, _filled(error.body, values), kind, headers, error.plain)


def error_of_status(provider: Provider, status: int) -> ErrorAnswer:
    """An error of any status in the provider's shape."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else f"Status {status}"
    kind = {401: "unauthorized", 403: "unauthorized", 404: "not_found"}.get(status, "bad_request")
    shaped = error_answer(provider, kind, message=phrase, path=provider.path, method="POST")
    return ErrorAnswer(status, shaped.body, kind, plain=shaped.plain)


def _authorised(provider: Provider, keys: frozenset[str], seen: RequestSeen) -> bool:
    if not provider.auth_required:
        return True
    return any(_carries_key(one, keys, seen) for one in provider.auths)


def _carries_key(auth: Auth, keys: frozenset[str], seen: RequestSeen) -> bool:
    values = seen.values(auth.header)
    if len(values) != 1:
        return False
    scheme, separator, key = values[0].partition(" ") if auth.scheme else ("", "", values[0])
    if auth.scheme and (not separator or scheme.lower() != auth.scheme.lower()):
        return False
    return key in keys if keys else bool(key) and " " not in key


def _problem(request: Any) -> str | None:
    if not isinstance(request, dict):
        return "The request body must be a JSON object"
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages: a list of at least one message is required"
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            return f"messages[{index}]: an object with a role is required"
    for name, types in _TYPES.items():
        value = request.get(name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            return f"{name}: has the wrong type"
    if not 1 <= (request.get("n") or 1) <= _MOST_CHOICES:
        return f"n: must be from 1 to {_MOST_CHOICES}"
    return None


def _filled(body: Any, values: Mapping[str, str]) -> Any:
    if isinstance(body, str):
        for name, value in values.items():
            body = body.replace(f"{{{name}}}", value)
        return body
    if isinstance(body, dict):
        return {key: _filled(value, values) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(item, values) for item in body]
    return body
