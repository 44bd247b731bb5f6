"""What the vendor checks before it answers, and how it says no: in its own words, or in those of OpenAI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from conformance.core.providers.provider import Auth, Provider, VendorError
from conformance.core.startup.records import dataclass
from mock_providers.journal import RequestSeen
from mock_providers.vendor.endpoints import Endpoint, endpoint_of, model_in
from mock_providers.vendor.requests import ChatRequest, EmbeddingRequest, ModelsRequest, read

__all__ = ["Accepted", "ErrorAnswer", "error_answer", "error_of_status", "judge"]

Accepted = ChatRequest | EmbeddingRequest | ModelsRequest


def _openai(status: int, kind: str, code: str | None, message: str = "{message}") -> VendorError:
    return VendorError(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


# The shape of OpenAI's own errors, for what a provider's facts do not say otherwise.
_DEFAULTS: Mapping[str, VendorError] = {
    "not_found": _openai(404, "invalid_request_error", "unknown_url", "Invalid URL ({method} {path})"),
    "method_not_allowed": _openai(405, "invalid_request_error", "method_not_supported"),
    "unauthorized": _openai(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    "unknown_model": _openai(404, "invalid_request_error", "model_not_found", "The model `{model}` does not exist"),
    "bad_request": _openai(400, "invalid_request_error", None),
    "rate_limited": _openai(429, "requests", "rate_limit_exceeded"),
}
_OF_STATUS = {401: "unauthorized", 403: "unauthorized", 404: "not_found", 429: "rate_limited"}
RETRY_AFTER = "1"
"""Seconds after which a vendor wants to be asked again by whom it has sent away."""


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


def judge(
    provider: Provider, keys: frozenset[str], seen: RequestSeen, path: str, body: bytes
) -> Accepted | ErrorAnswer:
    """Check a request in the order vendors do: path, method, key, JSON, fields, model."""
    endpoint = endpoint_of(provider, path)
    if endpoint is None or (endpoint is Endpoint.CHAT and provider.lacking(seen.target)):
        return error_answer(provider, "not_found", path=path, method=seen.method)
    if seen.method != endpoint.method:
        message = f"Method {seen.method} is not allowed here"
        return error_answer(provider, "method_not_allowed", message=message, headers=(("allow", endpoint.method),))
    if not _authorised(provider, keys, seen):
        return error_answer(provider, "unauthorized", message="Incorrect API key provided")
    if endpoint in (Endpoint.MODELS, Endpoint.MODEL):
        name = model_in(provider, path) if endpoint is Endpoint.MODEL else None
        return ModelsRequest(name) if name is None or _has(provider, name) else _unknown(provider, name)
    return _asked(provider, endpoint, body, f"{provider.name}/{seen.correlation_id}")


def _asked(provider: Provider, endpoint: Endpoint, body: bytes, seed: str) -> Accepted | ErrorAnswer:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # also for a compressed body: vendors do not decode it
        return error_answer(provider, "bad_request", message="The request body is not valid JSON")
    try:
        request = read(endpoint, value, size=len(body), seed=seed)
    except ValueError as problem:
        return error_answer(provider, "bad_request", message=str(problem))
    if isinstance(request, ChatRequest):
        return request if _has(provider, request.model) else _unknown(provider, request.model)
    # Nobody has listed the models that make embeddings; those that chat make none.
    if not provider.any_model and request.model in provider.models:
        return error_answer(provider, "bad_request", message=f"The model `{request.model}` makes no embeddings")
    return request


def _has(provider: Provider, model: str) -> bool:
    return provider.any_model or model in provider.models


def _unknown(provider: Provider, model: str) -> ErrorAnswer:
    return error_answer(provider, "unknown_model", model=model, message=f"The model `{model}` does not exist")


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


def error_answer(
    provider: Provider, kind: str, *, headers: tuple[tuple[str, str], ...] = (), **values: str
) -> ErrorAnswer:
    """The provider's error of this kind, its placeholders filled in."""
    own = provider.errors.get(kind)
    if own is None and kind == "rate_limited":
        own = provider.errors.get("bad_request")  # who has a shape of its own for one has it for the other
    error = own or _DEFAULTS[kind]
    return ErrorAnswer(error.status, _filled(error.body, values), kind, headers, error.plain)


def error_of_status(provider: Provider, status: int) -> ErrorAnswer:
    """An error of any status in the provider's shape."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else f"Status {status}"
    kind = _OF_STATUS.get(status, "bad_request")
    shaped = error_answer(provider, kind, message=phrase, path=provider.path, method="POST")
    headers = (("retry-after", RETRY_AFTER),) if status == HTTPStatus.TOO_MANY_REQUESTS else ()
    return ErrorAnswer(status, shaped.body, kind, headers, shaped.plain)


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
