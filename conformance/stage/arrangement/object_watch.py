"""Waits for objects to be as wanted, by list and watch, as the Kubernetes API's clients do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient, Resource

__all__ = ["Done", "ObjectWatch", "Objects"]

Objects = dict[tuple[str, str], dict[str, Any]]
"""Objects of a kind by (namespace, name)."""
Done = Callable[[Objects], bool]

_TOO_OLD = 410


class ObjectWatch:
    """The objects of a resource that a selector (arguments of a list) takes. Blocks; raises ApiException."""

    def __init__(self, client: DynamicClient, resource: Resource, selector: Mapping[str, Any]) -> None:
        self._client = client
        self._resource = resource
        self._selector = selector

    def until(self, done: Done, deadline: float) -> bool:
        """Whether `done` came to hold within `deadline` seconds."""
        end = time.monotonic() + deadline
        while True:
            listed = self._resource.get(**self._selector).to_dict()
            objects = {_place(item): item for item in listed["items"]}
            if done(objects):
                return True
            # Watches end on whole seconds.
            remaining = math.ceil(end - time.monotonic())
            if remaining < 1:
                return False
            if self._follow(objects, done, listed["metadata"]["resourceVersion"], remaining):
                return True

    def _follow(self, objects: Objects, done: Done, version: str, seconds: int) -> bool:
        stream = self._client.watch(self._resource, **self._selector, resource_version=version, timeout=seconds)
        try:
            for event in stream:
                item = event["raw_object"]
                if event["type"] == "DELETED":
                    objects.pop(_place(item), None)
                elif event["type"] in ("ADDED", "MODIFIED"):
                    objects[_place(item)] = item
                if done(objects):
                    return True
        except ApiException as error:
            if error.status != _TOO_OLD:  # then list again
                raise
        finally:
            stream.close()
        return False


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
