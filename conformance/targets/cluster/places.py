"""Where in a cluster a run puts what: namespaces and the kinds of objects that it makes in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import dialect_named

__all__ = ["LOOKALIKES_NAMESPACE", "NAMESPACES", "MadeKind", "places"]

LOOKALIKES_NAMESPACE = "agw-conformance-run"
"""Of lookalikes, their Services and their secrets."""
_BACKENDS, _ELSEWHERE, _ROUTES = "agw-conformance-backends", "agw-conformance-elsewhere", "agw-conformance-routes"
_GRANTED = "agw-conformance-granted"
NAMESPACES = (LOOKALIKES_NAMESPACE, _BACKENDS, _ELSEWHERE, _ROUTES, _GRANTED)
"""What a run needs beside the Gateway's namespace. It makes them and removes them again; those that were there before
stay, and only what the run has put there goes."""


@dataclass(frozen=True)
class MadeKind:
    """A kind of objects that runs make."""

    api_version: str
    kind: str
    plural: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]


_GATEWAY_API = "gateway.networking.k8s.io/v1"
_ROUTE = MadeKind(_GATEWAY_API, "HTTPRoute", "httproutes")
_POLICY = MadeKind(_GATEWAY_API, "BackendTLSPolicy", "backendtlspolicies")
_GRANT = MadeKind("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "referencegrants")
_GATEWAY = MadeKind(_GATEWAY_API, "Gateway", "gateways")
_SECRET = MadeKind("v1", "Secret", "secrets")
_CONFIG_MAP = MadeKind("v1", "ConfigMap", "configmaps")
_LOOKALIKES = (
    MadeKind("apps/v1", "Deployment", "deployments"),
    MadeKind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
    MadeKind("v1", "Service", "services"),
    _SECRET,
)
_VERSION = "v1alpha1"


def places(dialect: str, gateway: str, given: Iterable[str] = ()) -> Mapping[str, tuple[MadeKind, ...]]:
    """By namespace, what runs make there, in the order in which it is best removed.

    `gateway` is the Gateway's namespace; `given` are those of manifests to certify, which may vary in any way.
    """
    known = dialect_named(dialect)
    backend = MadeKind(f"{known.BACKEND_GROUP}/{_VERSION}", known.BACKEND_KIND, f"{known.BACKEND_KIND.lower()}s")
    name = known.POLICY_KIND
    own = (MadeKind(backend.api_version, name, f"{name[:-1].lower()}ies"),) if name else ()
    scenario = (_ROUTE, _POLICY, *own, backend, _CONFIG_MAP, _SECRET)
    return {
        **dict.fromkeys(given, (*scenario, _GRANT)),
        gateway: (_GATEWAY, *scenario, _GRANT) if gateway in given else (_GATEWAY, *scenario),
        LOOKALIKES_NAMESPACE: _LOOKALIKES,
        _BACKENDS: (_POLICY, _GRANT, backend, _SECRET),
        _ELSEWHERE: (_POLICY, _SECRET),
        _GRANTED: (*scenario, _GRANT),
        _ROUTES: (_ROUTE, _POLICY, backend, _SECRET),
    }
