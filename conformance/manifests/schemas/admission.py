"""Decides what may be stored, and in which shape: the embedded API server's decoding, defaulting and validation."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from typing import Any, Literal, Protocol

from conformance.core.startup.records import dataclass
from conformance.manifests.schemas.corekinds import core_causes, prepare_core
from conformance.manifests.schemas.crds import RELEASES, Edition, schemas
from conformance.manifests.schemas.crds.common import METADATA
from conformance.manifests.schemas.crds.edition import Release
from conformance.manifests.schemas.decoding import refusal, refuse_undecodable
from conformance.manifests.schemas.errors import (
    FieldError,
    Invalid,
    KindName,
    Undecodable,
    UnknownFields,
    type_name,
    unknown_field_messages,
)
from conformance.manifests.schemas.objectmeta import metadata_causes, without_nulls
from conformance.manifests.schemas.openapi import METADATA_REF, component_name, rendered
from conformance.manifests.schemas.schema import ListType, Schema
from conformance.manifests.schemas.shaping import copied, shaped
from conformance.manifests.schemas.typed import refuse_untyped
from conformance.manifests.schemas.validation import UNCHECKED, blocks_rules, broken_rules, schema_causes

__all__ = ["Admission", "Admitted", "FieldValidation", "SchemaAdmission", "schema_for"]

Object = dict[str, Any]
FieldValidation = Literal["Strict", "Warn", "Ignore"]
_OUTSIDE = ("apiVersion", "kind", "metadata", "status")


@dataclass(frozen=True, slots=True)
class Admitted:
    """An object as it is to be stored, and the warnings to answer with."""

    object: Object
    warnings: tuple[str, ...] = ()


class Admission(Protocol):
    """What the API endpoint needs of admission."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """The object defaulted and pruned; raises AdmissionError when it is refused."""
        ...

    def check_apply(self, kind: KindName, patch: Object) -> None:
        """Raises NotTyped unless a server-side apply patch fits the schema."""
        ...

    def unknown_fields(self, kind: KindName, obj: Object) -> list[str]:
        """The paths of all fields that the schema does not have."""
        ...

    def list_type(self, kind: KindName, path: Sequence[str | int]) -> tuple[ListType, tuple[str, ...]]:
        """How the list at a path is merged, and by which keys."""
        ...

    def openapi_schema(self, kind: KindName) -> dict[str, Any]:
        """The kind's OpenAPI v3 schema."""
        ...

    def of(self, dialect: str) -> Admission:
        """The same by the release of the Gateway API that belongs to a dialect's gateway."""
        ...


class SchemaAdmission:
    """Admission by the schemas and rules of `schemas/`, those of the Gateway API as a dialect's gateway wants them.

    It knows the fields of the experimental channel as well, since nobody can see in manifests which one a cluster has;
    an object without such fields is held to the standard channel. It holds no state; one instance serves all.
    """

    def __init__(self, dialect: str = "kgateway-2.1") -> None:
        self._release: Release = RELEASES[dialect]

    def of(self, dialect: str) -> SchemaAdmission:
        """The same by the release of the Gateway API that belongs to a dialect's gateway."""
        found = copy(self)
        found._release = RELEASES[dialect]
        return found

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """The object as it is to be stored: a copy, pruned, defaulted, validated.

        `old` is the stored object that it replaces, None on creation. Raises Undecodable, UnknownFields (Strict
        only) or Invalid, in the order in which kube-apiserver would. What the status
        holds is not validated; who may write it is the store's affair.
        """
        if not isinstance(new, dict):
            seen = type_name(new)
            raise refusal(kind, f"json: cannot unmarshal {seen} into Go value of type v1.{kind.kind}")
        schema, obj, unknown = self._read(kind, new, old)
        decodable(kind, schema, obj)
        without_nulls(obj["metadata"])
        if unknown and unknown_fields == "Strict":
            raise UnknownFields(sorted(unknown))
        if not kind.group:
            prepare_core(kind.kind, obj)
        if causes := all_causes(kind, schema, obj, old):
            raise Invalid(kind, str(obj["metadata"].get("name", "")), causes)
        warned = unknown_field_messages(sorted(unknown)) if unknown_fields == "Warn" else []
        return Admitted(obj, tuple(warned))

    def _read(self, kind: KindName, new: Object, old: Object | None) -> tuple[Schema, Object, list[str]]:
        """The schema that an object is held to, its stored shape, and the fields that nobody knows."""
        unknown: list[str] = []
        standard, wide = (schema_in(kind, self._release, experimental=one) for one in (False, True))
        obj = shaped_but_status(standard, new, old, unknown)
        if not unknown or wide is standard:
            return standard, obj, unknown
        left: list[str] = []
        wider = shaped_but_status(wide, new, old, left)
        return (wide, wider, left) if len(left) < len(unknown) else (standard, obj, unknown)

    def check_apply(self, kind: KindName, patch: Object) -> None:
        """Raises NotTyped unless a server-side apply patch fits the schema, whatever the field validation."""
        refuse_untyped(self.schema(kind), patch, secret=(kind.group, kind.kind) == ("", "Secret"))

    def unknown_fields(self, kind: KindName, obj: Object) -> list[str]:
        """The paths of all fields that the schema does not have, sorted: `spec.ai.llm.openai.host`."""
        unknown: list[str] = []
        shaped(self.schema(kind), obj, "", unknown)
        return sorted(unknown)

    def list_type(self, kind: KindName, path: Sequence[str | int]) -> tuple[ListType, tuple[str, ...]]:
        """How the list at a path is merged, and by which keys; a number in the path steps into a list's items.

        A place that the schema does not know is atomic.
        """
        schema = schema_at(self.schema(kind), path)
        return (schema.list_type, schema.list_keys) if schema and schema.type == "array" else ("atomic", ())

    def schema(self, kind: KindName) -> Schema:
        """The kind's schema, to walk along with an object."""
        return schema_in(kind, self._release)

    def openapi_schema(self, kind: KindName, version: str | None = None) -> dict[str, Any]:
        """The kind's OpenAPI v3 schema; metadata refers to the component that `openapi_shared` has."""
        return openapi_of(self._release, kind.group, version or kind.version, kind.kind)

    def openapi_name(self, kind: KindName, version: str | None = None) -> str:
        """The name under which the schema belongs in `components.schemas`."""
        return component_name(kind.group, version or kind.version, kind.kind)

    def openapi_shared(self) -> dict[str, dict[str, Any]]:
        """The components that the kinds' schemas refer to, by name."""
        return {METADATA_REF.rpartition("/")[2]: rendered(METADATA)}


def schema_for(kind: KindName, dialect: str, *, experimental: bool = True) -> Schema:
    """The schema of a kind, which all its versions share. Raises KeyError for one without any."""
    return schema_in(kind, RELEASES[dialect], experimental=experimental)


def schema_in(kind: KindName, release: Release, *, experimental: bool = True) -> Schema:
    """The schema of a kind in an edition of the Gateway API."""
    return schemas(Edition(release, experimental))[kind.group, kind.kind]


def shaped_but_status(schema: Schema, new: Object, old: Object | None, unknown: list[str]) -> Object:
    """The object in its stored shape. The status stays as it is; a new object gets the one that its schema has."""
    status = schema.properties.get("status")
    given = {name: value for name, value in new.items() if name != "status" or status is None}
    obj: Object = shaped(schema, {**given, "metadata": new.get("metadata") or {}}, "", unknown)
    if status is not None and (new.get("status") is not None or old is not None):
        obj.pop("status", None)
        if new.get("status") is not None:
            obj["status"] = copied(new["status"])
    return obj


def schema_at(schema: Schema | None, path: Sequence[str | int]) -> Schema | None:
    """The schema of a field, or None where there is none."""
    for step in path:
        if schema is None:
            return None
        schema = schema.items if isinstance(step, int) else schema.properties.get(step, schema.additional)
    return schema


def decodable(kind: KindName, schema: Schema, obj: Object) -> None:
    """Raises Undecodable where Go's decoder would give up: anywhere in a core kind, else in metadata."""
    for name in ("apiVersion", "kind"):
        if not isinstance(obj.get(name, ""), str):
            raise Undecodable(f"couldn't get version/kind; json parse error: {name} is no string")
    if not kind.group:
        refuse_undecodable(kind, schema, obj, "", kind.kind)
    else:
        refuse_undecodable(kind, METADATA, obj["metadata"], "metadata", "ObjectMeta")


def all_causes(kind: KindName, schema: Schema, obj: Object, old: Object | None) -> list[FieldError]:
    """Everything that speaks against the object, rules last and only if the schema's refusals let them be asked."""
    causes = list(metadata_causes((kind.group, kind.kind), obj["metadata"]))
    if not kind.group:
        return [*causes, *core_causes(kind.kind, obj, old)]
    causes += schema_causes(schema, own_fields(obj), "")
    if blocks_rules(causes):
        return [*causes, UNCHECKED]
    return [*causes, *broken_rules(schema, own_fields(obj), own_fields(old), "")]


def own_fields(obj: Object | None) -> Object:
    """The object without what all kinds have, and without the status, which only controllers write."""
    return {name: value for name, value in (obj or {}).items() if name not in _OUTSIDE}


@lru_cache(maxsize=64)
def openapi_of(release: Release, group: str, version: str, kind: str) -> dict[str, Any]:
    """The OpenAPI v3 schema of a kind in a version. Do not change what is returned."""
    document = rendered(schemas(Edition(release, experimental=True))[group, kind])
    document["properties"]["metadata"] = {"description": METADATA.doc, "allOf": [{"$ref": METADATA_REF}]}
    document["x-kubernetes-group-version-kind"] = [{"group": group, "version": version, "kind": kind}]
    return document
