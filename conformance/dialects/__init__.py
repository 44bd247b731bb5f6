"""API dialects: what each one's objects look like, read into one model."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.dialects import kgateway_2_1
from conformance.dialects.gateway_api import check_grant, read_policy, read_route
from conformance.dialects.model import Configuration
from conformance.manifests import Manifest

__all__ = ["DIALECTS", "read_configuration"]

DIALECTS = (kgateway_2_1.NAME,)


def read_configuration(manifests: Iterable[Manifest], dialect: str = kgateway_2_1.NAME) -> Configuration:
    """What the manifests say. Kinds that are not about providers are left out.

    Raises InputProblem for fields of the wrong type.
    """
    everything = list(manifests)

    def of(kind: str) -> list[Manifest]:
        return [manifest for manifest in everything if manifest.kind == kind]

    backends = [kgateway_2_1.read_backend(manifest) for manifest in of(kgateway_2_1.BACKEND_KIND)]
    return Configuration(
        dialect=dialect,
        backends=tuple(backend for backend in backends if backend is not None),
        routes=tuple(read_route(manifest) for manifest in of("HTTPRoute")),
        policies=tuple(read_policy(manifest) for manifest in of("BackendTLSPolicy")),
        secrets={manifest.id: manifest for manifest in of("Secret")},
        config_maps={manifest.id: manifest for manifest in of("ConfigMap")},
        grants=tuple(check_grant(manifest) for manifest in of("ReferenceGrant")),
    )
