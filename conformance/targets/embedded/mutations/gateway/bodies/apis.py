"""Defects of what tells apart the APIs of a provider, and of what is done with those beside chat completions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import apis, forwarding
from conformance.targets.reference.gateway.apis import CHAT, Apis
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import ClientRequest, Selected

__all__ = ["APIS"]

Payload = dict[str, Any]


def always_chat(given: Apis, path: str) -> str:
    """Whatever is asked for."""
    return CHAT


def shortest_end(given: Apis, path: str) -> str:
    """The shortest end that fits."""
    return apis.api_of(replace(given, routes=tuple(reversed(given.routes))), path)


def read_all(given: Apis, path: str) -> str:
    """What would pass through is a chat completion."""
    found = apis.api_of(given, path)
    return CHAT if found in apis.AS_IS else found


def model_kept(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, if there is one."""
    edited = completions.edit_any(payload, provider)
    return {**edited, "model": payload["model"]} if payload.get("model") else edited


def known_fields(payload: Payload, provider: LlmProvider) -> Payload:
    """The fields that telemetry is interested in."""
    known = ("model", "input", "stream", "user", "encoding_format", "dimensions", "temperature", "top_p")
    return {name: value for name, value in completions.edit_any(payload, provider).items() if name in known}


def chats_path(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The endpoint of chat completions."""
    return forwarding.target(replace(selected, api=CHAT), provider, request)


APIS: tuple[Mutant, ...] = (
    gateway(
        "apis-not-told-apart",
        "Every request is taken for a chat completion.",
        "path",
        "agentgateway 1.4, Policy::resolve_route",
        "failed to parse request",
        api_of=always_chat,
        only="agentgateway-1",
    ),
    gateway(
        "shortest-end-counts",
        "The shortest end of a path says which API it is for.",
        "path",
        "agentgateway 1.4, Policy::resolve_route",
        "another path than configured",
        api_of=shortest_end,
        only="agentgateway-1",
    ),
    gateway(
        "passthrough-read",
        "What should pass through is taken for a chat completion.",
        "path",
        "agentgateway 1.4, Policy::resolve_route",
        "failed to parse request",
        api_of=read_all,
        only="agentgateway-1",
    ),
    gateway(
        "api-at-chats-path",
        "Requests for all APIs go where chat completions are.",
        "path",
        "agentgateway 1.4, AIProvider::set_default_path",
        "another path than configured",
        target=chats_path,
        only="agentgateway-1",
    ),
    gateway(
        "api-model-kept",
        "Outside of chat completions the request's model goes up.",
        "model",
        "SEED table model",
        "the Backend's model did not override the client's",
        edit_any=model_kept,
        only="agentgateway-1",
    ),
    gateway(
        "api-fields-dropped",
        "Outside of chat completions only well-known fields go up.",
        "body",
        "OpenAI API parameters",
        "of the client's request",
        edit_any=known_fields,
        only="agentgateway-1",
    ),
)
