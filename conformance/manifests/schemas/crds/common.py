"""What the schemas share: metadata, names and references of the Gateway API, status conditions, CEL helpers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.schema import (
    Rule,
    Schema,
    Unevaluable,
    anything,
    choice,
    flag,
    integer,
    listing,
    mapping,
    record,
    rule,
    text,
)

__all__ = [
    "METADATA",
    "SUBDOMAIN",
    "at_least_one_of",
    "at_most_one_of",
    "conditions",
    "exactly_one_of",
    "group",
    "has",
    "hostname",
    "kind",
    "label_selector",
    "milliseconds",
    "namespace",
    "object_name",
    "port",
    "resource",
    "section_name",
    "strings",
    "unique_provider_names",
    "unique_target_names",
]

LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
HOSTNAME = rf"^(\*\.)?{SUBDOMAIN}$"
CONTROLLER = rf"^{SUBDOMAIN}\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$"


def has(value: Mapping[str, Any], name: str) -> bool:
    """CEL's `has()`: the field is there."""
    return name in value


def count_of(value: Mapping[str, Any], names: tuple[str, ...]) -> int:
    """How many of the fields are set."""
    return sum(name in value for name in names)


@rule("provider names must be unique within a group")
def unique_provider_names(providers: Sequence[Mapping[str, Any]], _old: object) -> bool:
    """A group has each provider's name once."""
    return all(count == 1 for count in Counter(each["name"] for each in providers).values())


@rule("target names must be unique")
def unique_target_names(targets: Sequence[Mapping[str, Any]], _old: object) -> bool:
    """An MCP backend has each target's name once."""
    return all(count == 1 for count in Counter(each["name"] for each in targets).values())


def exactly_one_of(*names: str) -> Rule:
    """The rule that one of the fields, and only one, is set."""

    @rule(f"exactly one of the fields in [{' '.join(names)}] must be set")
    def exactly_one(value: Mapping[str, Any], _old: object) -> bool:
        return count_of(value, names) == 1

    return exactly_one


_DURATION = re.compile(r"([0-9]+(h|m|s|ms))+")
_PART = re.compile(r"([0-9]+)(ms|h|m|s)")
_UNIT = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def milliseconds(duration: str) -> int:
    """CEL's `duration()`. Raises Unevaluable for what is none."""
    if not _DURATION.fullmatch(duration):
        raise Unevaluable("type conversion error from 'string' to 'google.protobuf.Duration'")
    return sum(int(number) * _UNIT[unit] for number, unit in _PART.findall(duration))


def at_least_one_of(*names: str) -> Rule:
    """The rule that at least one of the fields is set."""

    @rule(f"at least one of the fields in [{' '.join(names)}] must be set")
    def at_least_one(value: Mapping[str, Any], _old: object) -> bool:
        return count_of(value, names) >= 1

    return at_least_one


def at_most_one_of(*names: str) -> Rule:
    """The rule that no two of the fields are set."""

    @rule(f"at most one of the fields in [{' '.join(names)}] may be set")
    def at_most_one(value: Mapping[str, Any], _old: object) -> bool:
        return count_of(value, names) <= 1

    return at_most_one


def group(doc: str = "API group; empty for the core group.", default: str | None = None) -> Schema:
    """An API group."""
    return text(doc, most=253, pattern=rf"^$|^{SUBDOMAIN}$", default=default)


def kind(doc: str = "Kind of the object.", default: str | None = None) -> Schema:
    """A kind's name."""
    return text(doc, least=1, most=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$", default=default)


def object_name(doc: str = "Name of the object.") -> Schema:
    """The name of an object that is referred to."""
    return text(doc, least=1, most=253)


def namespace(doc: str = "Namespace of the object; that of this object when absent.") -> Schema:
    """A namespace that is referred to."""
    return text(doc, least=1, most=63, pattern=f"^{LABEL}$")


def section_name(doc: str) -> Schema:
    """The name of a part of an object: a listener, a rule, a provider."""
    return text(doc, least=1, most=253, pattern=f"^{SUBDOMAIN}$")


def hostname(doc: str, *, wildcard: bool = False, checks: tuple[Rule, ...] = ()) -> Schema:
    """A DNS name; with `wildcard` its first label may be an asterisk."""
    return text(doc, least=1, most=253, pattern=HOSTNAME if wildcard else f"^{SUBDOMAIN}$", checks=checks)


def port(doc: str = "Port number.") -> Schema:
    """A TCP port."""
    return integer(doc, least=1, most=65535)


def strings(doc: str, *, unique: bool = False, most: int | None = None) -> Schema:
    """A list of any texts."""
    return listing(doc, text(), unique=unique, most=most)


def label_selector(doc: str) -> Schema:
    """Kubernetes' own label selector."""
    expression = record(
        "One requirement.",
        {
            "key!": text("Label it is about."),
            "operator!": text("In, NotIn, Exists or DoesNotExist."),
            "values": strings("Values to compare with."),
        },
    )
    return record(
        doc,
        {
            "matchExpressions": listing("Requirements, all of which must hold.", expression),
            "matchLabels": mapping("Labels that must have exactly these values.", text()),
        },
        atomic=True,
    )


def conditions(doc: str = "What the controller found.", *, least: int | None = None) -> Schema:
    """The conditions of a status."""
    condition = record(
        "One finding.",
        {
            "type!": text("What it is about."),
            "status!": choice("Whether it holds.", "True", "False", "Unknown"),
            "reason!": text("One word why.", least=1, most=1024),
            "message!": text("The same for people.", most=32768),
            "lastTransitionTime!": text("When the status changed last.", format="date-time"),
            "observedGeneration": integer("Generation of the spec it is about.", least=0, format="int64"),
        },
    )
    return listing(doc, condition, keys=["type"], least=least, most=8)


_OWNER = record(
    "An object that this one belongs to.",
    {
        "apiVersion!": text("Its apiVersion."),
        "kind!": text("Its kind."),
        "name!": text("Its name."),
        "uid!": text("Its uid."),
        "controller": flag("Whether it manages this object."),
        "blockOwnerDeletion": flag("Whether its deletion waits for this object."),
    },
    atomic=True,
    go="OwnerReference",
)
_MANAGED = record(
    "Fields that one client manages.",
    {
        "manager": text("The client."),
        "operation": text("Apply or Update."),
        "apiVersion": text("Version that the fields are written in."),
        "time": text("When they were set.", format="date-time"),
        "fieldsType": text("Format of fieldsV1."),
        "fieldsV1": anything("The fields."),
        "subresource": text("Subresource they were set through."),
    },
    go="ManagedFieldsEntry",
)
METADATA = record(
    "Name, labels and what else every object has.",
    {
        "name": text("Name, unique in the namespace."),
        "generateName": text("Prefix of a generated name."),
        "namespace": text("Namespace."),
        "labels": mapping("Labels that selectors look at.", text()),
        "annotations": mapping("Notes of tools.", text()),
        "finalizers": strings("Who must agree before the object goes.", unique=True),
        "ownerReferences": listing("Objects that this one belongs to.", _OWNER, keys=["uid"]),
        "managedFields": listing("Who manages which field.", _MANAGED),
        "uid": text("Identity over time; set by the server."),
        "resourceVersion": text("Version of the stored object; set by the server."),
        "generation": integer("Counts changes of the spec; set by the server.", format="int64"),
        "creationTimestamp": text("When it was created; set by the server.", format="date-time"),
        "deletionTimestamp": text("When it will be gone; set by the server.", format="date-time"),
        "deletionGracePeriodSeconds": integer("Time to shut down; set by the server.", format="int64"),
        "selfLink": text("Not used any more."),
    },
    go="ObjectMeta",
)


def resource(doc: str, fields: Mapping[str, Schema]) -> Schema:
    """A whole kind: its own fields beside apiVersion, kind and metadata."""
    return record(
        doc,
        {
            "apiVersion": text("Group and version of the schema."),
            "kind": text("Kind of the object."),
            "metadata": METADATA,
            **fields,
        },
    )
