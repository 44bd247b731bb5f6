"""Manifests in which much can be lost, and one mistake in them: a field less, moved, misspelt, of another value."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from conformance.core.yaml.located import FieldPath, read_documents
from tests.support.mending import FILE, NEXT, documented

__all__ = ["guarded", "leaves", "mistaken", "places"]

_VALUES = ("api.deepseek.com", "api.openai.com", "llm.example.com", "github-token", "internal", 80, 0, "Exact", "", "x")
_TOKEN = {"apiVersion": "v1", "kind": "Secret", "stringData": {"Authorization": "made-up"}}
_CONDITIONS = {
    "headers": [{"name": "x-tenant", "value": "blue"}],
    "queryParams": [{"name": "team", "value": "red"}],
    "method": "POST",
}
_FILTER = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x-internal"]}}


def guarded(dialect: str) -> list[dict[str, Any]]:
    """The documented objects, with conditions, a filter, a weight, a listener for few, and another Secret."""
    objects: list[dict[str, Any]] = [copy.deepcopy(one.data) for one in read_documents(documented(dialect), FILE)]
    namespace = objects[0]["metadata"]["namespace"]
    for one in objects:
        if one["kind"] == "HTTPRoute":
            one["spec"]["hostnames"] = ["llm.team.example"]
            rule = one["spec"]["rules"][0]
            rule["matches"][0].update(copy.deepcopy(_CONDITIONS))
            rule["filters"] = [*rule.get("filters", ()), copy.deepcopy(_FILTER)]
            rule["backendRefs"][0]["weight"] = 7
    if dialect == NEXT:
        backend = next(one for one in objects if one["kind"] == "AgentgatewayBackend")
        location = {"header": {"name": "Authorization", "prefix": "Bearer "}}
        backend["spec"]["policies"]["auth"]["location"] = location
    listener = {
        "name": "team",
        "port": 8080,
        "protocol": "HTTP",
        "hostname": "*.team.example",
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "team", "namespace": namespace},
        "spec": {"gatewayClassName": "agentgateway", "listeners": [listener]},
    }
    return [*objects, {**_TOKEN, "metadata": {"name": "github-token", "namespace": namespace}}, gateway]


def places(value: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """All fields and items below a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, one in parts:
        yield (*path, part)
        yield from places(one, (*path, part))


def leaves(value: Any) -> Iterator[tuple[FieldPath, Any]]:
    """All scalars below a value."""
    return ((path, one) for path in places(value) if not isinstance(one := _at(value, path), dict | list))


@st.composite
def mistaken(draw: st.DrawFn, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same objects with one mistake."""
    changed = copy.deepcopy(objects)
    path = draw(st.sampled_from([one for one in places(changed) if len(one) > 1]))
    parent, last = _at(changed, path[:-1]), path[-1]
    kinds = [_drop, _replace, _misspell, _move] if isinstance(last, str) else [_drop, _replace]
    draw(st.sampled_from(kinds))(draw, changed, path, parent)
    return changed


def _at(value: Any, path: FieldPath) -> Any:
    for part in path:
        value = value[part]
    return value


def _drop(_: st.DrawFn, __: Any, path: FieldPath, parent: Any) -> None:
    del parent[path[-1]]


def _replace(draw: st.DrawFn, objects: Any, path: FieldPath, parent: Any) -> None:
    others, value = [value for _, value in leaves(objects)], parent[path[-1]]
    misspelt = [_misspelt(value)] if isinstance(value, str) else []
    parent[path[-1]] = draw(st.sampled_from([*misspelt, *_VALUES, *others]))


def _misspell(_: st.DrawFn, __: Any, path: FieldPath, parent: Any) -> None:
    parent[_misspelt(str(path[-1]))] = parent.pop(path[-1])


def _misspelt(text: str) -> str:
    return text[: len(text) // 2] + text[len(text) // 2 + 1 :] or "x"


def _move(draw: st.DrawFn, objects: Any, path: FieldPath, parent: Any) -> None:
    """To another mapping of the same object, above it or beside it."""
    value = parent.pop(path[-1])
    root = objects[path[0]]
    mappings = [root, *(one for place in places(root) if isinstance(one := _at(root, place), dict))]
    draw(st.sampled_from(mappings))[path[-1]] = value
