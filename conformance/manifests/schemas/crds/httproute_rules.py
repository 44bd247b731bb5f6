"""The rules of HTTPRoute in each edition of the Gateway API, each with the message of the CRD."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.crds.common import has, milliseconds
from conformance.manifests.schemas.crds.edition import Edition
from conformance.manifests.schemas.schema import Rule, rule

__all__ = [
    "EXTERNAL_AUTH",
    "PATH_MATCH",
    "PATH_MODIFIER",
    "PERSISTENCE",
    "PLAIN_PATH",
    "ROUTE_RULE",
    "at_most_128_matches",
    "backend_request_within_request",
    "filter_list",
    "filter_rules",
    "filter_types",
    "numerator_within_denominator",
    "percent_or_fraction",
    "port_for_service",
    "star_alone",
    "unique_rule_names",
]

Fields = Mapping[str, Any]
_CORS = {"CORS": "cors"}
_FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "ExtensionRef": "extensionRef",
}
_EXTERNAL = {"ExternalAuth": "externalAuth"}
PLAIN_PATH = r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$"
_PLAIN_PATH = re.compile(PLAIN_PATH[:-1] + r"\Z")


def filter_types(edition: Edition) -> Mapping[str, str]:
    """Each filter's type and its field."""
    return {**_FILTERS, **(_CORS if edition.has_cors else {}), **(_EXTERNAL if edition.experimental else {})}


@rule("Must have port for Service reference")
def port_for_service(reference: Fields, _old: object) -> bool:
    """A Service is referred to with its port."""
    return bool(reference.get("group")) or reference.get("kind") != "Service" or has(reference, "port")


@rule("numerator must be less than or equal to denominator")
def numerator_within_denominator(fraction: Fields, _old: object) -> bool:
    """No more than everything is mirrored."""
    return bool(fraction["numerator"] <= fraction["denominator"])


@rule("Only one of percent or fraction may be specified in HTTPRequestMirrorFilter")
def percent_or_fraction(mirror: Fields, _old: object) -> bool:
    """The share is given in one way."""
    return not (has(mirror, "percent") and has(mirror, "fraction"))


def star_alone(field: str, others: str) -> Rule:
    """Who lets in all names no others beside."""

    @rule(f"{field} cannot contain '*' alongside other {others}")
    def star_is_alone(values: Sequence[str], _old: object) -> bool:
        return not ("*" in values and len(values) > 1)

    return star_is_alone


@rule("Rule name must be unique within the route")
def unique_rule_names(rules: Sequence[Fields], _old: object) -> bool:
    """No two rules have one name."""
    names = [each["name"] for each in rules if has(each, "name")]
    return len(set(names)) == len(names)


@rule("backendRequest timeout cannot be longer than request timeout")
def backend_request_within_request(timeouts: Fields, _old: object) -> bool:
    """The backend has no longer than the whole request; a request timeout of 0 is none."""
    if not (has(timeouts, "request") and has(timeouts, "backendRequest")):
        return True
    whole = milliseconds(timeouts["request"])
    return whole == 0 or milliseconds(timeouts["backendRequest"]) <= whole


@rule(
    "While 16 rules and 64 matches per rule are allowed,"
    " the total number of matches across all rules in a route must be less than 128"
)
def at_most_128_matches(rules: Sequence[Fields], _old: object) -> bool:
    """The route is not too large as a whole."""
    return sum(len(each.get("matches", ())) for each in rules) <= 128


def _path_rules() -> Iterable[Rule]:
    """A literal path is in its plain form: absolute, normalised, no encoded slash, no fragment."""
    literal = "when type one of ['Exact', 'PathPrefix']"

    def path_rule(message: str, fits: Callable[[str], bool]) -> Rule:
        @rule(message)
        def literal_path(match: Fields, _old: object) -> bool:
            return match.get("type") not in ("Exact", "PathPrefix") or fits(match.get("value", ""))

        return literal_path

    def lacks(part: str) -> Callable[[str], bool]:
        return lambda path: part not in path

    def ends_otherwise(part: str) -> Callable[[str], bool]:
        return lambda path: not path.endswith(part)

    yield path_rule(f"value must be an absolute path and start with '/' {literal}", lambda path: path[:1] == "/")
    for part in ("//", "/./", "/../", "%2f", "%2F", "#"):
        yield path_rule(f"must not contain '{part}' {literal}", lacks(part))
    for part in ("/..", "/."):
        yield path_rule(f"must not end with '{part}' {literal}", ends_otherwise(part))
    yield path_rule(
        "must only contain valid characters (matching"
        " ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']",
        lambda path: bool(_PLAIN_PATH.match(path)),
    )


def _modifier_rules() -> Iterable[Rule]:
    """The type and the field that is set belong together."""
    for type_, field in (("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")):
        yield _needs(f"{field} must be specified when type is set to '{type_}'", type_, field)
        yield _excludes(f"type must be '{type_}' when {field} is set", type_, field)


def filter_rules(edition: Edition) -> list[Rule]:
    """The type of a filter and the field that is set belong together."""
    types = filter_types(edition)
    # Since CORS is standard it stands first.
    ordered = types if edition.release == "1.4" else {**_CORS, **types}
    return [
        each
        for type_, field in ordered.items()
        for each in (
            _excludes(f"filter.{field} must be nil if the filter.type is not {type_}", type_, field),
            _needs(f"filter.{field} must be specified for {type_} filter.type", type_, field),
        )
    ]


def _needs(message: str, type_: str, field: str, *, by: str = "type") -> Rule:
    @rule(message)
    def type_needs_field(value: Fields, _old: object) -> bool:
        return bool(value[by] != type_) or has(value, field)

    return type_needs_field


def _excludes(message: str, type_: str, field: str, *, by: str = "type") -> Rule:
    @rule(message)
    def field_needs_type(value: Fields, _old: object) -> bool:
        return bool(value[by] == type_) or not has(value, field)

    return field_needs_type


@rule("May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both")
def _redirect_or_rewrite(filters: Sequence[Fields], _old: object) -> bool:
    return not {"RequestRedirect", "URLRewrite"} <= {each["type"] for each in filters}


def _not_repeated(type_: str) -> Rule:
    @rule(f"{type_} filter cannot be repeated")
    def not_repeated(filters: Sequence[Fields], _old: object) -> bool:
        return [each["type"] for each in filters].count(type_) <= 1

    return not_repeated


def filter_list(edition: Edition) -> list[Rule]:
    """What goes together in one list of filters."""
    once = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"]
    if edition.release != "1.4":
        once.insert(0, "CORS")
    return [_redirect_or_rewrite, *map(_not_repeated, once)]


@rule("RequestRedirect filter must not be used together with backendRefs")
def _redirect_without_backends(route_rule: Fields, _old: object) -> bool:
    redirects = any(has(each, "requestRedirect") for each in route_rule.get("filters", ()))
    return not (route_rule.get("backendRefs") and redirects)


def _replaces_prefix(filters: Sequence[Fields], field: str) -> bool:
    """CEL's exists_one: exactly one filter of this field replaces the matched prefix."""
    paths = [each[field].get("path", {}) for each in filters if has(each, field)]
    replacing = [each for each in paths if each.get("type") == "ReplacePrefixMatch" and has(each, "replacePrefixMatch")]
    return len(replacing) == 1


def _one_prefix_match(route_rule: Fields) -> bool:
    matches = route_rule.get("matches", ())
    return len(matches) == 1 and matches[0].get("path", {}).get("type") == "PathPrefix"


def _prefix_to_replace(name: str, field: str) -> Rule:
    @rule(f"When using {name} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified")
    def prefix_to_replace(route_rule: Fields, _old: object) -> bool:
        return not _replaces_prefix(route_rule.get("filters", ()), field) or _one_prefix_match(route_rule)

    return prefix_to_replace


def _prefix_to_replace_for_backend(when: str, name: str, field: str) -> Rule:
    @rule(
        f"Within backendRefs, {when} using {name} filter with path.replacePrefixMatch,"
        " exactly one PathPrefix match must be specified"
    )
    def prefix_to_replace_for_backend(route_rule: Fields, _old: object) -> bool:
        backends = route_rule.get("backendRefs", ())
        replacing = sum(_replaces_prefix(each.get("filters", ()), field) for each in backends)
        return replacing != 1 or _one_prefix_match(route_rule)

    return prefix_to_replace_for_backend


def _external_auth_rules() -> Iterable[Rule]:
    """The protocol and the field that is set belong together."""
    for protocol, field in (("GRPC", "grpc"), ("HTTP", "http")):
        yield _needs(f"{field} must be specified when protocol is set to '{protocol}'", protocol, field, by="protocol")
        yield _excludes(f"protocol must be '{protocol}' when {field} is set", protocol, field, by="protocol")


@rule("AbsoluteTimeout must be specified when cookie lifetimeType is Permanent")
def _permanent_until(persistence: Fields, _old: object) -> bool:
    lasting = persistence.get("cookieConfig", {}).get("lifetimeType") == "Permanent"
    return not lasting or has(persistence, "absoluteTimeout")


@rule("cookieConfig can only be set with type Cookie")
def _cookie_of_cookies(persistence: Fields, _old: object) -> bool:
    return not has(persistence, "cookieConfig") or bool(persistence["type"] == "Cookie")


EXTERNAL_AUTH = tuple(_external_auth_rules())
PERSISTENCE = (_permanent_until, _cookie_of_cookies)
PATH_MATCH = tuple(_path_rules())
PATH_MODIFIER = tuple(_modifier_rules())
ROUTE_RULE = (
    _redirect_without_backends,
    _prefix_to_replace("RequestRedirect", "requestRedirect"),
    _prefix_to_replace("URLRewrite", "urlRewrite"),
    # The CRD writes one of these two with a small w.
    _prefix_to_replace_for_backend("when", "RequestRedirect", "requestRedirect"),
    _prefix_to_replace_for_backend("When", "URLRewrite", "urlRewrite"),
)
