"""Keys for Secrets: from the environment by `--secret`, from the operators' objects, else made up."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import new_key, register_key
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document
from conformance.manifests.dialects.model import Configuration, Origin
from conformance.manifests.input.operators import Recognised, made_by
from conformance.manifests.objects import Manifest, ObjectId
from conformance.manifests.secrets import named_key, secret_value

__all__ = ["MadeUp", "Needed", "fill", "make_up", "named_secrets", "needed_secrets"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What looks like this is surely the name of a variable; anything else may be the key itself.
_SAYABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,60}")
_REMEDY = "write --secret NAME=VARIABLE with the name of an environment variable that holds the key"
_ALIKE = 0.75


@dataclass
class Needed:
    """A Secret that Backends refer to: under which names they look for the key, and where they say so."""

    secret: ObjectId
    keys: list[str] = field(default_factory=list)
    places: list[Position] = field(default_factory=list)


@dataclass(frozen=True)
class MadeUp:
    """A Secret that is not among the manifests, or whose values are not; it got generated keys."""

    secret: ObjectId
    keys: tuple[str, ...]
    places: tuple[Position, ...]
    recognised: Recognised | None = None

    def __str__(self) -> str:
        where = self.recognised.position if self.recognised else self.places[0]
        return f"{where}: the key in {self.secret} is made up; --secret {self.secret.name}=VARIABLE gives one"


def needed_secrets(configuration: Configuration) -> dict[ObjectId, Needed]:
    """The Secrets that the providers' credentials come from."""
    found: dict[ObjectId, Needed] = {}
    for auth in (auth for _, llm in configuration.llms() for auth in (llm.auth, *llm.auth.further)):
        if auth.kind != "secret" or auth.secret is None:
            continue
        one = found.setdefault(auth.secret_id, Needed(auth.secret_id))
        if auth.secret_key not in one.keys:
            one.keys.append(auth.secret_key)
        one.places.append(_reference(auth.origin))
    return found


def _reference(origin: Origin) -> Position:
    """Where a Secret's name stands: kgateway has a `secretRef` in the authToken, agentgateway 1.x is at it already."""
    below = () if origin.path[-1:] == ("secretRef",) else ("secretRef",)
    return origin.below(*below, "name").position


def named_secrets(names: Iterable[str], secrets: Iterable[Manifest], needed: Iterable[ObjectId]) -> dict[str, ObjectId]:
    """Which Secret each `name` or `namespace/name` of `--secret` means. Raises InputProblem for unknown ones."""
    known = {*needed, *(one.id for one in secrets)}
    return {name: _meant(name, known) for name in names}


def fill(
    secrets: Iterable[Manifest],
    needed: Mapping[ObjectId, Needed],
    given: Mapping[str, tuple[ObjectId, str]],
    environment: Mapping[str, str],
) -> None:
    """Put the keys of `--secret` into the Secrets.

    `given`: by the name that was written, the Secret and the name of the environment variable. The value never shows in
    any output. Raises InputProblem for a variable that has no value.
    """
    for name, (secret, variable) in given.items():
        value = _value(name, variable, environment)
        register_key(named_key(variable), value)
        wanted = needed[secret].keys if secret in needed else ["Authorization"]
        for one in secrets:
            if one.id == secret:
                _put(one, wanted, value)


def _meant(name: str, known: Iterable[ObjectId]) -> ObjectId:
    namespace, _, plain = name.rpartition("/")
    found = sorted(one for one in known if one.name == plain and namespace in ("", one.namespace))
    if len(found) > 1:
        names = ", ".join(f"{one.namespace}/{one.name}" for one in found)
        raise InputProblem(f"--secret {name}: there are several of that name", remedy=f"name one of {names}")
    if not found:
        names = ", ".join(sorted({f"{one.namespace}/{one.name}" for one in known}))
        have = f"they refer to {names}" if names else "they refer to no Secret"
        raise InputProblem(f"--secret {name}: the manifests have no Secret of that name", remedy=have)
    return found[0]


def _value(name: str, variable: str, environment: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(variable):
        raise InputProblem(f"--secret {name}=...: what stands there is no name of a variable", remedy=_REMEDY)
    value = environment.get(variable, "")
    if not value.strip():
        said = f"the variable {variable}" if _SAYABLE.fullmatch(variable) else "the variable of that name"
        raise InputProblem(f"--secret {name}=...: {said} has no value", remedy=_REMEDY)
    return value


def _put(secret: Manifest, wanted: Iterable[str], value: str) -> None:
    """Under each name that Backends look for; where the Secret has others only, that mistake must stay."""
    data = {**secret.data}
    held = {name for field_ in ("data", "stringData") for name in data.get(field_) or {}}
    for name in wanted:
        if held and name not in held:
            continue
        data["data"] = {key: old for key, old in (data.get("data") or {}).items() if key != name}
        data["stringData"] = {**(data.get("stringData") or {}), name: value}
    secret.data = {key: one for key, one in data.items() if key != "data" or one}


def _secret(secret: ObjectId, values: Mapping[str, str], place: Position) -> Manifest:
    data: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret.name, "namespace": secret.namespace},
        "type": "Opaque",
        "stringData": dict(values),
    }
    return Manifest(data, Document(None, {(): place}))


def make_up(
    secrets: list[Manifest],
    needed: Mapping[ObjectId, Needed],
    recognised: Iterable[Recognised],
    named: Collection[ObjectId] = (),
) -> Iterator[MadeUp]:
    """Add the Secrets that operators fill in, and those that are absent; yields each that got a generated key.

    A Secret is not absent but misspelt where another that nobody refers to has the key, or is named much like it:
    then none is added, so that the mistake is told; unless it was `named`, by --secret.
    """
    for one in recognised:
        if one.secret not in needed or any(there.id == one.secret for there in secrets if there is not one.manifest):
            continue
        wanted = {name: new_key(one.secret.name).reveal() for name in needed[one.secret].keys}
        secrets[:] = [there for there in secrets if there is not one.manifest]
        secrets.append(made_by(one, wanted))
        keys = tuple(name for name in wanted if one.keys is None or name in one.keys)
        yield MadeUp(one.secret, keys, tuple(needed[one.secret].places), one)
    orphans = [one for one in secrets if one.id not in needed]
    for secret, need in needed.items():
        if any(one.id == secret for one in secrets):
            continue
        if secret not in named and any(_may_be_meant(one, need) for one in orphans):
            continue
        values = {name: new_key(secret.name).reveal() for name in need.keys}
        secrets.append(_secret(secret, values, need.places[0]))
        yield MadeUp(secret, tuple(need.keys), tuple(need.places))


def _may_be_meant(orphan: Manifest, need: Needed) -> bool:
    if orphan.name == need.secret.name:
        return True
    if orphan.namespace != need.secret.namespace:
        return False
    alike = difflib.SequenceMatcher(None, orphan.name, need.secret.name).ratio() >= _ALIKE
    return alike or any(_has(orphan, name) for name in need.keys)


def _has(secret: Manifest, key: str) -> bool:
    return secret_value(secret.data, key) is not None
