"""What a change does to the manifests, as values: which object became which, and what was written and is no longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import zip_longest
from typing import Any

from conformance.certification.mending.view import Entry, Item, View, entries_of
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath

__all__ = ["Change", "keys_in", "lost", "scalars"]

_IDENTITY = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


@dataclass(frozen=True)
class Change:
    """The manifests before and after a candidate's change."""

    before: View
    after: View

    @cached_property
    def pairs(self) -> list[tuple[Item, Item | None]]:
        """Each object that a change touches, as it was and as it is then; None where it is gone."""
        unchanged = {id(item.data) for item in self.before.items} & {id(item.data) for item in self.after.items}
        rest = [item for item in self.after.items if id(item.data) not in unchanged]
        touched = [item for item in self.before.items if id(item.data) not in unchanged]
        found: list[tuple[Item, Item | None]] = []
        renamed: list[Item] = []
        for item in touched:
            same = next((one for one in rest if _identity(one) == _identity(item)), None)
            if same is None:
                renamed.append(item)
            else:
                rest.remove(same)
                found.append((item, same))
        # What has another name than before stands where it stood.
        for item in renamed:
            there = next((one for one in rest if one.spot == item.spot), None)
            found.append((item, there))
            if there is not None:
                rest.remove(there)
        return found

    @cached_property
    def added(self) -> list[Item]:
        """The objects that were not there."""
        known = {id(item.data) for item in self.before.items} | {id(new.data) for _, new in self.pairs if new}
        return [item for item in self.after.items if id(item.data) not in known]

    def of(self, *roles: str) -> Iterator[tuple[Item, Item]]:
        """The pairs of some kinds, as they are then."""
        return ((old, new) for old, new in self.pairs if new is not None and new.role in roles)

    def entries(self) -> Iterator[tuple[Item, Entry | None, Entry]]:
        """The provider entries of changed Backends: the Backend as it was, the entry as it was, where it was one."""
        for backend, new in self.of("Backend"):
            for old, entry in zip_longest(entries_of(backend), entries_of(new)):
                if entry is not None:
                    yield backend, old, entry

    def renamed(self, role: str, namespace: str, name: str) -> str:
        """The name that an object has then."""
        named = (new.name for old, new in self.of(role) if (old.namespace, old.name) == (namespace, name))
        return next(named, name)


def _identity(item: Item) -> tuple[str, str, str, str]:
    return item.spot.file, item.role, item.namespace, item.name


def scalars(value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    """Texts, numbers and flags below a value, with their paths; in lower case, without slashes around them."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from scalars(one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from scalars(one, (*path, number))
    elif value is not None and (text := str(value).strip().strip("/").lower()):
        yield path, text


def keys_in(value: Any) -> Iterator[str]:
    """The names of all fields below a value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield str(name)
            yield from keys_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from keys_in(one)


def lost(old: Item, new: Item) -> Iterator[tuple[FieldPath, str]]:
    """What an object said and says nowhere then, but for what it is called; what only moved is not lost.

    Also what stood in fields that nobody knows: they may be misspelt.
    """
    there = dict(scalars(new.data))
    gone = Counter(text for _, text in scalars(old.data)) - Counter(there.values())
    for path, text in scalars(old.data):
        if gone[text] and there.get(path) != text and path not in _IDENTITY:
            yield path, text
