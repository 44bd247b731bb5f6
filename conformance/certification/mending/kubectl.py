"""What brings a change into a cluster: `kubectl patch` for objects that are there, `kubectl apply` for new ones."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.certification.mending.secrecy import HIDDEN, without_keys
from conformance.certification.mending.text.writing import Style, block_lines
from conformance.certification.mending.view import Item
from conformance.manifests.cleaning import without_bookkeeping
from conformance.manifests.schemas import Admission, AdmissionError
from conformance.manifests.schemas.kinds import kind_for
from conformance.manifests.secrets import is_placeholder, meant_as_secret

__all__ = ["commands", "json_patch", "merge_patch"]

_IDENTITY = ("apiVersion", "kind")


def json_patch(old: Any, new: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """The operations (RFC 6902) that make the old data the new."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key not in new:
                yield {"op": "remove", "path": f"{path}/{_pointer(key)}"}
        for key, value in new.items():
            if key in old:
                yield from json_patch(old[key], value, f"{path}/{_pointer(key)}")
            else:
                yield {"op": "add", "path": f"{path}/{_pointer(key)}", "value": value}
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from json_patch(one, other, f"{path}/{number}")
    elif isinstance(old, list) and isinstance(new, list) and old == new[: len(old)]:
        yield from ({"op": "add", "path": f"{path}/-", "value": one} for one in new[len(old) :])
    elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        yield {"op": "replace", "path": path, "value": new}


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def commands(before: Sequence[Item], after: Sequence[Item], admission: Admission) -> list[str]:
    """The commands, one an object that changed, came or went; each fit for a POSIX shell.

    Objects are told apart by where they stand. The values of Secrets are not shown.
    """
    old = {(one.spot.file, one.spot.document, one.spot.path): one for one in before}
    new = {(one.spot.file, one.spot.document, one.spot.path): one for one in after}
    if len(new) < len(old):
        kept = [one.data for one in after]
        return [_delete(one) for one in before if one.data not in kept]
    found: list[str] = []
    for place, item in new.items():
        was = old.get(place)
        if was is None:
            found.append(_apply(item))
        elif was.data != item.data:
            found += _changed(was, item, admission)
    return found


def _changed(old: Item, new: Item, admission: Admission) -> list[str]:
    same = (old.name, old.namespace) == (new.name, new.namespace)
    if not same or any(old.get(field) != new.get(field) for field in _IDENTITY):
        # What tells an object from others cannot be changed. Of a key no one but the person can make it anew.
        applied = _apply(new)
        return [applied] if _is_nothing(old) or meant_as_secret(old.data) else [_delete(old), applied]
    if not _stands(old, admission):
        return [_apply(new)]
    if meant_as_secret(new.data):
        return [_patch(new, "merge", _merge(old.data, new.data))]
    operations = list(json_patch(old.data, new.data))
    if any(part.isdecimal() or part == "-" for one in operations for part in one["path"].split("/")):
        return [_patch(new, "json", list(_without_keys(operations)))]
    # To take away what the API server has pruned, as fields in a wrong place, is no mistake in a merge patch.
    return [_patch(new, "merge", without_keys(merge_patch(old.data, new.data)))]


def _is_nothing(old: Item) -> bool:
    """Whether no cluster has such a kind: `kubectl delete` fails, or, for it overlooks case, means another object."""
    return kind_for(old.text("apiVersion"), old.kind) is None


def _stands(item: Item, admission: Admission) -> bool:
    """Whether a cluster can have an object: it does not when it was refused for more than unknown fields."""
    kind = kind_for(item.text("apiVersion"), item.kind)
    if kind is None:
        return True
    try:
        admission.admit(kind, dict(item.data), None, unknown_fields="Ignore")
    except AdmissionError:
        return False
    return True


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that makes the old mapping the new; lists are replaced as a whole."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key in old and isinstance(old[key], dict) and isinstance(value, dict):
            if inside := merge_patch(old[key], value):
                patch[key] = inside
        elif key not in old or json.dumps(old[key], sort_keys=True) != json.dumps(value, sort_keys=True):
            patch[key] = value
    return patch


def _patch(item: Item, way: str, content: Any) -> str:
    if HIDDEN in json.dumps(content):
        return _by_hand(item)
    return shlex.join(["kubectl", "patch", *_name(item), f"--type={way}", "-p", json.dumps(content)])


def _delete(item: Item) -> str:
    return shlex.join(["kubectl", "delete", *_name(item)])


def _name(item: Item) -> list[str]:
    resource = f"{item.kind.lower()}.{item.group}" if item.group else item.kind.lower()
    namespace = item.text("metadata", "namespace")
    return [resource, item.name, *(["-n", namespace] if namespace else [])]


def _apply(item: Item) -> str:
    # With the resourceVersion of another time the object would be refused.
    lines = block_lines(without_keys(without_bookkeeping(item.data)), Style())
    if any(HIDDEN in line for line in lines) or (meant_as_secret(item.data) and _is_to_be_filled_in(item)):
        return _by_hand(item)
    return "\n".join(["kubectl apply -f - <<'EOF'", *lines, "EOF"])


def _is_to_be_filled_in(secret: Item) -> bool:
    values = secret.get("stringData")
    return any(is_placeholder(str(one)) for one in (values.values() if isinstance(values, dict) else ()))


def _by_hand(item: Item) -> str:
    """In place of a command that would store what stands for a key, as a comment of the shell's."""
    what = " ".join(f"{item.kind} {item.namespace}/{item.name}".split())
    return f"# {what} holds a key, which is not shown: apply it by hand, with the key in it"


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7386) of a Secret.

    A cluster keeps no stringData: what stands there goes into data, and what is to go must go from data.
    """
    patch: dict[str, Any] = {}
    for field in (one for one in {**old, **new} if old.get(one) != new.get(one)):
        was, now = old.get(field), new.get(field)
        if field not in ("stringData", "data"):
            if isinstance(was, dict) and isinstance(now, dict):
                now = merge_patch(was, now)
            patch[field] = without_keys(now, (field,), secret=True)
            continue
        was, now = (one if isinstance(one, dict) else {} for one in (was, now))
        for name in was:
            if name not in now:
                patch.setdefault("data", {}).setdefault(name, None)
        for name in (one for one in now if now[one] != was.get(one)):
            if field == "stringData" and name in (patch.get("data") or {}):
                del patch["data"][name]
            patch.setdefault(field, {})[name] = HIDDEN
    return {name: value for name, value in patch.items() if value != {}}


def _without_keys(patch: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in patch:
        place = tuple(part for part in one["path"].split("/")[1:] if not part.isdecimal() and part != "-")
        yield {**one, "value": without_keys(one["value"], place)} if "value" in one else one
