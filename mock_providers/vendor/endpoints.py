"""Which endpoint of an OpenAI-compatible API a request is for: they stand beside chat completions."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import unquote

from conformance.core.providers.forms import fits_path
from conformance.core.providers.provider import Provider

__all__ = ["Endpoint", "endpoint_of", "model_in"]

_CHAT = "/chat/completions"


class Endpoint(StrEnum):
    """An endpoint, as its path goes on after that of the API."""

    CHAT = _CHAT
    RESPONSES = "/responses"
    EMBEDDINGS = "/embeddings"
    MODELS = "/models"
    MODEL = "/models/"
    MESSAGES = "/messages"

    @property
    def method(self) -> str:
        """The one method that it takes."""
        return "GET" if self in (Endpoint.MODELS, Endpoint.MODEL) else "POST"


def endpoint_of(provider: Provider, target: str) -> Endpoint | None:
    """The endpoint of a vendor that a request target leads to; of its own path it is always chat completions."""
    if provider.has_path(target):
        return Endpoint.CHAT
    for base in _bases(provider):
        for endpoint in Endpoint:
            if endpoint is not Endpoint.MODEL and fits_path(f"{base}{endpoint}", target):
                return endpoint
    return Endpoint.MODEL if model_in(provider, target) else None


def model_in(provider: Provider, target: str) -> str | None:
    """The model that a request target asks about; names of models have slashes at some vendors."""
    path = target.partition("?")[0]
    for base in _bases(provider):
        _, found, name = path.partition(f"{base}{Endpoint.MODEL}")
        if found and name and path.startswith(base):
            return unquote(name)
    return None


def _bases(provider: Provider) -> Iterator[str]:
    """What stands before the endpoints: `/v1`."""
    for form in (provider.path, *provider.other_paths):
        path = form.partition("?")[0]
        if path.endswith(_CHAT):
            yield path.removesuffix(_CHAT)
