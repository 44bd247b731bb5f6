"""Whose a Gateway is, by the name of its class: agentgateway's, another data plane's, or nobody's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.objects import Manifest

__all__ = ["CLASS", "Owner", "controllers_of", "data_plane_of", "owner_of"]

CLASS = "agentgateway"
"""The class that the control planes of all dialects bring for agentgateway."""

_CONTROLLERS = frozenset(dialect_named(name).CONTROLLER for name in DIALECTS)
# A Gateway's name where its class's is asked for.
_CONFUSED = frozenset(dialect_named(name).GATEWAY.name for name in DIALECTS) - {CLASS}
# Classes that other control planes bring, or their documentation uses; the first three come with ours.
_OTHERS: Mapping[str, str] = {
    "kgateway": "kgateway's other data plane, Envoy",
    "kgateway-waypoint": "a waypoint of kgateway",
    "agentgateway-waypoint": "a waypoint of a mesh",
    "amazon-vpc-lattice": "AWS's",
    "apisix": "APISIX's",
    "azure-alb-external": "Azure's",
    "cilium": "Cilium's",
    "contour": "Contour's",
    "eg": "Envoy Gateway's",
    "envoy-gateway": "Envoy Gateway's",
    "gloo-gateway": "Gloo Gateway's",
    "haproxy": "HAProxy's",
    "istio": "Istio's",
    "istio-remote": "Istio's",
    "istio-waypoint": "Istio's",
    "kong": "Kong's",
    "nginx": "NGINX's",
    "traefik": "Traefik's",
}
_CUSTOM = re.compile(rf"(?:^|[-.]){CLASS}(?:[-.\d]|$)")
_LIKE = 0.8


class Owner(StrEnum):
    """AGENTGATEWAY: by a known or given class. SUPPOSED: the class may be anybody's, and is taken for agentgateway's.

    OTHER: another data plane's. NOBODY: there is hardly such a class, its name is a misspelt one.
    """

    AGENTGATEWAY = "agentgateway"
    SUPPOSED = "supposed"
    OTHER = "other"
    NOBODY = "nobody"

    @property
    def served(self) -> bool:
        """Whether such a Gateway is one of those that are tested."""
        return self in (Owner.AGENTGATEWAY, Owner.SUPPOSED)


def controllers_of(manifests: Iterable[Manifest]) -> dict[str, str]:
    """The controllerName of each GatewayClass among the manifests, by the class's name."""
    classes = (one for one in manifests if (one.group, one.kind) == (GROUP, "GatewayClass"))
    return {one.name: str(one.spec.get("controllerName")) for one in classes}


def owner_of(class_name: str, controllers: Mapping[str, str]) -> Owner:
    """Whose a Gateway of this class is; `controllers` are those of the given classes.

    Source: Gateway API, GatewayClass: a controller programs the Gateways of the classes that name it, and no others.
    """
    if class_name in controllers:
        return Owner.AGENTGATEWAY if controllers[class_name] in _CONTROLLERS else Owner.OTHER
    if class_name == CLASS:
        return Owner.AGENTGATEWAY
    if class_name in _OTHERS or class_name.startswith("gke-l7-"):
        return Owner.OTHER
    # Who calls a class of their own after agentgateway has not misspelt it.
    like = difflib.SequenceMatcher(None, class_name.lower(), CLASS).ratio() >= _LIKE
    if class_name in _CONFUSED or (like and not _CUSTOM.search(class_name)):
        return Owner.NOBODY
    return Owner.SUPPOSED


def data_plane_of(class_name: str, controllers: Mapping[str, str]) -> str:
    """Whose data plane a class of another owner means, in words."""
    if class_name in controllers:
        return f"of {controllers[class_name]}"
    return _OTHERS.get(class_name, "another product's")
