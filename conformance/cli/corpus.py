"""A corpus of valid and invalid objects, made of good ones by changing one field at a time in every way that tells.

Two API endpoints that take the same ones, and refuse the others with the same words, have the same schemas and rules
as far as the corpus goes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.core.fixtures import fixtures, shown
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.objects import Manifest, read_manifests

__all__ = ["NAMESPACE", "Sample", "corpus", "variants"]

NAMESPACE = "default"
"""Where the objects would go; it exists in every cluster, and nothing is ever stored."""

Object = dict[str, Any]

_KINDS = (
    *("HTTPRoute", "BackendTLSPolicy", "AgentgatewayPolicy", "TrafficPolicy"),
    *(dialect_named(name).BACKEND_KIND for name in DIALECTS),
)
_LONG = "a" * 1100
_MANY = 70
_UNKNOWN = "agwConformanceUnknown"
_NUMBERS = (0, -1, 1, 65535, 65536, 2**31, 1.5)
_TEXTS = ("", "X", "-a", "a.example.com", "/v1", "v1//chat", "*.example.com", "192.0.2.1", "a b", "Unknown", _LONG)


@dataclass(frozen=True)
class Sample:
    """One object to be offered; `label` says which good object it is and what was done to it."""

    label: str
    object: Object

    @property
    def kind(self) -> str:
        """apiVersion and kind."""
        return f"{self.object['apiVersion']} {self.object['kind']}"


def corpus() -> list[Sample]:
    """All samples, each object under a name of its own."""
    found: list[Sample] = []
    seen: set[tuple[str, frozenset[FieldPath]]] = set()
    for base in _bases():
        good = _placed(base.data)
        shape = base.kind, frozenset(path for path, _ in _fields(good["spec"], ()))
        if shape in seen:
            continue  # it would teach nothing new
        seen.add(shape)
        label = f"{base.kind} {base.name} of {base.at().file}"
        found.append(Sample(label, good))
        found += [Sample(f"{label}: {what}", changed) for what, changed in variants(good)]
    for number, sample in enumerate(found):
        sample.object["metadata"]["name"] = f"agw-conformance-{number}"
    return found


def _bases() -> Iterator[Manifest]:
    """The documented objects of every dialect, and those that have what the documented ones have not."""
    documented = [fixtures("manifests", name, f"{page}.yaml") for name in DIALECTS for page in ("mistral", "deepseek")]
    for file in (*documented, *sorted(fixtures("corpus").glob("*.yaml"))):
        for manifest in read_manifests(file.read_text(encoding="utf-8"), shown(file)):
            if manifest.kind in _KINDS:
                yield manifest


def _placed(data: Object) -> Object:
    good = copy.deepcopy(data)
    good["metadata"] = {"name": data["metadata"]["name"], "namespace": NAMESPACE}
    return good


def variants(good: Object) -> Iterator[tuple[str, Object]]:
    """(what was done, the changed object) for every field below `spec`, and for `spec` itself."""
    for path, value in _fields(good["spec"], ("spec",)):
        for what, edit in _edits(value):
            changed = copy.deepcopy(good)
            owner: Any = changed
            for step in path[:-1]:
                owner = owner[step]
            edit(owner, path[-1])
            yield f"{dotted(path)} {what}", changed


def _fields(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    yield path, value
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, item in inner:
        yield from _fields(item, (*path, key))


Edit = Callable[[Any, str | int], None]


def _edits(value: Any) -> Iterator[tuple[str, Edit]]:
    """What can be done to a field with this value."""
    yield "removed", _remove
    for other in _others(value):
        yield f"set to {_told(other)}", _put(other)
    if isinstance(value, dict):
        yield f"with a field {_UNKNOWN}", _put({**value, _UNKNOWN: "x"})
    if isinstance(value, list):
        yield "with its first item twice", _put([*value[:1], *value])
        yield f"with {_MANY} items", _put((value * _MANY)[:_MANY])


def _others(value: Any) -> Iterator[Any]:
    """Other values: empty, of other types, out of bounds."""
    yield None
    if not isinstance(value, str):
        yield "text"
    if not isinstance(value, int):
        yield 5
    constants: tuple[Any, ...] = (True, [], {})
    yield from (other for other in constants if other != value)
    if isinstance(value, str):
        yield from (other for other in _TEXTS if other != value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from (other for other in _NUMBERS if other != value)
        yield str(value)


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:20]}... ({len(text)} characters)"


def _remove(owner: Any, key: str | int) -> None:
    del owner[key]


def _put(value: Any) -> Edit:
    def edit(owner: Any, key: str | int) -> None:
        owner[key] = copy.deepcopy(value)

    return edit
