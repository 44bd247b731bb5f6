"""A small Kubernetes API endpoint that kubectl and the official Python client can work with."""

from conformance.targets.embedded.kubeapi.server import KubeApiServer
from conformance.targets.embedded.kubeapi.store import Store, WatchEvent

__all__ = ["KubeApiServer", "Store", "WatchEvent"]
