"""What the documented APIs refuse, by dialect and by what it is about; what is the Gateway API's both dialects have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from conformance.cases import admission_rules_agentgateway as agentgateway
from conformance.cases import admission_rules_kgateway as kgateway
from conformance.cases import per_dialect
from conformance.cases.admission_edits import REMOVED, Rule, Spec, distinct_targets, put, targets, validation, whole

__all__ = ["oddities", "rules"]

CONFIG_MAP = {"group": "", "kind": "ConfigMap", "name": "authorities"}
SAME_TARGET = "when targetRefs includes 2 or more references to the same target"


def policy(name: str, edit: Callable[[Spec], None], message: str) -> Rule:
    """A rule of the Gateway API."""
    return Rule(name, edit, message, "BackendTLSPolicy")


_POLICIES: Mapping[str, tuple[Rule, ...]] = {
    "misplaced": (policy("hostname-under-spec", whole(hostname="a.example"), "spec.hostname"),),
    "policy-authorities": (
        policy(
            "both",
            validation(caCertificateRefs=[CONFIG_MAP], wellKnownCACertificates="System"),
            "must not contain both CACertificateRefs and WellKnownCACertificates",
        ),
        policy(
            "neither",
            validation(caCertificateRefs=REMOVED, wellKnownCACertificates=REMOVED),
            "must specify either CACertificateRefs or WellKnownCACertificates",
        ),
        policy(
            "well-known-unknown",
            validation(caCertificateRefs=REMOVED, wellKnownCACertificates="Mozilla"),
            # An enumeration in Gateway API 1.4, a pattern since 1.6.
            "spec.validation.wellKnownCACertificates: ",
        ),
    ),
    "policy-hostname": (
        policy("missing", validation(hostname=REMOVED), "spec.validation.hostname: Required value"),
        policy("wildcard", validation(hostname="*.example.com"), "spec.validation.hostname in body should match"),
    ),
    "policy-ip": (policy("ip", validation(hostname="192.0.2.1"), "spec.validation.hostname: Invalid value"),),
    "policy-targets": (
        policy("none", whole(targetRefs=[]), "spec.targetRefs in body should have at least 1 items"),
        policy("17", distinct_targets(17), "must have at most 16 items"),
        policy("repeated", targets(2), f"sectionName must be unique {SAME_TARGET}"),
        policy("section-once", targets(2, sectionName="a"), f"sectionName must be specified {SAME_TARGET}"),
    ),
}

ONE_PREFIX = "filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"


def replaced(name: str, type_: str, *paths: tuple[str, str]) -> Rule:
    """A route that replaces the matched prefix where these paths match."""
    filter_ = {"type": type_, FILTERS[type_]: {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}

    def edit(spec: Spec) -> None:
        matches = [{"path": {"type": kind, "value": value}} for kind, value in paths]
        put(spec["rules"][0], matches=matches, filters=[filter_])
        if type_ == "RequestRedirect":
            put(spec["rules"][0], backendRefs=REMOVED)

    return Rule(name, edit, f"{type_} {ONE_PREFIX}", "HTTPRoute")


def timed(name: str, message: str, **timeouts: str) -> Rule:
    """A route with these timeouts."""
    return Rule(name, lambda spec: put(spec["rules"][0], timeouts=timeouts), message, "HTTPRoute")


FILTERS = {"URLRewrite": "urlRewrite", "RequestRedirect": "requestRedirect"}

_ROUTES: Mapping[str, tuple[Rule, ...]] = {
    "route-prefix": (
        replaced("rewritten-exact", "URLRewrite", ("Exact", "/a")),
        replaced("rewritten-expression", "URLRewrite", ("RegularExpression", "/a.*")),
        replaced("redirected-of-two", "RequestRedirect", ("PathPrefix", "/a"), ("PathPrefix", "/b")),
        timed("backend-longer", "backendRequest timeout cannot be longer", request="2s", backendRequest="10s"),
        timed("backend-longer-ms", "backendRequest timeout cannot be longer", request="900ms", backendRequest="1s"),
    ),
}

_BACKENDS = {"kgateway-2.1": kgateway.RULES, "agentgateway-1": agentgateway.RULES}
_ODDITIES = {"kgateway-2.1": kgateway.ODDITIES, "agentgateway-1": agentgateway.ODDITIES}


F = TypeVar("F", bound=Callable[..., object])


def rules(about: str) -> Callable[[F], F]:
    """The test runs for every rule about this that the run's dialect has; with None where it has none."""
    table = {
        name: (*own.get(about, ()), *_POLICIES.get(about, ()), *_ROUTES.get(about, ()))
        for name, own in _BACKENDS.items()
    }
    return per_dialect("rule", table)


def oddities() -> Callable[[F], F]:
    """The test runs for all that the run's dialect takes although it can mean nothing good."""
    return per_dialect("rule", _ODDITIES)
