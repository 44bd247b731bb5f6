"""Embeddings and lists of models: what is answered at once, and is no message of an assistant."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from typing import Any

from conformance.core.providers.provider import Provider
from mock_providers.vendor.completions import CREATED
from mock_providers.vendor.requests import EmbeddingRequest, ModelsRequest

__all__ = ["embeddings", "models"]

_DIMENSIONS = 64


def embeddings(request: EmbeddingRequest) -> dict[str, Any]:
    """A vector of unit length for each input, the same for the same text and model."""
    vectors = [_vector(f"{request.model}/{text}", request.dimensions or _DIMENSIONS) for text in request.inputs]
    tokens = sum(max(1, len(text) // 4) for text in request.inputs)
    return {
        "id": f"embd-{request.model}",  # which Mistral's own client asks for
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _written(vector) if request.base64 else vector}
            for index, vector in enumerate(vectors)
        ],
        "model": request.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str, count: int) -> list[float]:
    stream = hashlib.shake_256(text.encode("utf-8", "surrogatepass")).digest(count)
    numbers = [byte - 127.5 for byte in stream]
    length = math.sqrt(sum(one * one for one in numbers))
    return [round(one / length, 8) for one in numbers]


def _written(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")


def models(provider: Provider, request: ModelsRequest) -> dict[str, Any]:
    """The list, or the one that was asked for."""
    if request.model is not None:
        return _model(provider, request.model)
    return {"object": "list", "data": [_model(provider, name) for name in provider.models]}


def _model(provider: Provider, name: str) -> dict[str, Any]:
    card = {"id": name, "object": "model", "created": CREATED, "owned_by": provider.name}
    # Mistral's own client takes no card without these two; other vendors' have more fields as well.
    return {**card, "type": "base", "capabilities": {"completion_chat": True}}
