"""Hosts that are names of Services, and the Services of the input that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.manifests.objects import Manifest

__all__ = ["HOST", "Place", "place_of", "reached"]

HOST = re.compile(r"(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc(?P<domain>\..*)?")
"""Source: Kubernetes, DNS for Services."""

Place = tuple[str, str]
"""(namespace, name)."""


def place_of(host: str | None) -> Place | None:
    """The Service that a host means; None for a host that is no such name."""
    found = HOST.fullmatch(host.lower().rstrip(".")) if host else None
    return (found["namespace"], found["name"]) if found else None


def reached(services: Mapping[Place, Manifest], host: str | None) -> str | None:
    """The host that a host leads to: of a Service of type ExternalName that which it names, else itself."""
    service = services.get(place) if (place := place_of(host)) else None
    name = service.spec.get("externalName") if service and service.spec.get("type") == "ExternalName" else None
    return name if isinstance(name, str) and name else host
