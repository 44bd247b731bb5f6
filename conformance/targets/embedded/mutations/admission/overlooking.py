"""Defects in what the API endpoint takes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.manifests.schemas.admission import (
    Admitted,
    FieldValidation,
    SchemaAdmission,
    shaped_but_status,
)
from conformance.manifests.schemas.errors import FieldError, Invalid, KindName, NotTyped
from conformance.manifests.schemas.validation import UNCHECKED
from conformance.targets.embedded.mutations.mutant import Mutant

__all__ = ["ADMISSIONS"]

Object = dict[str, Any]


class Overlooking(SchemaAdmission):
    """Takes objects that have nothing wrong with them but what it overlooks."""

    def __init__(self, overlooks: Callable[[FieldError], bool]) -> None:
        super().__init__()
        self._overlooks = overlooks

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for some causes."""
        try:
            return super().admit(kind, new, old, unknown_fields=unknown_fields)
        except Invalid as error:
            left = [one for one in error.causes if one != UNCHECKED and not self._overlooks(one)]
            if left:
                raise Invalid(kind, error.name, left) from error
            return Admitted(shaped_but_status(self.schema(kind), new, old, []))


class Untyped(Overlooking):
    """Takes texts for numbers."""

    def check_apply(self, kind: KindName, patch: Object) -> None:
        """As it should be, but for numbers."""
        try:
            super().check_apply(kind, patch)
        except NotTyped as error:
            if "expected numeric" not in error.message:
                raise


class PruningCreated(SchemaAdmission):
    """Drops what it does not know in silence, but from patches of server-side apply."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As if validation had been turned off."""
        return super().admit(kind, new, old, unknown_fields="Ignore")


class Pruning(PruningCreated):
    """Drops what it does not know in silence, as an API server does without validation (FACTS 7.1 no. 12)."""

    def check_apply(self, kind: KindName, patch: Object) -> None:
        """Any patch fits."""


class PruningLists(PruningCreated):
    """Drops what it does not know in silence where it stands in an item of a list."""

    def check_apply(self, kind: KindName, patch: Object) -> None:
        """As it should be, but for lists."""
        try:
            super().check_apply(kind, patch)
        except NotTyped as error:
            if "[" not in error.message.partition("field not declared")[0]:
                raise


class Weightless(SchemaAdmission):
    """Stores no default of a backendRef."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for weights that were not given."""
        found = super().admit(kind, new, old, unknown_fields=unknown_fields)
        if kind.kind == "HTTPRoute":
            for given, stored in zip(_refs(new), _refs(found.object), strict=True):
                if "weight" not in given:
                    stored.pop("weight", None)
        return found


def _refs(route: Object) -> list[Object]:
    return [ref for rule in (route.get("spec") or {}).get("rules") or () for ref in rule.get("backendRefs") or ()]


def overlooking(
    name: str, defect: str, source: str, told: str, *parts: str, untyped: bool = False, only: str = ""
) -> Mutant:
    """A mutant that overlooks causes with any of these parts in them."""
    admission = (Untyped if untyped else Overlooking)(lambda cause: any(part in str(cause) for part in parts))
    return Mutant(name, defect, "admission", source, told, admission=admission, only=only)


ADMISSIONS = (
    Mutant(
        "unknown-in-lists-pruned",
        "Unknown fields in lists are dropped in silence.",
        "admission",
        "Kubernetes API, field validation Strict",
        "takes what the documented API refuses",
        admission=PruningLists(),
    ),
    Mutant(
        "weight-default-missing",
        "A backendRef without weight is stored without one.",
        "admission",
        "GW HTTPBackendRef.weight",
        "does not store the defaults",
        admission=Weightless(),
    ),
    Mutant(
        "misplaced-fields-pruned",
        "Unknown fields are dropped in silence (FACTS 7.1).",
        "admission",
        "Kubernetes API, field validation Strict; FACTS 7.1",
        "takes what the documented API refuses",
        admission=Pruning(),
    ),
    Mutant(
        "unknown-in-created-pruned",
        "Unknown fields are dropped in silence, but where an object is applied by the server.",
        "admission",
        "Kubernetes API, field validation Strict",
        "drops unknown fields in silence",
        admission=PruningCreated(),
    ),
    overlooking(
        "host-without-port-accepted",
        "Host and port need not come together.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "both host and port",
        "both host and port",
    ),
    overlooking(
        "port-range-unchecked",
        "Any number is a port (FACTS 7.1).",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        ".port in body should be",
        ".port in body should be",
    ),
    overlooking(
        "port-text-accepted",
        "A port may be a text.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "expected numeric",
        "must be of type integer",
        untyped=True,
    ),
    overlooking(
        "empty-text-accepted",
        "Host and path may be empty.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "at least 1 chars long",
        "at least 1 chars long",
    ),
    overlooking(
        "several-providers-accepted",
        "An entry may have any number of providers.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "exactly one of",
        "[openai azureopenai",
    ),
    overlooking(
        "backend-type-unchecked",
        "A Backend's type says nothing about its fields.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "takes what the documented API refuses",
        "must be specified when type is",
        "[ai aws static",
        "[ai static dynamicForwardProxy",
        "spec.type: Unsupported value",
    ),
    overlooking(
        "llm-beside-groups-accepted",
        "A single provider may come together with groups.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "exactly one of",
        "[llm priorityGroups]",
        "[provider groups]",
    ),
    overlooking(
        "auth-token-unchecked",
        "An authToken may lack or say anything.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "takes what the documented API refuses",
        "authToken",
        "[inline secretRef]",
        "must specify credentials",
        "[key secretRef",
    ),
    overlooking(
        "auth-header-empty-accepted",
        "An authHeader, or a location, may say nothing.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "takes what the documented API refuses",
        "prefix or headerName",
        "[header queryParameter cookie]",
    ),
    overlooking(
        "priority-groups-unchecked",
        "Priority groups may be empty or have members of one name.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "takes what the documented API refuses",
        "unique within a group",
        "at least 1 items",
    ),
    overlooking(
        "path-beside-prefix-accepted",
        "path and pathPrefix need not go together with anything.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "takes what the documented API refuses",
        "mutually exclusive",
        "pathPrefix requires host",
        only="agentgateway-1",
    ),
    overlooking(
        "custom-without-target-accepted",
        "A custom provider needs no target.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "exactly one of",
        "exactly one of backendRef",
        only="agentgateway-1",
    ),
    overlooking(
        "own-tls-unchecked",
        "A Backend's own TLS may contradict itself.",
        "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)",
        "insecureSkipVerify",
        "insecureSkipVerify",
        only="agentgateway-1",
    ),
    overlooking(
        "policy-authorities-unchecked",
        "A policy may name any authorities or none.",
        "GW BackendTLSPolicy v1.4 (FACTS 7.2)",
        "CertificateRefs",
        "CACertificateRefs",
        "wellKnownCACertificates",
    ),
    overlooking(
        "policy-hostname-unchecked",
        "A policy may have any hostname or none.",
        "GW BackendTLSPolicy v1.4 (FACTS 7.2)",
        "spec.validation.hostname",
        "spec.validation.hostname",
    ),
    overlooking(
        "policy-ip-accepted",
        "A policy's hostname may be an IP address (FACTS 7.1).",
        "GW BackendTLSPolicy v1.4 (FACTS 7.2)",
        "spec.validation.hostname",
        "not an IP address",
    ),
    overlooking(
        "policy-targets-unchecked",
        "A policy may have any number of targets.",
        "GW BackendTLSPolicy v1.4 (FACTS 7.2)",
        "spec.targetRefs",
        "spec.targetRefs",
    ),
)
