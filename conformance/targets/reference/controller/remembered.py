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

    def peek(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any] | None:
        """As `Objects.peek`."""
        return self.objects.peek(kind, namespace, name)

    def peek_all(self, kind: Kind, namespace: str | None) -> tuple[dict[str, Any], ...]:
        """As `Objects.peek_all`, at once."""
        return tuple(self.objects.peek_all(kind, namespace))

    def gateway(self, name: Name) -> Object | None:
        """The Gateway of this name, if it is ours."""
        return self.gateways.get(name)

    def backend(self, name: Name) -> Translated | None:
        """What the Backend of this name came to, if there is one."""
        return self.backends.get(name)

    def tls_of(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """As `PolicyTls.tls_of`."""
        return self.policies.tls_of(backend, section)

    def tls_at(self, namespace: str, reference: Object) -> UpstreamTls | None:
        """As `PolicyTls.tls_at`."""
        return self.policies.tls_at(namespace, reference)

    def tls_on(self, backend: Name, section: str | None) -> UpstreamTls | None:
        """As `PolicyTls.tls_on`."""
        return self.policies.tls_on(backend, section)


class Reads:
    """The same, with a note of what was asked and what the answer was. It is `Objects` and `PolicyTls`, too."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.noted: list[tuple[str, tuple[Any, ...], Any]] = []

    def _ask(self, question: str, *about: Any) -> Any:
        answer = getattr(self._sources, question)(*about)
        self.noted.append((question, about, answer))
        return answer

    def peek(self, kind: Kind, namespace: str | None, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._ask("peek", kind, namespace, name)
        return found

    def peek_all(self, kind: Kind, namespace: str | None = None) -> Iterator[dict[str, Any]]:
        return iter(self._ask("peek_all", kind, namespace))

    def gateway(self, name: Name) -> Object | None:
        found: Object | None = self._ask("gateway", name)
        return found

    def backend(self, name: Name) -> Translated | None:
        found: Translated | None = self._ask("backend", name)
        return found

    def tls_of(self, backend: Name, section: str | None) -> UpstreamTls | None:
        found: UpstreamTls | None = self._ask("tls_of", backend, section)
        return found

    def tls_at(self, namespace: str, reference: Object) -> UpstreamTls | None:
        found: UpstreamTls | None = self._ask("tls_at", namespace, reference)
        return found

    def tls_on(self, backend: Name, section: str | None) -> UpstreamTls | None:
        found: UpstreamTls | None = self._ask("tls_on", backend, section)
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    obj: Object
    noted: list[tuple[str, tuple[Any, ...], Any]]
    made: Any

    def holds(self, obj: Object, sources: Sources) -> bool:
        """Whether it would come to the same now: kept objects are never changed in place (`kubeapi.store.Store`)."""
        if self.obj is not obj:
            return False
        return all(_is_same(getattr(sources, question)(*about), answer) for question, about, answer in self.noted)


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
