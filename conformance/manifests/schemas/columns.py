"""The columns of `kubectl get`, and how their cells are read from an object."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.startup.records import dataclass

__all__ = ["Column", "condition", "count", "field", "involved", "last_seen", "ports"]

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `kubectl get`: `value` reads the cell from an object; priority 1 shows with `-o wide` only."""

    name: str
    value: Callable[[Object], Any]
    type: str = "string"
    priority: int = 0
    description: str = ""


def field(*path: str | int) -> Callable[[Object], Any]:
    """Reads the value at a path; lists and objects come out as compact JSON, a missing value as an empty cell."""

    def read(value: Any) -> Any:
        for step in path:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and len(value) > step else None
            else:
                value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping | list):
            return json.dumps(value, separators=(",", ":"))
        return "" if value is None else value

    return read


def condition(type_: str) -> Callable[[Object], Any]:
    """Reads the status of one of `.status.conditions`."""

    def read(obj: Object) -> Any:
        status = obj.get("status")
        conditions = status.get("conditions") if isinstance(status, Mapping) else None
        for one in conditions if isinstance(conditions, list) else ():
            if isinstance(one, Mapping) and one.get("type") == type_:
                return one.get("status", "")
        return ""

    return read


def count(*names: str) -> Callable[[Object], Any]:
    """Counts the entries of the maps of these names."""
    return lambda obj: sum(len(obj.get(name) or ()) for name in names)


def ports(obj: Object) -> str:
    """The ports of a Service as kubectl shows them: `8080/TCP,8443:30443/TCP`."""
    shown = []
    for port in (obj.get("spec") or {}).get("ports") or ():
        if not port:
            continue
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def involved(obj: Object) -> str:
    """The object that an Event is about: `backend/mistral`."""
    regarding = obj.get("involvedObject") or {}
    return f"{str(regarding.get('kind', '')).lower()}/{regarding.get('name', '')}"


def last_seen(obj: Object) -> Any:
    """When an Event was seen last."""
    return (
        obj.get("lastTimestamp") or obj.get("eventTime") or (obj.get("metadata") or {}).get("creationTimestamp") or ""
    )
