"""Defects in how a request is read, and in the name of its model."""

from __future__ import annotations

import json
import zlib
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError

__all__ = ["READING"]

Payload = dict[str, Any]

_MODEL = "SEED table model"


def model_lowered(payload: Payload, provider: LlmProvider) -> Payload:
    """The model's name in lower case."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": str(edited["model"]).lower()}


def model_unprefixed(payload: Payload, provider: LlmProvider) -> Payload:
    """What stands before a slash in the model's name is taken for a provider."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": str(edited["model"]).rpartition("/")[2]}


def model_trimmed(payload: Payload, provider: LlmProvider) -> Payload:
    """The model's name without its date or version."""
    edited = completions.edit(payload, provider)
    name, dash, last = str(edited["model"]).rpartition("-")
    return {**edited, "model": name if dash and last[:1].isdigit() else edited["model"]}


def model_of_others(payload: Payload, provider: LlmProvider) -> Payload:
    """Only models of the same family are overridden."""
    edited = completions.edit(payload, provider)
    asked = payload.get("model")
    same = isinstance(asked, str) and provider.model and asked.split("-")[0] == provider.model.split("-")[0]
    return {**edited, "model": asked} if asked and not same else edited


def null_model_kept(payload: Payload, provider: LlmProvider) -> Payload:
    """A model that is null stays so."""
    edited = completions.edit(payload, provider)
    return {**edited, "model": None} if "model" in payload and payload["model"] is None else edited


def first_member(body: bytes, headers: Headers) -> bytes:
    """Of several gzip members the first."""
    plain = completions.decode(body, headers)
    if body[:2] != b"\x1f\x8b":
        return plain
    return zlib.decompressobj(15 + 32).decompress(body)


def last_wins(body: bytes) -> Payload:
    """A request that JSON does not end goes up as far as it is whole."""
    try:
        return completions.parse(body)
    except ProxyError as refusal:
        if "trailing characters" not in refusal.text:
            raise
    found, _ = json.JSONDecoder().raw_decode(body.decode())
    return completions.parse(json.dumps(found).encode())


READING: tuple[Mutant, ...] = (
    gateway(
        "model-lowered",
        "The model goes up in lower case.",
        "model",
        _MODEL,
        "the client's model although the Backend has none",
        edit=model_lowered,
    ),
    gateway(
        "model-unprefixed",
        "What stands before a slash in a model's name is lost.",
        "model",
        _MODEL,
        "the client's model although the Backend has none",
        edit=model_unprefixed,
    ),
    gateway(
        "model-version-lost",
        "A model's version is lost.",
        "model",
        _MODEL,
        "another model than configured",
        edit=model_trimmed,
    ),
    gateway(
        "other-families-kept",
        "Models of another family are not overridden.",
        "model",
        _MODEL,
        "the Backend's model did not override the client's",
        edit=model_of_others,
    ),
    gateway(
        "null-model-kept",
        "A model that is null is not overridden.",
        "model",
        _MODEL,
        "the Backend's model did not override the client's",
        edit=null_model_kept,
    ),
    gateway(
        "gzip-first-member",
        "Of several gzip members the first goes up.",
        "body",
        "RFC 1952 section 2.2",
        "sent a request upstream that it should have refused",
        decode=first_member,
    ),
    gateway(
        "trailing-text-ignored",
        "What stands behind a request's JSON is ignored.",
        "errors",
        "FACTS 2.3 D11, 6.9",
        "sent a request upstream that it should have refused",
        parse=last_wins,
    ),
)
