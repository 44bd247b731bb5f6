"""What an API server, kubectl and controllers note in an object: `kubectl get` prints it, nobody wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["LAST_APPLIED", "without_bookkeeping", "without_nulls"]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which `kubectl apply` keeps the whole object, a Secret's keys in clear included."""

_OF_THE_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

# With an owner that is not there the garbage collector takes the object away at once; with a finalizer whose
# controller is not there it never goes. Both are about one cluster, and say nothing of what the object configures.
_OF_CONTROLLERS = ("finalizers", "ownerReferences")


def without_bookkeeping(data: Mapping[str, Any]) -> dict[str, Any]:
    """An object's data as a person would have written it: less `status`, and the metadata of the cluster it was in.

    An API server refuses to create an object with some of it, such as a resourceVersion.
    Source: Kubernetes API conventions, Metadata; API reference, ObjectMeta.
    """
    metadata = data.get("metadata")
    kept = {name: value for name, value in data.items() if name != "status"}
    if not isinstance(metadata, dict):
        return kept
    kept["metadata"] = {
        name: value for name, value in metadata.items() if name not in (*_OF_THE_SERVER, *_OF_CONTROLLERS)
    }
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        del kept["metadata"]["annotations"]
        if rest := {name: value for name, value in annotations.items() if name != LAST_APPLIED}:
            kept["metadata"]["annotations"] = rest
    return kept


def without_nulls(node: Any) -> Any:
    """A copy without the fields that are null; items of lists stay."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items() if value is not None}
    return [without_nulls(item) for item in node] if isinstance(node, list) else node
