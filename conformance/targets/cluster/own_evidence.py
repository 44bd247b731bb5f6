"""Evidence of a run in a cluster that is not ours: of its own objects, and of what happened in their namespaces."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from kubernetes.client import ApiClient, CoreV1Api

from conformance.stage.arrangement.kube import RUN_LABEL, Kubernetes
from conformance.targets.cluster.run_objects import Places, labelled
from conformance.targets.clustered.evidence import asking, told, told_events

__all__ = ["events_of", "objects_of_run"]


async def objects_of_run(kubernetes: Kubernetes, places: Places, run_id: str) -> str:
    """The run's objects with their statuses, as YAML; of Secrets only the names of their entries."""
    found = await labelled(kubernetes, places, f"{RUN_LABEL}={run_id}")
    return yaml.safe_dump_all((told(one) for one in found), sort_keys=False)


def events_of(client: ApiClient, namespaces: Iterable[str]) -> str:
    """The events of these namespaces, oldest first, one a line. Raises SetupProblem when they cannot be read."""

    def read() -> str:
        core = CoreV1Api(client)
        return told_events(one for name in namespaces for one in core.list_namespaced_event(name).items)

    return asking(read)
