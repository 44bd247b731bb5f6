"""What each control plane does in its own way: its Backends, its name, its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, BACKEND, Kind
from conformance.targets.reference.controller.attached import OnBackend
from conformance.targets.reference.controller.backends import agentgateway_1 as agentgateway_backends
from conformance.targets.reference.controller.backends import kgateway_2_1 as backends
from conformance.targets.reference.controller.backends.kgateway_2_1 import PolicyTls, Translated
from conformance.targets.reference.controller.seams import ControllerSeams
from conformance.targets.reference.controller.view import Object, Objects

__all__ = ["FLAVOURS", "KGATEWAY", "Flavour"]


@dataclass(frozen=True)
class Flavour:
    """One control plane. `not_permitted` and `not_found` are about the Backend {namespace}/{name}."""

    controller: str
    """The controllerName of its GatewayClass."""
    backend: Kind
    translate: Callable[[Object, Objects, PolicyTls, ControllerSeams, OnBackend], Translated]
    section_names: Callable[[Object], set[str]]
    not_permitted: str
    not_found: str
    filters_of_backends: frozenset[str] | None = None
    """Which filters a backendRef may have, that then come after the Backend's key; None: all, before it."""


KGATEWAY = Flavour(
    "kgateway.dev/agentgateway",
    BACKEND,
    backends.translate_backend,
    backends.section_names,
    not_permitted="backendRef {name}/{namespace}",
    not_found="kgateway Backend not found: {namespace}/{name}",
)
FLAVOURS: Mapping[str, Flavour] = {
    "kgateway-2.1": KGATEWAY,
    "agentgateway-1": Flavour(
        "agentgateway.dev/agentgateway",
        AGENTGATEWAY_BACKEND,
        agentgateway_backends.translate_backend,
        agentgateway_backends.section_names,
        not_permitted="backendRef {namespace}/{name}",
        not_found="Backend not found: {namespace}/{name}",
        # v1.4.1, BuildAgwBackendPolicyFilters, apply_backend_policies.
        filters_of_backends=frozenset(
            {"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect"}
        ),
    ),
}
"""By dialect (FACTS 1.8, 7.2)."""
