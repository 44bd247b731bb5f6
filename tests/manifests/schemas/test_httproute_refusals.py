"""HTTPRoute: each rule and limit, with the exact words of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import changed, refusal

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation"
)
RULE = "spec.rules[0]"
PREFIX_REWRITE = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
PREFIX_REDIRECT = {
    "type": "RequestRedirect",
    "requestRedirect": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
}
HEADERS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "a", "value": "b"}]}}
TWO_MATCHES = [{"path": {"value": "/a"}}, {"path": {"value": "/b"}}]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            f"{RULE}.backendRefs",
            [{"name": "web"}],
            f'{RULE}.backendRefs[0]: Invalid value: "object": Must have port for Service reference',
        ),
        (
            f"{RULE}.timeouts.backendRequest",
            "11s",
            f'{RULE}.timeouts: Invalid value: "object": backendRequest timeout cannot be longer than request timeout',
        ),
        (
            f"{RULE}.timeouts",
            {"request": "soon"},
            f'{RULE}.timeouts.request: Invalid value: "soon": {RULE}.timeouts.request in body should match'
            " '^([0-9]{1,5}(h|m|s|ms)){1,4}$'",
        ),
        (
            f"{RULE}.filters",
            [REDIRECT],
            f'{RULE}: Invalid value: "object": RequestRedirect filter must not be used together with backendRefs',
        ),
        (
            RULE,
            {"filters": [REDIRECT, PREFIX_REWRITE]},
            f'{RULE}.filters: Invalid value: "array": May specify either httpRouteFilterRequestRedirect or'
            " httpRouteFilterRequestRewrite, but not both",
        ),
        (
            f"{RULE}.filters",
            [HEADERS, HEADERS],
            f'{RULE}.filters: Invalid value: "array": RequestHeaderModifier filter cannot be repeated',
        ),
        (
            f"{RULE}.filters[0].type",
            "RequestHeaderModifier",
            f'[{RULE}.filters[0]: Invalid value: "object": filter.requestHeaderModifier must be specified for'
            f' RequestHeaderModifier filter.type, {RULE}.filters[0]: Invalid value: "object": filter.urlRewrite must'
            " be nil if the filter.type is not URLRewrite]",
        ),
        (
            f"{RULE}.filters[0].urlRewrite.path",
            {"type": "ReplaceFullPath"},
            f'{RULE}.filters[0].urlRewrite.path: Invalid value: "object": replaceFullPath must be specified when type'
            " is set to 'ReplaceFullPath'",
        ),
        (
            f"{RULE}.filters[0].urlRewrite.path",
            {"type": "ReplaceFullPath", "replaceFullPath": "/", "replacePrefixMatch": "/"},
            f"{RULE}.filters[0].urlRewrite.path: Invalid value: \"object\": type must be 'ReplacePrefixMatch' when"
            " replacePrefixMatch is set",
        ),
        (
            RULE,
            {"matches": TWO_MATCHES, "filters": [PREFIX_REWRITE]},
            f'{RULE}: Invalid value: "object": When using URLRewrite filter with path.replacePrefixMatch, exactly one'
            " PathPrefix match must be specified",
        ),
        (
            RULE,
            {"matches": TWO_MATCHES, "filters": [PREFIX_REDIRECT]},
            f'{RULE}: Invalid value: "object": When using RequestRedirect filter with path.replacePrefixMatch, exactly'
            " one PathPrefix match must be specified",
        ),
        (
            RULE,
            {"matches": TWO_MATCHES, "backendRefs": [{"name": "web", "port": 1, "filters": [PREFIX_REWRITE]}]},
            f'{RULE}: Invalid value: "object": Within backendRefs, When using URLRewrite filter with'
            " path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        ),
        (
            RULE,
            {"matches": TWO_MATCHES, "backendRefs": [{"name": "web", "port": 1, "filters": [PREFIX_REDIRECT]}]},
            f'{RULE}: Invalid value: "object": Within backendRefs, when using RequestRedirect filter with'
            " path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        ),
        (
            f"{RULE}.filters[0].urlRewrite.path",
            {"type": "ReplacePrefixMatch"},
            f'{RULE}.filters[0].urlRewrite.path: Invalid value: "object": replacePrefixMatch must be specified when'
            " type is set to 'ReplacePrefixMatch'",
        ),
        (
            f"{RULE}.filters[0].urlRewrite.path",
            {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/", "replaceFullPath": "/"},
            f"{RULE}.filters[0].urlRewrite.path: Invalid value: \"object\": type must be 'ReplaceFullPath' when"
            " replaceFullPath is set",
        ),
        (
            f"{RULE}.filters",
            [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}}}],
            f'{RULE}.filters[0].requestMirror.backendRef: Invalid value: "object": Must have port for Service'
            " reference",
        ),
        (
            f"{RULE}.filters",
            [
                {
                    "type": "RequestMirror",
                    "requestMirror": {
                        "backendRef": {"name": "m", "port": 1},
                        "percent": 1,
                        "fraction": {"numerator": 101},
                    },
                }
            ],
            f'[{RULE}.filters[0].requestMirror: Invalid value: "object": Only one of percent or fraction may be'
            f' specified in HTTPRequestMirrorFilter, {RULE}.filters[0].requestMirror.fraction: Invalid value: "object":'
            " numerator must be less than or equal to denominator]",
        ),
        (
            f"{RULE}.filters",
            [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["a", "a"]}}],
            f'{RULE}.filters[0].requestHeaderModifier.remove[1]: Duplicate value: "a"',
        ),
        (
            f"{RULE}.filters",
            [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 307}}],
            f"[{RULE}.filters[0].requestRedirect.statusCode: Unsupported value: 307: supported values: 301, 302,"
            f" {UNCHECKED}]",
        ),
        (
            "spec.parentRefs",
            [{"name": "a"}, {"name": "a"}],
            'spec.parentRefs: Invalid value: "array": sectionName must be unique when parentRefs includes 2 or more'
            " references to the same parent",
        ),
        (
            "spec.parentRefs",
            [{"name": "a"}, {"name": "a", "sectionName": "x"}],
            'spec.parentRefs: Invalid value: "array": sectionName must be specified when parentRefs includes 2 or more'
            " references to the same parent",
        ),
        (
            "spec.rules",
            [{"matches": [{"path": {"value": f"/{each}"}} for each in range(64)]}] * 3,
            'spec.rules: Invalid value: "array": While 16 rules and 64 matches per rule are allowed, the total number'
            " of matches across all rules in a route must be less than 128",
        ),
        (
            "spec.hostnames",
            ["10.0.0.1", "a b"],
            'spec.hostnames[1]: Invalid value: "a b": spec.hostnames[1] in body should match'
            rf" '^(\*\.)?{SUBDOMAIN}$'",
        ),
    ],
)
def test_routes_that_are_refused(path: str, value: Any, message: str) -> None:
    assert refusal(changed("route", path, value)) == message
