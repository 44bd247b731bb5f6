"""A small Kubernetes API endpoint that kubectl and the official Python client can work with."""

from conformance.embedded.kubeapi.server import KubeApiServer
from conformance.embedded.kubeapi.store import Store, WatchEvent

__all__ = ["KubeApiServer", "Store", "WatchEvent"]
