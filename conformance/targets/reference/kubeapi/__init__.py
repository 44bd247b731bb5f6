"""A small Kubernetes API endpoint that kubectl and the official Python client can work with."""

from conformance.targets.reference.kubeapi.server import KubeApiServer
from conformance.targets.reference.kubeapi.store import Store, WatchEvent

__all__ = ["KubeApiServer", "Store", "WatchEvent"]
