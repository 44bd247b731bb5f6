"""HTTPRoute: what is admitted, with the defaults; paths, and which filters may stand where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, admitted, changed, refusal

RULE = "spec.rules[0]"
PREFIX_REWRITE = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
HEADERS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "a", "value": "b"}]}}


FILTERS = {
    "RequestHeaderModifier": HEADERS,
    "ResponseHeaderModifier": {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["a"]}},
    "RequestMirror": {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 1}}},
    "RequestRedirect": REDIRECT,
    "URLRewrite": PREFIX_REWRITE,
    "ExtensionRef": {"type": "ExtensionRef", "extensionRef": {"group": "a.b", "kind": "C", "name": "d"}},
}
REPEATABLE = ("RequestMirror", "ExtensionRef")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.hostnames", ABSENT),
        (f"{RULE}.matches[0].path", {"type": "RegularExpression", "value": "//|#"}),
        (f"{RULE}.matches[0].path", {"type": "Exact", "value": "/a%20b/..c"}),
        (f"{RULE}.matches[0].path", {"value": "/"}),
        (f"{RULE}.matches[0].method", "POST"),
        (f"{RULE}.filters", [REDIRECT, HEADERS, PREFIX_REWRITE][1:]),
        (f"{RULE}.filters", []),
        (f"{RULE}.backendRefs", [{"name": "web", "port": 80}]),
        (f"{RULE}.backendRefs", [{"name": "x", "group": "g.io", "kind": "Service"}]),
        (f"{RULE}.backendRefs[0].weight", 0),
        (f"{RULE}.backendRefs[0].filters", [HEADERS]),
        (f"{RULE}.timeouts", {"request": "0s", "backendRequest": "1h"}),
        (f"{RULE}.timeouts", {"backendRequest": "1h1m1s1ms"}),
        (RULE, {"filters": [REDIRECT]}),
        ("spec.parentRefs", [{"name": "a", "sectionName": "x"}, {"name": "a", "sectionName": "y"}]),
        ("spec.parentRefs", [{"name": "a"}, {"name": "a", "namespace": "b"}]),
        (
            f"{RULE}.filters",
            [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 1}, "percent": 5}}],
        ),
        (f"{RULE}.filters", [{"type": "ExtensionRef", "extensionRef": {"group": "a.b", "kind": "C", "name": "d"}}]),
    ],
)
def test_routes_that_are_admitted(path: str, value: Any) -> None:
    assert refusal(changed("route", path, value)) == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"),
        ("/a//b", "must not contain '//' when type one of ['Exact', 'PathPrefix']"),
        ("/a/./b", "must not contain '/./' when type one of ['Exact', 'PathPrefix']"),
        ("/a/../b", "must not contain '/../' when type one of ['Exact', 'PathPrefix']"),
        ("/a%2fb", "must not contain '%2f' when type one of ['Exact', 'PathPrefix']"),
        ("/a%2Fb", "must not contain '%2F' when type one of ['Exact', 'PathPrefix']"),
        ("/a/..", "must not end with '/..' when type one of ['Exact', 'PathPrefix']"),
        ("/a/.", "must not end with '/.' when type one of ['Exact', 'PathPrefix']"),
        (
            "/a b",
            "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$)"
            " for types ['Exact', 'PathPrefix']",
        ),
    ],
)
def test_a_literal_path_is_plain(value: str, message: str) -> None:
    path = f"{RULE}.matches[0].path"
    assert refusal(changed("route", f"{path}.value", value)) == f'{path}: Invalid value: "object": {message}'


def test_a_fragment_in_a_path_breaks_two_rules() -> None:
    path = f"{RULE}.matches[0].path"
    told = refusal(changed("route", f"{path}.value", "/a#b"))
    assert told.startswith(f"[{path}: Invalid value: \"object\": must not contain '#' when type one of")
    assert told.count("Invalid value") == 2


def field_of(type_: str) -> str:
    return next(name for name in FILTERS[type_] if name != "type")


@pytest.mark.parametrize("type_", FILTERS)
def test_a_filter_needs_the_field_of_its_type(type_: str) -> None:
    place, field = f"{RULE}.filters[0]", field_of(type_)
    assert refusal(changed("route", RULE, {"filters": [FILTERS[type_]]})) == ""
    assert refusal(changed("route", RULE, {"filters": [{"type": type_}]})) == (
        f'{place}: Invalid value: "object": filter.{field} must be specified for {type_} filter.type'
    )


@pytest.mark.parametrize("type_", FILTERS)
def test_a_filter_has_no_field_of_another_type(type_: str) -> None:
    other = FILTERS["ExtensionRef" if type_ != "ExtensionRef" else "RequestMirror"]
    told = refusal(changed("route", RULE, {"filters": [{**FILTERS[type_], **other}]}))
    field = field_of(type_)
    assert told == (
        f'{RULE}.filters[0]: Invalid value: "object": filter.{field} must be nil if the filter.type is not {type_}'
    )


@pytest.mark.parametrize("type_", FILTERS)
@pytest.mark.parametrize("place", [RULE, f"{RULE}.backendRefs[0]"])
def test_which_filters_can_be_repeated(type_: str, place: str) -> None:
    twice = [FILTERS[type_], FILTERS[type_]]
    rule = {"filters": twice} if place == RULE else {"backendRefs": [{"name": "s", "port": 1, "filters": twice}]}
    told = f'{place}.filters: Invalid value: "array": {type_} filter cannot be repeated'
    assert refusal(changed("route", RULE, rule)) == ("" if type_ in REPEATABLE else told)


def test_defaults_of_a_route() -> None:
    route = admitted({**GOOD["route"], "spec": {"parentRefs": [{"name": "gw"}]}})
    assert route["spec"] == {
        "parentRefs": [{"name": "gw", "group": "gateway.networking.k8s.io", "kind": "Gateway"}],
        "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}],
    }
    matches = admitted(changed("route", f"{RULE}.matches", [{"method": "GET"}]))["spec"]["rules"][0]["matches"]
    assert matches == [{"method": "GET", "path": {"type": "PathPrefix", "value": "/"}}]
    backends = admitted(changed("route", f"{RULE}.backendRefs", [{"name": "s", "port": 1}]))
    assert backends["spec"]["rules"][0]["backendRefs"] == [
        {"name": "s", "port": 1, "group": "", "kind": "Service", "weight": 1}
    ]
