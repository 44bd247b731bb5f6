"""An accepted request's answer in the form of its endpoint."""

from __future__ import annotations

from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.behaviour import Behaviour
from mock_providers.vendor import completions, messages, responses
from mock_providers.vendor.completions import Events, altered
from mock_providers.vendor.embeddings import embeddings, models
from mock_providers.vendor.endpoints import Endpoint
from mock_providers.vendor.requests import ChatRequest, EmbeddingRequest
from mock_providers.vendor.vendor import Accepted

__all__ = ["events_of", "whole_of"]

_WHOLE = {
    Endpoint.CHAT: completions.completion,
    Endpoint.RESPONSES: responses.response,
    Endpoint.MESSAGES: messages.message,
}
_EVENTS = {
    Endpoint.CHAT: completions.stream_events,
    Endpoint.RESPONSES: responses.stream_events,
    Endpoint.MESSAGES: messages.stream_events,
}


def whole_of(provider: Provider, behaviour: Behaviour, request: Accepted, exchange: str | None) -> dict[str, Any]:
    """The answer as a JSON value."""
    if isinstance(request, ChatRequest):
        return _WHOLE[request.endpoint](provider, behaviour, request, exchange)
    answer = embeddings(request) if isinstance(request, EmbeddingRequest) else models(provider, request)
    return altered(answer, behaviour)


def events_of(provider: Provider, behaviour: Behaviour, request: ChatRequest, exchange: str | None) -> Events:
    """The answer as the events of a stream."""
    return _EVENTS[request.endpoint](provider, behaviour, request, exchange)
