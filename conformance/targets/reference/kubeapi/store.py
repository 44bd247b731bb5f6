"""The objects of the embedded API endpoint, with versions, generations and a history for watches."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import KINDS, NAMESPACE, Kind
from conformance.targets.reference.kubeapi.jsontree import Json, clone, now
from conformance.targets.reference.kubeapi.ownership.managers import (
    Writer,
    entries,
    managers_of,
    owned_fields,
    track_update,
)
from conformance.targets.reference.kubeapi.requests.selectors import selector
from conformance.targets.reference.kubeapi.status import already_exists, conflict, expired, not_found

__all__ = ["Store", "WatchEvent"]

# A watch that lags behind more changes than these is told to list again.
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change. `object` and `old` are the store's own and must not be changed."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    kind: Kind
    object: Json
    old: Json | None
    resource_version: int


_Key = tuple[str, str]


class Store:
    """Plain dicts by kind, namespace and name; for one event loop, so without locks.

    An object that is kept is never changed in place: a write puts another one there. `get` and `list` give copies;
    `peek` and `peek_all` give the kept objects themselves, to be read only. Failures are ApiErrors.
    """

    def __init__(self, *, history: int = _MOST_REMEMBERED) -> None:
        self._objects: dict[tuple[str, str], dict[_Key, Json]] = {kind.key: {} for kind in KINDS}
        self._events: deque[WatchEvent] = deque(maxlen=history)
        self._subscribers: list[Callable[[WatchEvent], None]] = []
        self.resource_version = 0
        for name in ("default", "kube-system"):
            self.create(NAMESPACE, new_namespace(name))

    # ---- reading

    def peek(self, kind: Kind, namespace: str | None, name: str) -> Json | None:
        """The kept object, to be read only."""
        return self._objects[kind.key].get((namespace or "" if kind.namespaced else "", name))

    def peek_all(self, kind: Kind, namespace: str | None = None) -> Iterator[Json]:
        """The kept objects in the order of their creation, to be read only; all namespaces without one."""
        for (there, _), obj in self._objects[kind.key].items():
            if namespace is None or there == namespace:
                yield obj

    def get(self, kind: Kind, namespace: str | None, name: str) -> Json | None:
        """A copy of the object, or None."""
        found = self.peek(kind, namespace, name)
        return None if found is None else clone(found)

    def list(
        self, kind: Kind, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> list[Json]:
        """Copies of the objects that the selectors choose. Raises ApiError 400 for a broken selector."""
        chosen = selector(kind, label_selector, field_selector)
        return [clone(obj) for obj in self.peek_all(kind, namespace) if chosen is None or chosen(obj)]

    # ---- writing

    def create(self, kind: Kind, obj: Json) -> Json:
        """Keeps a new object. Raises ApiError 409 when it is there, 404 when its namespace is not."""
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        if self.peek(kind, namespace, name) is not None:
            raise already_exists(kind, name)
        if kind.namespaced and self.peek(NAMESPACE, None, namespace) is None:
            raise not_found(NAMESPACE, namespace)
        return clone(self.keep(kind, self.made(kind, obj), None))

    def made(self, kind: Kind, obj: Json) -> Json:
        """The object as `create` keeps it, not kept yet."""
        given = {key: value for key, value in clone(obj["metadata"]).items() if key != "deletionTimestamp"}
        made = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": given}
        made.update((key, clone(value)) for key, value in obj.items() if key not in made)
        given.update(uid=str(uuid.uuid4()), creationTimestamp=now(), resourceVersion="")
        if kind.has_generation:
            given["generation"] = 1
        return made

    def update(self, kind: Kind, obj: Json) -> Json:
        """Replaces an object; a resourceVersion in it must be the current one. An equal object changes nothing.

        Raises ApiError 404 or 409.
        """
        metadata = obj["metadata"]
        live = self.peek(kind, metadata.get("namespace"), metadata["name"])
        if live is None:
            raise not_found(kind, metadata["name"])
        if metadata.get("resourceVersion") not in (None, "", live["metadata"]["resourceVersion"]):
            raise conflict(kind, metadata["name"])
        return clone(self.replace(kind, clone(obj), live))

    def replace(self, kind: Kind, new: Json, live: Json) -> Json:
        """`update` without copies: `new` becomes the store's own. Gives the kept object."""
        kept = self.replacement(kind, new, live)
        if kept == live:
            return live
        if "deletionTimestamp" in kept["metadata"] and not kept["metadata"].get("finalizers"):
            return self._drop(kind, kept)
        return self.keep(kind, kept, live)

    def replacement(self, kind: Kind, new: Json, live: Json) -> Json:
        """The object as `replace` keeps it, not kept yet."""
        return {**new, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": self._metadata(kind, new, live)}

    def _metadata(self, kind: Kind, new: Json, live: Json) -> Json:
        """The new metadata with what only the server decides."""
        old = live["metadata"]
        metadata = {**new["metadata"], "resourceVersion": old["resourceVersion"], "uid": old["uid"]}
        metadata["creationTimestamp"] = old["creationTimestamp"]
        metadata.pop("deletionTimestamp", None)
        if "deletionTimestamp" in old:
            metadata["deletionTimestamp"] = old["deletionTimestamp"]
        if kind.has_generation:
            metadata["generation"] = old["generation"] + (_content(new) != _content(live))
        return metadata

    def set_status(
        self, kind: Kind, namespace: str | None, name: str, status: Json, *, manager: str = "controller"
    ) -> bool:
        """Writes the status of an object as a controller does; False when it is equal already.

        Raises ApiError 404 when the object is gone.
        """
        live = self.peek(kind, namespace, name)
        if live is None:
            raise not_found(kind, name)
        if live.get("status") == status:
            return False
        new: Json = {**live, "status": clone(status)}
        writer = Writer(manager, "Update", kind.api_version, "status")
        before, after = owned_fields(live, {}, "status"), owned_fields(new, {}, "status")
        tracked = track_update(managers_of(live), before, after, writer, now())
        new["metadata"] = {**live["metadata"], "managedFields": entries(tracked)}
        self.replace(kind, new, live)
        return True

    def delete(self, kind: Kind, namespace: str | None, name: str) -> Json:
        """Takes an object away, a namespace with all that is in it; with finalizers it is only marked.

        Gives the object as it was last. Raises ApiError 404.
        """
        live = self.peek(kind, namespace, name)
        if live is None:
            raise not_found(kind, name)
        if live["metadata"].get("finalizers"):
            if "deletionTimestamp" not in live["metadata"]:
                live = self.keep(kind, {**live, "metadata": {**live["metadata"], "deletionTimestamp": now()}}, live)
            return clone(live)
        if kind is NAMESPACE:
            self._empty(name)
        return clone(self._drop(kind, live))

    def _empty(self, namespace: str) -> None:
        for kind in KINDS:
            if kind.namespaced:
                for obj in list(self.peek_all(kind, namespace)):
                    # A finalizer's owner has no time to act here: the namespace goes at once.
                    self._drop(kind, obj)

    def keep(self, kind: Kind, obj: Json, old: Json | None) -> Json:
        """Puts an object there under the next resourceVersion and tells the subscribers; `obj` is the store's then."""
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self._next())
        self._objects[kind.key][metadata.get("namespace", ""), metadata["name"]] = obj
        self._tell("ADDED" if old is None else "MODIFIED", kind, obj, old)
        return obj

    def _drop(self, kind: Kind, obj: Json) -> Json:
        metadata = obj["metadata"]
        old = self._objects[kind.key].pop((metadata.get("namespace", ""), metadata["name"]))
        last = {**obj, "metadata": {**metadata, "resourceVersion": str(self._next())}}
        self._tell("DELETED", kind, last, old)
        return last

    def _next(self) -> int:
        self.resource_version += 1
        return self.resource_version

    # ---- watching

    def _tell(self, type_: Literal["ADDED", "MODIFIED", "DELETED"], kind: Kind, obj: Json, old: Json | None) -> None:
        event = WatchEvent(type_, kind, obj, old, self.resource_version)
        self._events.append(event)
        for callback in tuple(self._subscribers):
            callback(event)

    def subscribe(self, callback: Callable[[WatchEvent], None]) -> Callable[[], None]:
        """Calls back on each change from now on, at once; gives the function that ends it (to be called once)."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def events_since(self, resource_version: int) -> Iterable[WatchEvent]:
        """The changes after a resourceVersion. Raises ApiError 410 when they are no longer remembered."""
        oldest = self._events[0].resource_version if self._events else self.resource_version + 1
        if resource_version < oldest - 1:
            raise expired(resource_version, oldest - 1)
        return [event for event in self._events if event.resource_version > resource_version]


def _content(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata", "status")}


def new_namespace(name: str) -> Json:
    """A Namespace as the API server makes it."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
