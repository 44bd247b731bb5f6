"""Objects in a cluster, through the official Kubernetes client: server-side apply, strict, never by force."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote

from kubernetes.client import ApiClient
from kubernetes.dynamic import DynamicClient, LazyDiscoverer, Resource
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from conformance.manifests.cleaning import without_nulls
from conformance.manifests.objects import ObjectId, object_id
from conformance.stage.arrangement.asking import Asking, Refused
from conformance.stage.arrangement.object_watch import Done, ObjectWatch

__all__ = ["FIELD_MANAGER", "RUN_LABEL", "SET_UP", "Kubernetes", "Refused", "close_client"]

FIELD_MANAGER = "agw-conformance"
RUN_LABEL = "agw-conformance/run"
SET_UP = "set-up"  # the run of what is part of a target and no run's own

T = TypeVar("T")


def _segment(what: str, text: str) -> str:
    """A name or a namespace as one segment of a path: what else a URL can say is no part of it.

    Raises Refused with client-go's words where no segment can be it (`path.IsValidPathSegmentName`), which the dynamic
    client would put into the URL as it is.
    """
    wrong = [f"may not be '{text}'"] if text in {".", ".."} else []
    wrong += [f"may not contain '{one}'" for one in "/%" if one in text]
    if wrong or not text:
        raise Refused(422, "Invalid", f'invalid {what} "{text}": [{", ".join(wrong) or "may not be empty"}]')
    return quote(text, safe="")


def _place(namespace: str | None, name: str | None = None) -> dict[str, str | None]:
    """Where requests about an object, or about all of a namespace, go; as the dynamic client takes it."""
    place = {"namespace": _segment("namespace", namespace) if namespace else None}
    return place if name is None else {**place, "name": _segment("resource name", name)}


def _items(found: Mapping[str, Any], api_version: str, kind: str) -> list[dict[str, Any]]:
    """What is in a list, each with what the list has once for all of them."""
    return [{"apiVersion": api_version, "kind": kind, **one} for one in found["items"] or ()]


def close_client(client: ApiClient) -> None:
    """Close a client and its connections, which before version 37 it leaves to whoever collects the garbage."""
    client.close()
    client.rest_client.pool_manager.clear()


_NO_FILE = f"{os.devnull}/none"  # a name that no file can have


class _Discovery(LazyDiscoverer):  # type: ignore[misc]  # it has no types
    """What the endpoint serves, in memory: the client's own shares it, by host, in a file that all may read."""

    def _write_cache(self) -> None: ...  # It would be anew for each group, at the cost of a dozen objects.


class Kubernetes:
    """Apply, read, await and delete objects of one run; each object carries the run's label."""

    def __init__(self, client: ApiClient, run_id: str, *, workers: int = 4) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="kubernetes")
        self._ask = Asking()
        self._client = client
        self._run_id = run_id
        self._dynamic: DynamicClient | None = None
        self._resources: dict[tuple[str, str], Resource] = {}
        self._discovery = threading.Lock()

    @property
    def client(self) -> ApiClient:
        """The official client, for what is not about objects."""
        return self._client

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """End the worker threads."""
        self._ask.close()
        self._pool.shutdown(wait=True)

    def _resource(self, api_version: str, kind: str) -> Resource:
        with self._discovery:  # what one thread discovers another need not ask for
            known = self._resources.get((api_version, kind))
            if known is not None:
                return known
            found = self._ask(lambda: self._discover(api_version, kind))
            self._resources[api_version, kind] = found
            return found

    def _discover(self, api_version: str, kind: str) -> Resource:
        if self._dynamic is None:
            self._dynamic = DynamicClient(self._client, cache_file=_NO_FILE, discoverer=_Discovery)
        try:
            return self._dynamic.resources.get(api_version=api_version, kind=kind)
        except ResourceNotFoundError as error:
            message = f'no matches for kind "{kind}" in version "{api_version}"'
            raise Refused(404, "NotFound", message) from error

    def labelled(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The object with the run's label: the one change that `verbatim` allows."""
        metadata = data["metadata"]
        labels = {**(metadata.get("labels") or {}), RUN_LABEL: self._run_id}
        return {**data, "metadata": {**metadata, "labels": labels}}

    def _apply(self, data: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
        body = without_nulls(self.labelled(data))
        resource = self._resource(body["apiVersion"], body["kind"])
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict")]
        if dry_run:
            query.append(("dryRun", "All"))

        def work() -> dict[str, Any]:
            applied = resource.patch(
                body=body,  # a client before 37 makes JSON of a text, too
                **_place(body["metadata"].get("namespace"), body["metadata"]["name"]),
                content_type="application/apply-patch+yaml",
                query_params=query,
                serialize=False,  # plain data is all that is wanted, at a third of the time
            )
            stored: dict[str, Any] = json.loads(applied.data)
            return stored

        return self._ask(work)

    async def apply(self, data: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Server-side apply of one object; returns it as stored. Raises Refused when the endpoint does not take it."""
        return await self._thread(functools.partial(self._apply, data, dry_run=dry_run))

    async def create(self, data: Mapping[str, Any]) -> None:
        """A dry run of what `kubectl create`, and `apply` on its own side, send. Raises Refused as `apply` does."""
        body = without_nulls(self.labelled(data))
        query = [("fieldManager", FIELD_MANAGER), ("fieldValidation", "Strict"), ("dryRun", "All")]

        def work() -> None:
            place = _place(body["metadata"].get("namespace"))
            resource = self._resource(body["apiVersion"], body["kind"])
            # What is not read keeps its connection.
            self._ask(lambda: resource.create(body=body, **place, query_params=query, serialize=False).data)

        await self._thread(work)

    async def apply_all(self, objects: Iterable[Mapping[str, Any]]) -> dict[ObjectId, Refused]:
        """Apply many at once, in order of the batch where it matters not; returns those that were refused."""
        wanted = list(objects)
        results = await asyncio.gather(*(self.apply(data) for data in wanted), return_exceptions=True)
        refusals: dict[ObjectId, Refused] = {}
        for data, result in zip(wanted, results, strict=True):
            if isinstance(result, Refused):
                refusals[object_id(data)] = result
            elif isinstance(result, BaseException):
                raise result
        return refusals

    def _read(self, api_version: str, kind: str, **which: str | None) -> dict[str, Any]:
        resource = self._resource(api_version, kind)
        found: dict[str, Any] = self._ask(lambda: json.loads(resource.get(**which, serialize=False).data))
        return found

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """An object as it is now; None when there is none."""

        def work() -> dict[str, Any] | None:
            try:
                return self._read(api_version, kind, **_place(namespace, name))
            except Refused as refused:
                if refused.status == 404:
                    return None
                raise

        return await self._thread(work)

    async def list_all(self, api_version: str, kind: str, selector: str | None = None) -> list[dict[str, Any]]:
        """All objects of a kind in all namespaces, whoever made them; those that a label selector takes."""

        def work() -> list[dict[str, Any]]:
            return _items(self._read(api_version, kind, label_selector=selector), api_version, kind)

        return await self._thread(work)

    async def list(
        self, api_version: str, kind: str, namespace: str, selector: str | None = None
    ) -> list[dict[str, Any]]:
        """The objects of a kind in a namespace, whosever they are; those that a label selector takes."""

        def work() -> list[dict[str, Any]]:
            found = self._read(api_version, kind, **_place(namespace), label_selector=selector)
            return _items(found, api_version, kind)

        return await self._thread(work)

    async def ensure_namespaces(self, names: Iterable[str]) -> None:
        """Create the namespaces that are missing."""
        for name in dict.fromkeys(names):
            if await self.get("v1", "Namespace", "", name) is None:
                await self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    async def patch(
        self, api_version: str, kind: str, namespace: str, name: str, change: Mapping[str, Any], *, status: bool = False
    ) -> None:
        """Merge a change into an object that others own, or its status; nothing of it is claimed, nor labelled."""

        def work() -> None:
            found = self._resource(api_version, kind)
            resource = found.subresources["status"] if status else found
            content_type = "application/merge-patch+json"
            self._ask(lambda: resource.patch(body=change, **_place(namespace, name), content_type=content_type))

        await self._thread(work)

    async def delete(self, data: Mapping[str, Any], *, grace_seconds: int | None = None) -> None:
        """Delete an object; harmless when it is gone already."""
        body = {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}

        def work() -> None:
            resource = self._resource(data["apiVersion"], data["kind"])
            metadata = data["metadata"]
            try:
                place = _place(metadata.get("namespace"), metadata["name"])
                self._ask(lambda: resource.delete(body=body, **place))
            except Refused as refused:
                # A name that none can have (422) is as gone as it can be.
                if refused.status not in {404, 422}:
                    raise

        await self._thread(work)

    async def delete_all(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """Delete the run's objects of these kinds and namespaces at once: one request for each.

        Whatever else bears the run's label there goes with them. Raises the first refusal once all have been tried.
        """
        places = dict.fromkeys((one["apiVersion"], one["kind"], one["metadata"].get("namespace")) for one in objects)
        single = [one for one in objects if one["metadata"].get("namespace") is None]
        work = [self._delete_labelled(*place) for place in places if place[2] is not None]
        results = await asyncio.gather(*work, *(self.delete(one) for one in single), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _delete_labelled(self, api_version: str, kind: str, namespace: str) -> None:
        def work() -> None:
            resource = self._resource(api_version, kind)
            selector = f"{RUN_LABEL}={self._run_id}"
            self._ask(lambda: resource.delete(**_place(namespace), label_selector=selector))

        await self._thread(work)

    async def wait(
        self,
        api_version: str,
        kind: str,
        done: Done,
        deadline: float,
        *,
        name: str | None = None,
        namespace: str | None = None,
        everyone: bool = False,
    ) -> bool:
        """Watch the run's objects of a kind, or everyone's, until `done` holds for them, by (namespace, name).

        In all namespaces, unless one is given. Returns False when it did not hold within `deadline` seconds.
        """
        selector: dict[str, Any] = {} if everyone else {"label_selector": f"{RUN_LABEL}={self._run_id}"}
        if name is not None:
            selector["field_selector"] = f"metadata.name={name}"
        if namespace is not None:
            selector.update(_place(namespace))

        def work() -> bool:
            resource = self._resource(api_version, kind)
            assert self._dynamic is not None  # it found the resource
            return ObjectWatch(self._dynamic, resource, selector, self._ask).until(done, deadline)

        return await self._thread(work)
