"""The gateway stacks that can be installed: charts, CRDs, and how the lookalikes' CA gets into system trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.startup.records import dataclass

__all__ = ["STACKS", "TRUST_NAME", "Stack", "gateway_class", "trust_config_map"]

TRUST_NAME = "agw-conformance-trust"
"""The ConfigMap with the lookalikes' authority, in the Gateway's namespace; also what the volume is called."""
PARAMETERS_NAME = "agw-conformance"
_FOLDER = "/etc/agw-conformance"
_FILE = "ca.crt"


@dataclass(frozen=True)
class Stack:
    """One released gateway with its control plane, named as the dialect it speaks."""

    name: str
    namespace: str
    release: str
    chart: str
    crd_chart: str
    version: str
    gateway_api: str
    controller: str
    """The Deployment of the control plane."""
    controller_name: str
    """The GatewayClass's controllerName."""
    parameters: tuple[str, str]
    """apiVersion and kind of the gateway's parameters."""
    parameters_spec: Callable[[Mapping[str, Any], str], dict[str, Any]]
    """The parameters' spec for what a proxy's container is given (image, resources), and the ConfigMap."""
    values: tuple[str, ...] = ()
    makes_class: bool = False
    """Its chart manages the GatewayClass; else the class may be made before."""
    parameters_added: bool = False
    """A Gateway's parameters are added to those of its class, lists to lists, not put in their place."""

    @property
    def crd_release(self) -> str:
        """The release of its CRDs."""
        return f"{self.release}-crds"

    def parameters_object(
        self, image: str | None, *, name: str = PARAMETERS_NAME, trust: str = TRUST_NAME, many: bool = False
    ) -> dict[str, Any]:
        """The object that adds the CA of a ConfigMap (`trust`) to every proxy's system trust.

        `image`: the proxy's, if it is not the default. `many`: of a dozen Gateways' proxies each asks for next to
        nothing, so that a node of two CPUs has room for them.
        """
        container: dict[str, Any] = {"image": _image_parts(image)} if image else {}
        if many:
            container["resources"] = {"requests": {"cpu": "10m", "memory": "32Mi"}}
        return {
            "apiVersion": self.parameters[0],
            "kind": self.parameters[1],
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": self.parameters_spec(container, trust),
        }


def trust_config_map(namespace: str, pem: str) -> dict[str, Any]:
    """The lookalikes' authority as a ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": TRUST_NAME, "namespace": namespace},
        "data": {_FILE: pem},
    }


def gateway_class(stack: Stack) -> dict[str, Any]:
    """The stack's GatewayClass with the parameters; by the class, so that the documented Gateway stays verbatim."""
    reference = {
        "group": stack.parameters[0].partition("/")[0],
        "kind": stack.parameters[1],
        "name": PARAMETERS_NAME,
        "namespace": stack.namespace,
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "agentgateway"},
        "spec": {"controllerName": stack.controller_name, "parametersRef": reference},
    }


def _image_parts(image: str) -> dict[str, str]:
    path, _, tag = image.rpartition(":")
    registry, _, repository = path.rpartition("/")
    return {"registry": registry, "repository": repository, "tag": tag}


_ENV = [{"name": "SSL_CERT_FILE", "value": f"{_FOLDER}/{_FILE}"}]
_MOUNTS = [{"name": TRUST_NAME, "mountPath": _FOLDER, "readOnly": True}]


def _volumes(trust: str) -> list[dict[str, Any]]:
    return [{"name": TRUST_NAME, "configMap": {"name": trust}}]


def _kgateway_parameters(container: Mapping[str, Any], trust: str) -> dict[str, Any]:
    proxy = {"env": _ENV, "extraVolumeMounts": _MOUNTS, **container}
    return {"kube": {"agentgateway": proxy, "podTemplate": {"extraVolumes": _volumes(trust)}}}


def _agentgateway_parameters(container: Mapping[str, Any], trust: str) -> dict[str, Any]:
    pod = {"volumes": _volumes(trust), "containers": [{"name": "agentgateway", "volumeMounts": _MOUNTS}]}
    return {"env": _ENV, "deployment": {"spec": {"template": {"spec": pod}}}, **container}


_GATEWAY_API = "https://github.com/kubernetes-sigs/gateway-api/releases/download/{version}/standard-install.yaml"

STACKS = {
    "kgateway-2.1": Stack(
        name="kgateway-2.1",
        namespace="kgateway-system",
        release="kgateway",
        chart="oci://cr.kgateway.dev/kgateway-dev/charts/kgateway",
        crd_chart="oci://cr.kgateway.dev/kgateway-dev/charts/kgateway-crds",
        version="v2.1.1",
        gateway_api=_GATEWAY_API.format(version="v1.4.0"),
        controller="kgateway",
        controller_name="kgateway.dev/agentgateway",
        parameters=("gateway.kgateway.dev/v1alpha1", "GatewayParameters"),
        parameters_spec=_kgateway_parameters,
        values=("agentgateway.enabled=true",),
        parameters_added=True,
    ),
    "agentgateway-1": Stack(
        name="agentgateway-1",
        namespace="agentgateway-system",
        release="agentgateway",
        chart="oci://cr.agentgateway.dev/charts/agentgateway",
        crd_chart="oci://cr.agentgateway.dev/charts/agentgateway-crds",
        version="v1.4.1",
        gateway_api=_GATEWAY_API.format(version="v1.6.0"),
        controller="agentgateway",
        controller_name="agentgateway.dev/agentgateway",
        parameters=("agentgateway.dev/v1alpha1", "AgentgatewayParameters"),
        parameters_spec=_agentgateway_parameters,
        values=(
            f"gatewayClassParametersRefs.agentgateway.name={PARAMETERS_NAME}",
            "gatewayClassParametersRefs.agentgateway.namespace=agentgateway-system",
        ),
        makes_class=True,
    ),
}
"""By the name of the dialect. Versions: the kgateway 2.1 and agentgateway 1.4 installation pages."""
