"""Keys in the fields that say where a key is: a person wrote there the key itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.credentials import is_misplaced_key, is_stand_in, userinfo_in, without_scheme

__all__ = ["misplaced_keys", "without_misplaced"]

_CARRIERS = frozenset(("auth", "authtoken", "secretref"))
# What stands here is a key, whatever it looks like: authToken.inline, auth.key, and what people make of them.
_HOLDERS = frozenset(("inline", "token", "value"))


def misplaced_keys(data: Mapping[str, Any], *, carrier: str = "") -> Iterator[str]:
    """The texts in a mapping, and in those of it that are about keys, that are keys; also what a host says of users.

    `carrier`: which of these mappings it is itself.
    """
    for field, value in data.items():
        name = str(field).lower()
        if isinstance(value, dict) and (carrier or name in _CARRIERS):
            if (carrier, name) == ("auth", "key"):
                yield from (one for one in value.values() if isinstance(one, str) and not is_stand_in(one))
            yield from misplaced_keys(value, carrier=name if name in _CARRIERS else carrier)
        elif isinstance(value, str) and not is_stand_in(value):
            yield from userinfo_in(value)
            bare = without_scheme(value)
            holds = carrier not in ("", "secretref") and (name in _HOLDERS or (carrier, name) == ("auth", "key"))
            if holds or ((carrier or name in _CARRIERS) and is_misplaced_key(bare)):
                # Kubernetes takes lower case only, so this is how a remedy would write it.
                yield from (bare, bare.lower())


def without_misplaced(text: str) -> str:
    """A name or host as everybody may read it: without a user's password, and nothing where it is a key."""
    return "" if is_misplaced_key(text) else text.rpartition("@")[2]
