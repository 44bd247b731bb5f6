"""What was made of an object, kept as long as the object and all that was read for it are as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.kinds import Kind
from conformance.targets.reference.controller.backends.kgateway_2_1 import PolicyTls, Translated
from conformance.targets.reference.controller.view import Name, Object, Objects, name_of
from conformance.targets.reference.gateway.config import UpstreamTls

__all__ = ["Memory", "Reads", "Sources"]

T = TypeVar("T")


@dataclass(frozen=True)
class Sources:
    """All that is read of others for an object, in one reconcile."""

    objects: Objects
    policies: PolicyTls
    gateways: Mapping[Name, Object]
    backends: Mapping[Name, Translated]


class Reads:
    """The sources, with a note of what was asked of them and what the answer was. It is `Objects` and `PolicyTls`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.noted: list[tuple[Callable[[Sources], Any], Any]] = []

    def _ask(self, question: Callable[[Sources], T]) -> T:
        answer = question(self._sources)
        self.noted.append((question, answer))
        return answer

    def peek(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any] | None:
        return self._ask(lambda now: now.objects.peek(kind, namespace, name))

    def peek_all(self, kind: Kind, namespace: str | None = None) -> Iterator[dict[str, Any]]:
        return iter(self._ask(lambda now: tuple(now.objects.peek_all(kind, namespace))))

    def gateway(self, name: Name) -> Object | None:
        """The Gateway of this name, if it is ours."""
        return self._ask(lambda now: now.gateways.get(name))

    def backend(self, name: Name) -> Translated | None:
        """What the Backend of this name came to, if there is one."""
        return self._ask(lambda now: now.backends.get(name))

    def tls_of(self, backend: Name, section: str | None) -> UpstreamTls | None:
        return self._ask(lambda now: now.policies.tls_of(backend, section))

    def tls_at(self, namespace: str, reference: Object) -> UpstreamTls | None:
        return self._ask(lambda now: now.policies.tls_at(namespace, reference))

    def tls_on(self, backend: Name, section: str | None) -> UpstreamTls | None:
        return self._ask(lambda now: now.policies.tls_on(backend, section))


@dataclass(frozen=True, slots=True)
class _Kept:
    obj: Object
    noted: list[tuple[Callable[[Sources], Any], Any]]
    made: Any

    def holds(self, obj: Object, sources: Sources) -> bool:
        """Whether it would come to the same now: kept objects are never changed in place (`kubeapi.store.Store`)."""
        return self.obj is obj and all(_is_same(question(sources), answer) for question, answer in self.noted)


class Memory:
    """Of one reconcile for the next. What is made must depend on nothing but the object, `common` and the reads."""

    def __init__(self) -> None:
        self._common: Any = None
        self._before: dict[tuple[str, Name], _Kept] = {}
        self._now: dict[tuple[str, Name], _Kept] = {}

    def begin(self, common: Any) -> None:
        """A reconcile begins. What no object was made of in the last one is forgotten; all, if `common` is another."""
        self._before, self._now = (self._now if common == self._common else {}), {}
        self._common = common

    def recall(self, kind: Kind, obj: Object, sources: Sources, make: Callable[[Reads], T]) -> T:
        """What was made of an object, made anew unless it holds."""
        key = kind.kind, name_of(obj)
        kept = self._before.get(key)
        if kept is None or not kept.holds(obj, sources):
            reads = Reads(sources)
            kept = _Kept(obj, reads.noted, make(reads))
        self._now[key] = kept
        made: T = kept.made
        return made


def _is_same(one: Any, other: Any) -> bool:
    """Objects are the same or changed; what was made of them may be equal though made anew."""
    return one is other or (not isinstance(one, dict) and bool(one == other))
