"""Waits for objects to be as wanted, by list and watch, as the Kubernetes API's clients do."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import urllib3
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient, Resource

from conformance.core import deadlines
from conformance.stage.arrangement.asking import Asking, is_passing, refused

__all__ = ["Done", "ObjectWatch", "Objects"]

Objects = dict[tuple[str, str], dict[str, Any]]
"""Objects of a kind by (namespace, name)."""
Done = Callable[[Objects], bool]

_TOO_OLD = 410


class ObjectWatch:
    """The objects of a resource that a selector (arguments of a list) takes. Blocks; raises what asking raises."""

    def __init__(self, client: DynamicClient, resource: Resource, selector: Mapping[str, Any], ask: Asking) -> None:
        self._client = client
        self._resource = resource
        self._selector = selector
        self._ask = ask

    def until(self, done: Done, deadline: float) -> bool:
        """Whether `done` came to hold within `deadline` seconds, but for those that the endpoint took to answer."""
        end = time.monotonic() + deadline
        latest = end + deadlines.ENDPOINT
        while True:
            asked = time.monotonic()
            listed = self._ask(lambda: json.loads(self._resource.get(**self._selector, serialize=False).data))
            end = min(latest, end + time.monotonic() - asked)
            objects = {_place(item): item for item in listed["items"] or ()}
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
            if error.status != _TOO_OLD:
                self._rest_or_raise(error)
        except urllib3.exceptions.HTTPError:
            self._ask.rest()  # to list again says what became of the endpoint
        finally:
            stream.close()
        return False

    def _rest_or_raise(self, error: ApiException) -> None:
        if not is_passing(error):
            raise refused(error) from error
        self._ask.rest()


def _place(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
