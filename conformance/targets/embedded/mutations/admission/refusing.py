"""Defects of admission that show with one rule only: one that is missing, one too many, or one told wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas.admission import Admitted, FieldValidation, SchemaAdmission
from conformance.manifests.schemas.errors import FieldError, Invalid, KindName
from conformance.targets.embedded.mutations.admission.overlooking import Overlooking
from conformance.targets.embedded.mutations.mutant import Mutant

__all__ = ["REFUSING"]

Object = dict[str, Any]

_TYPES = "API kgateway 2.1, v1alpha1 (FACTS 1.11); API agentgateway 1.4, v1alpha1 (FACTS 4.1)"
_POLICY = "GW BackendTLSPolicy v1.4 (FACTS 7.2)"
_ROUTE = "GW HTTPRoute v1"


class Refusing(SchemaAdmission):
    """Refuses more than it should: objects in which it finds something."""

    def __init__(self, kind: str, finds: Callable[[Object], bool], message: str) -> None:
        super().__init__()
        self._kind, self._finds, self._message = kind, finds, message

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for one thing."""
        if kind.kind in self._kind.split("|") and self._finds(new.get("spec") or {}):
            cause = FieldError("spec", "FieldValueForbidden", self._message)
            raise Invalid(kind, str(new["metadata"]["name"]), [cause])
        return super().admit(kind, new, old, unknown_fields=unknown_fields)


class Narrow(SchemaAdmission):
    """Knows no filters in routes."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for filters."""
        rules = (new.get("spec") or {}).get("rules") or [] if kind.kind == "HTTPRoute" else []
        if any("filters" in rule or "matches" in rule for rule in rules):
            cause = FieldError("spec.rules[0]", "FieldValueForbidden", "may have neither matches nor filters")
            raise Invalid(kind, str(new["metadata"]["name"]), [cause])
        return super().admit(kind, new, old, unknown_fields=unknown_fields)


class Vague(SchemaAdmission):
    """Refuses what it should without saying why."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for the words."""
        try:
            return super().admit(kind, new, old, unknown_fields=unknown_fields)
        except Invalid as error:
            raise Invalid(kind, error.name, [replace(one, detail="is invalid") for one in error.causes]) from error


class Untyped(SchemaAdmission):
    """Stores no default of a match's path."""

    def admit(
        self, kind: KindName, new: Object, old: Object | None, *, unknown_fields: FieldValidation = "Strict"
    ) -> Admitted:
        """As it should be, but for groups and kinds of references that were not given."""
        found = super().admit(kind, new, old, unknown_fields=unknown_fields)
        if kind.kind == "HTTPRoute":
            for given, stored in zip(_parents(new), _parents(found.object), strict=True):
                for name in ("group", "kind"):
                    if name not in given:
                        stored.pop(name, None)
        return found


def _parents(route: Object) -> list[Object]:
    return (route.get("spec") or {}).get("parentRefs") or []


def _rules(spec: Object) -> list[Object]:
    return spec.get("rules") or []


def _matches(spec: Object, name: str) -> bool:
    return any(name in match for rule in _rules(spec) for match in rule.get("matches") or ())


def _filters(spec: Object, type_: str) -> bool:
    return any(one.get("type") == type_ for rule in _rules(spec) for one in rule.get("filters") or ())


def _llm(spec: Object) -> Object:
    ai = spec.get("ai") or {}
    return ai.get("llm") or ai.get("provider") or {}


def _missing(name: str, defect: str, source: str, *parts: str, only: str = "") -> Mutant:
    """A mutant that lacks a rule: causes with any of these parts in them are overlooked."""
    admission = Overlooking(lambda cause: any(part in str(cause) for part in parts))
    return Mutant(name, defect, "admission", source, parts[0], admission=admission, only=only)


def _one_more(
    name: str, defect: str, source: str, kind: str, finds: Callable[[Object], bool], message: str, *, only: str = ""
) -> Mutant:
    """A mutant that refuses what it should take."""
    return Mutant(name, defect, "admission", source, message, admission=Refusing(kind, finds, message), only=only)


_K, _A = "kgateway-2.1", "agentgateway-1"
_BACKENDS = "Backend|AgentgatewayBackend"

REFUSING: tuple[Mutant, ...] = (
    Mutant(
        "documented-manifest-refused",
        "A route with matches or filters is refused.",
        "admission",
        "SEED, every step (kubectl apply)",
        "may have neither matches nor filters",
        admission=Narrow(),
    ),
    _missing(
        "prefix-of-exact-replaced",
        "The matched prefix may be replaced where none is matched.",
        _ROUTE,
        "exactly one PathPrefix match must be specified",
    ),
    _missing("port-zero-accepted", "0 is a port.", _TYPES, "should be greater than or equal to 1"),
    _missing("port-too-large-accepted", "65536 is a port.", _TYPES, "should be less than or equal to 65535"),
    _missing("type-unknown-accepted", "A Backend may be of any type.", _TYPES, "Unsupported value", only=_K),
    _missing("token-missing-accepted", "authToken may be left out.", _TYPES, "authToken: Required value", only=_K),
    _missing(
        "token-and-secret-accepted",
        "A token may be given inline and by a Secret at once.",
        _TYPES,
        "in [inline secretRef]",
        "[key secretRef",
    ),
    _missing("repeated-members-accepted", "Members of a group may have one name.", _TYPES, "unique within a group"),
    _missing("empty-groups-accepted", "Groups may be empty.", _TYPES, "in body should have at least 1 items"),
    _missing(
        "both-authorities-accepted",
        "A policy may name both kinds of authorities.",
        _POLICY,
        "must not contain both CACertificateRefs",
    ),
    _missing(
        "no-authority-accepted", "A policy may name no authorities.", _POLICY, "must specify either CACertificateRefs"
    ),
    _missing(
        "unknown-authority-accepted",
        "A policy may name authorities that nobody knows.",
        _POLICY,
        "spec.validation.wellKnownCACertificates: ",
    ),
    _missing(
        "wildcard-hostname-accepted",
        "A policy's hostname may be a wildcard.",
        _POLICY,
        "spec.validation.hostname in body should match",
    ),
    _missing(
        "hostname-missing-accepted",
        "A policy may have no hostname.",
        _POLICY,
        "spec.validation.hostname: Required value",
    ),
    _missing("many-targets-accepted", "A policy may have more than 16 targets.", _POLICY, "must have at most 16 items"),
    _missing(
        "repeated-targets-accepted",
        "A policy may have one target twice.",
        _POLICY,
        "sectionName must be unique",
        "sectionName must be specified",
    ),
    _one_more(
        "full-path-refused",
        "path.full is refused.",
        "SEED Mistral 4",
        _BACKENDS,
        lambda spec: bool(_llm(spec).get("path")),
        "path is not supported",
    ),
    _one_more(
        "unusual-port-refused",
        "Ports other than 80 and 443 are refused.",
        "SEED table port",
        _BACKENDS,
        lambda spec: _llm(spec).get("port", 443) not in (80, 443),
        "port must be 80 or 443",
    ),
    _one_more(
        "auth-header-refused",
        "authHeader is refused.",
        "SEED table authHeader",
        _BACKENDS,
        lambda spec: "authHeader" in _llm(spec),
        "authHeader is not supported",
        only=_K,
    ),
    _one_more(
        "url-rewrite-refused",
        "URLRewrite is refused.",
        "SEED Mistral 5",
        "HTTPRoute",
        lambda spec: _filters(spec, "URLRewrite"),
        "URLRewrite is not supported",
    ),
    _one_more(
        "query-match-refused",
        "Matches of query parameters are refused.",
        _ROUTE,
        "HTTPRoute",
        lambda spec: _matches(spec, "queryParams"),
        "queryParams are not supported",
    ),
    _one_more(
        "method-match-refused",
        "Matches of the method are refused.",
        _ROUTE,
        "HTTPRoute",
        lambda spec: _matches(spec, "method"),
        "method is not supported",
    ),
    _one_more(
        "alternatives-refused",
        "subjectAltNames are refused.",
        _POLICY,
        "BackendTLSPolicy",
        lambda spec: "subjectAltNames" in (spec.get("validation") or {}),
        "subjectAltNames are not supported",
    ),
    _one_more(
        "authority-references-refused",
        "caCertificateRefs are refused.",
        _POLICY,
        "BackendTLSPolicy",
        lambda spec: "caCertificateRefs" in (spec.get("validation") or {}),
        "caCertificateRefs are not supported",
    ),
    _one_more(
        "timeouts-refused",
        "timeouts are refused.",
        _ROUTE,
        "HTTPRoute",
        lambda spec: any("timeouts" in rule for rule in _rules(spec)),
        "timeouts are not supported",
    ),
    Mutant(
        "refusals-vague",
        "Refusals do not say what is wrong.",
        "admission",
        _TYPES,
        "refuses the object for another reason than the documented one",
        admission=Vague(),
    ),
    Mutant(
        "parent-defaults-missing",
        "Defaults of parentRefs are not stored.",
        "admission",
        _ROUTE,
        "does not store the defaults",
        admission=Untyped(),
    ),
)
