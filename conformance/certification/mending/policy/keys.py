"""Rules about keys: which Secret, which of its values, and that a credential stays where it was put."""

from __future__ import annotations

from collections import Counter

from conformance.certification.checks.vendors import is_of_another
from conformance.certification.mending.policy.change import Change, keys_in, lost, scalars
from conformance.certification.mending.policy.likeness import near
from conformance.certification.mending.policy.parties import called, secret_places
from conformance.certification.mending.policy.vendors import written_in
from conformance.certification.mending.view import Entry, Item, View
from conformance.core.yaml.located import FieldPath

__all__ = ["drops_credential", "moves_secret", "takes_another_secret", "takes_another_value"]

_CREDENTIALS = {
    "authtoken": "auth",
    "auth": "auth",
    "secretref": "secretRef",
    "inline": "key",
    "key": "key",
    "authheader": "location",
    "location": "location",
}
"""Fields that say which key is sent, and where, in either dialect: those of one name do for each other."""
_PASSTHROUGH = "passthrough"


def takes_another_secret(change: Change) -> bool:
    """Whether a key comes from a Secret whose name is near neither to the one named, nor to the provider's."""
    for backend, old, entry in change.entries():
        before = {change.renamed("Secret", backend.namespace, one) for one in _secrets(old)} if old else set()
        inside = {text for path, text in scalars(backend.get("spec")) if path[-1] == "name"}
        for name in _secrets(entry) - before:
            if name.lower() not in inside and not any(near(name, one) for one in [*before, *called(entry)]):
                return True
            if _of_another(change.before, backend, entry, name):
                return True
    return False


def _of_another(view: View, backend: Item, entry: Entry, name: str) -> bool:
    """Whether a Secret says of itself that it holds the key of another vendor than the one at the host."""
    vendor = view.vendor(entry.cleaned_host)
    found = [one for one in view.of("Secret") if _is(one, backend, name)]
    return vendor is not None and any(is_of_another([*written_in(one), name], vendor) for one in found)


def moves_secret(change: Change) -> bool:
    """Whether a Secret leaves the namespace that is written in it, where others may refer to it."""
    pairs = ((old, new) for old, new in change.of("Secret") if old.text("metadata", "namespace"))
    return any(old.namespace != new.namespace for old, new in pairs)


def _secrets(entry: Entry) -> set[str]:
    """The names of the Secrets that an entry's key may come from."""
    return {name for place in secret_places(entry) if (name := entry.item.text(*place, "secretRef", "name"))}


def takes_another_value(change: Change) -> bool:
    """Of a Secret's only value the name does not matter; of several it tells which one was meant."""
    for old, new in change.of("Secret"):
        before, after = _values(old), _values(new)
        if len(before) > 1 and not all(any(near(one, gone) for gone in before - after) for one in after - before):
            return True
    for backend, old_entry, entry in change.entries():
        place = (*entry.owner, "policies", "auth", "secretRef")
        key, written = entry.item.text(*place, "key"), old_entry.item.text(*place, "key") if old_entry else ""
        secret = next(
            (one for one in change.before.of("Secret") if _is(one, backend, entry.item.text(*place, "name"))), None
        )
        if key != written and secret and len(_values(secret)) > 1 and not near(key, written or "Authorization"):
            return True
    return False


def _is(secret: Item, backend: Item, name: str) -> bool:
    return (secret.namespace, secret.name) == (backend.namespace, name)


def _values(secret: Item) -> set[str]:
    found = (secret.get("data"), secret.get("stringData"))
    return {str(name) for one in found if isinstance(one, dict) for name in one}


def drops_credential(change: Change) -> bool:
    """Whether a Backend has fewer fields about keys, a Secret fewer values, or the clients' own keys go through."""
    for old, new in change.of("Backend"):
        before, after = _fields(old), _fields(new)
        passing, passes = _passes(old), _passes(new)
        # Another text in its place is for the other rules; a mapping that does not have it any more is not.
        if any(_says_of_key(path) and isinstance(new.get(*path), dict | list | None) for path, _ in lost(old, new)):
            return True
        if before - after or passes > passing or (passes < passing and not before["secretRef"] + before["key"]):
            return True
    return any(len(_values(new)) < len(_values(old)) and _values(old) for old, new in change.of("Secret"))


def _says_of_key(path: FieldPath) -> bool:
    """Whether a field is part of a credential; but for its kind, which the other API does not have."""
    return path[-1] != "kind" and any(str(part).lower() in _CREDENTIALS for part in path)


def _fields(backend: Item) -> Counter[str]:
    found = (_CREDENTIALS.get(key.lower()) for key in keys_in(backend.data))
    return Counter(one for one in found if one)


def _passes(backend: Item) -> int:
    texts = [text for _, text in scalars(backend.get("spec"))]
    return texts.count(_PASSTHROUGH) + [key.lower() for key in keys_in(backend.get("spec"))].count(_PASSTHROUGH)
