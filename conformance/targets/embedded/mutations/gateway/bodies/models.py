"""Defects in the model that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions

__all__ = ["MODELS"]

Payload = dict[str, Any]


def model_kept(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, if there is the field."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": payload["model"]} if payload.get("model") is not None else edited


def model_kept_unless_empty(payload: Payload, provider: LlmProvider) -> Payload:
    """The request's model, unless it is empty."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": payload["model"]} if payload.get("model") else edited


def model_not_added(payload: Payload, provider: LlmProvider) -> Payload:
    """A request without model stays so."""
    edited = completions.edit(payload, provider)
    return edited if "model" in payload else {key: value for key, value in edited.items() if key != "model"}


def model_defaulted(payload: Payload, provider: LlmProvider) -> Payload:
    """gpt-4o for Backends without model."""
    edited = completions.edit({"model": "", **payload}, provider)
    return edited if provider.model is not None else {**edited, "model": "gpt-4o"}


def empty_is_none(payload: Payload, provider: LlmProvider) -> Payload:
    """A Backend's empty model is none."""
    return completions.edit(payload, replace(provider, model=provider.model or None))


MODELS: tuple[Mutant, ...] = (
    gateway(
        "empty-model-is-none",
        "A model that a Backend gives as empty counts as none.",
        "model",
        "SEED table model: override the model name; FACTS 2.4, 7.2",
        "the Backend's model did not override the client's",
        edit=empty_is_none,
        only="kgateway-2.1",
    ),
    gateway(
        "model-not-overridden",
        "The request's model goes up although one is configured.",
        "model",
        "SEED table model",
        "the Backend's model did not override the client's",
        edit=model_kept,
    ),
    gateway(
        "model-overridden-if-empty",
        "The configured model replaces empty ones only.",
        "model",
        "SEED table model: override the model name",
        "the Backend's model did not override the client's",
        edit=model_kept_unless_empty,
    ),
    gateway(
        "model-not-injected",
        "The configured model is not added where the request has none.",
        "model",
        "SEED table model; AGW process_completions_request",
        "the Backend's model did not override the client's",
        edit=model_not_added,
    ),
    gateway(
        "model-defaulted",
        "A Backend without model gets a default instead of the request's.",
        "model",
        "SEED table model: if unset, the model name is taken from the request; API OpenAIConfig.model",
        "changed the client's model although the Backend has none",
        edit=model_defaulted,
    ),
)
