"""Secret, ConfigMap, Namespace, Service and Event of core/v1, as far as the suite's manifests go."""

from __future__ import annotations

from conformance.manifests.schemas.crds.common import conditions, resource, strings
from conformance.manifests.schemas.schema import anything, flag, integer, listing, mapping, record, text

__all__ = ["CONFIG_MAP", "EVENT", "NAMESPACE", "SECRET", "SERVICE"]

SECRET = resource(
    "Secret data, such as API keys.",
    {
        "data": mapping("Values in base64.", text(format="byte")),
        "stringData": mapping("Values as text, for writing only; they end up in data.", text()),
        "type": text("What the data is for.", default="Opaque"),
        "immutable": flag("Whether the data can never change again."),
    },
)
CONFIG_MAP = resource(
    "Settings that are no secret.",
    {
        "data": mapping("Values as text.", text()),
        "binaryData": mapping("Values in base64.", text(format="byte")),
        "immutable": flag("Whether the data can never change again."),
    },
)
NAMESPACE = resource(
    "A room for names.",
    {
        "spec": record("What is wanted.", {"finalizers": strings("Who must agree before it goes.")}),
        "status": record("What was found.", {"phase": text("Active or Terminating."), "conditions": conditions()}),
    },
)
_PORT = record(
    "One port.",
    {
        "name": text("Name of the port."),
        "port!": integer("Port of the Service."),
        "targetPort": anything("Port of the pods, by number or name."),
        "protocol": text("TCP, UDP or SCTP.", default="TCP"),
        "appProtocol": text("Protocol that is spoken."),
        "nodePort": integer("Port on the nodes."),
    },
    go="ServicePort",
)
SERVICE = resource(
    "A name and an address for pods, or for something outside.",
    {
        "spec": record(
            "What is wanted.",
            {
                "type": text("ClusterIP, NodePort, LoadBalancer or ExternalName.", default="ClusterIP"),
                "selector": mapping("Labels of the pods.", text(), atomic=True),
                "ports": listing("The ports.", _PORT, keys=["port", "protocol"]),
                "clusterIP": text("Address within the cluster."),
                "clusterIPs": strings("Addresses within the cluster."),
                "externalIPs": strings("Addresses outside that lead here."),
                "externalName": text("DNS name, for ExternalName."),
                "externalTrafficPolicy": text("Whether outside traffic stays on its node."),
                "internalTrafficPolicy": text("Whether inside traffic stays on its node."),
                "healthCheckNodePort": integer("Port for health checks."),
                "ipFamilies": strings("IPv4, IPv6 or both."),
                "ipFamilyPolicy": text("One family or two."),
                "loadBalancerClass": text("Class of the load balancer."),
                "loadBalancerIP": text("Address wished for."),
                "loadBalancerSourceRanges": strings("Who may come in."),
                "allocateLoadBalancerNodePorts": flag("Whether a load balancer needs node ports."),
                "publishNotReadyAddresses": flag("Whether pods that are not ready count."),
                "sessionAffinity": text("None or ClientIP.", default="None"),
                "sessionAffinityConfig": anything("Settings of the affinity."),
                "trafficDistribution": text("Preference among the pods."),
            },
            go="ServiceSpec",
        ),
        "status": record(
            "What was found.",
            {"loadBalancer": anything("Addresses of the load balancer."), "conditions": conditions()},
        ),
    },
)
_REGARDING = record(
    "Object that it is about.",
    {name: text() for name in ("apiVersion", "kind", "name", "namespace", "uid", "resourceVersion", "fieldPath")},
    atomic=True,
    go="ObjectReference",
)
EVENT = resource(
    "Something that happened.",
    {
        "involvedObject!": _REGARDING,
        "reason": text("One word what."),
        "message": text("The same for people."),
        "type": text("Normal or Warning."),
        "count": integer("How often."),
        "firstTimestamp": text("When first.", format="date-time"),
        "lastTimestamp": text("When last.", format="date-time"),
        "eventTime": text("When.", format="date-time"),
        "action": text("What was done."),
        "reportingComponent": text("Who reports it."),
        "reportingInstance": text("Which instance of it."),
        "related": _REGARDING,
        "series": record(
            "Repetitions.",
            {"count": integer("How many."), "lastObservedTime": text("The last one.", format="date-time")},
            go="EventSeries",
        ),
        "source": record("Who reports it.", {"component": text("Component."), "host": text("Node.")}, go="EventSource"),
    },
)
