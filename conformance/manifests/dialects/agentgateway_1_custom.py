"""Custom providers of an AgentgatewayBackend: which APIs they have, and where."""

from __future__ import annotations

from typing import Any

from conformance.manifests.dialects.gateway_api import as_list, field_of, optional
from conformance.manifests.dialects.model import Origin

__all__ = ["completions_path", "formats_of", "service_of"]


def formats_of(origin: Origin, custom: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The APIs that it has, each with its own path, if it has one."""
    return [
        (str(one.get("type")), optional(origin.below("formats", index), one, "path", str))
        for index, one in enumerate(as_list(origin, custom, "formats"))
    ]


def completions_path(formats: list[tuple[str, str | None]], prefix: str | None) -> tuple[str | None, str | None]:
    """(path, pathPrefix) for chat completions. A custom provider always has one of OpenAI's kind, at any host.

    As with a prefix, and unlike with a whole path, the query is kept (agentgateway 1.4, set_default_path).
    """
    for kind, path in formats:
        if kind == "Completions" and path is not None:
            before, suffix, behind = path.rpartition("/chat/completions")
            return (None, before) if suffix and not behind else (path, None)
    return None, prefix or "/v1"


def service_of(origin: Origin, reference: dict[str, Any]) -> tuple[str, str, int | None]:
    """The Service beside the Backend that a custom provider's backendRef names, and the host and port of that."""
    name = field_of(origin, reference, "name", str)
    return name, f"{name}.{origin.manifest.namespace}.svc.cluster.local", optional(origin, reference, "port", int)
