"""Each rule and limit of the Gateway API's kinds: the exact words of a refusal, and the defaults."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.admission_objects import ABSENT, GOOD, admitted, changed, refusal

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation"
)
TARGET = {"name": "mistral", "kind": "Backend", "group": "gateway.kgateway.dev"}
REFS = [{"group": "", "kind": "ConfigMap", "name": "authorities"}]
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


@pytest.mark.parametrize("name", ["policy", "route", "gateway", "class", "grant"])
def test_good_objects_are_admitted(name: str) -> None:
    assert refusal(GOOD[name]) == ""


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "spec.validation.caCertificateRefs",
            REFS,
            'spec.validation: Invalid value: "object": must not contain both CACertificateRefs and'
            " WellKnownCACertificates",
        ),
        (
            "spec.validation.wellKnownCACertificates",
            ABSENT,
            'spec.validation: Invalid value: "object": must specify either CACertificateRefs or'
            " WellKnownCACertificates",
        ),
        ("spec.validation.hostname", ABSENT, f"[spec.validation.hostname: Required value, {UNCHECKED}]"),
        (
            "spec.validation.hostname",
            "*.mistral.ai",
            'spec.validation.hostname: Invalid value: "*.mistral.ai": spec.validation.hostname in body should match'
            f" '^{SUBDOMAIN}$'",
        ),
        (
            "spec.validation.hostname",
            "10.0.0.1",
            'spec.validation.hostname: Invalid value: "10.0.0.1": spec.validation.hostname in body must be a host name,'
            " not an IP address",
        ),
        (
            "spec.validation.wellKnownCACertificates",
            "Mozilla",
            '[spec.validation.wellKnownCACertificates: Unsupported value: "Mozilla": supported values: "System",'
            f" {UNCHECKED}]",
        ),
        ("spec.targetRefs", ABSENT, f"[spec.targetRefs: Required value, {UNCHECKED}]"),
        (
            "spec.targetRefs",
            [],
            "spec.targetRefs: Invalid value: 0: spec.targetRefs in body should have at least 1 items",
        ),
        (
            "spec.targetRefs",
            [{**TARGET, "name": f"t{each}"} for each in range(17)],
            f"[spec.targetRefs: Too many: 17: must have at most 16 items, {UNCHECKED}]",
        ),
        (
            "spec.targetRefs",
            [TARGET, TARGET],
            'spec.targetRefs: Invalid value: "array": sectionName must be unique when targetRefs includes 2 or more'
            " references to the same target",
        ),
        (
            "spec.targetRefs",
            [TARGET, {**TARGET, "sectionName": "a"}],
            'spec.targetRefs: Invalid value: "array": sectionName must be specified when targetRefs includes 2 or more'
            " references to the same target",
        ),
        ("spec.targetRefs", [TARGET, {**TARGET, "name": "deepseek"}], ""),
        ("spec.targetRefs", [{**TARGET, "sectionName": "a"}, {**TARGET, "sectionName": "b"}], ""),
        (
            "spec.validation.subjectAltNames",
            [{"type": "Hostname"}],
            'spec.validation.subjectAltNames[0]: Invalid value: "object": SubjectAltName element must contain Hostname,'
            " if Type is set to Hostname",
        ),
        (
            "spec.validation.subjectAltNames",
            [{"type": "URI"}],
            'spec.validation.subjectAltNames[0]: Invalid value: "object": SubjectAltName element must contain URI,'
            " if Type is set to URI",
        ),
        (
            "spec.validation.subjectAltNames",
            [{"type": "URI", "uri": "spiffe://a/b", "hostname": "a.example"}],
            'spec.validation.subjectAltNames[0]: Invalid value: "object": SubjectAltName element must not contain'
            " Hostname, if Type is not set to Hostname",
        ),
        (
            "spec.validation.subjectAltNames",
            [{"type": "Hostname", "uri": "spiffe://a/b", "hostname": "a.example"}],
            'spec.validation.subjectAltNames[0]: Invalid value: "object": SubjectAltName element must not contain'
            " URI, if Type is not set to URI",
        ),
        (
            "spec.validation.subjectAltNames",
            [{"type": "Hostname", "hostname": "*.mistral.ai"}, {"type": "URI", "uri": "spiffe://a/b"}],
            "",
        ),
        ("spec.options", {"example.com/a": "b"}, ""),
        (
            "spec.options",
            {f"o{each}": "" for each in range(17)},
            f"[spec.options: Too many: 17: must have at most 16 items, {UNCHECKED}]",
        ),
        (
            "spec.options",
            {"a": None},
            f'[spec.options.a: Invalid value: "null": spec.options.a in body must be of type string: "null",'
            f" {UNCHECKED}]",
        ),
        ("spec", ABSENT, f"[spec: Required value, {UNCHECKED}]"),
    ],
)
def test_backend_tls_policy(path: str, value: Any, message: str) -> None:
    assert refusal(changed("policy", path, value)) == message


def test_backend_tls_policy_with_authorities_of_its_own() -> None:
    policy = changed("policy", "spec.validation", {"hostname": "api.mistral.ai", "caCertificateRefs": REFS})
    assert refusal(policy) == ""
    assert refusal({**policy, "apiVersion": "gateway.networking.k8s.io/v1alpha3"}) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
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


FILTERS = {
    "RequestHeaderModifier": HEADERS,
    "ResponseHeaderModifier": {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["a"]}},
    "RequestMirror": {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 1}}},
    "RequestRedirect": REDIRECT,
    "URLRewrite": PREFIX_REWRITE,
    "ExtensionRef": {"type": "ExtensionRef", "extensionRef": {"group": "a.b", "kind": "C", "name": "d"}},
}
REPEATABLE = ("RequestMirror", "ExtensionRef")


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


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "spec.listeners[0].tls",
            {"certificateRefs": [{"name": "x"}]},
            "spec.listeners: Invalid value: \"array\": tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        ),
        (
            "spec.listeners[1].tls",
            {"mode": "Passthrough"},
            'spec.listeners: Invalid value: "array": tls mode must be Terminate for protocol HTTPS',
        ),
        (
            "spec.listeners[1].tls",
            {},
            'spec.listeners[1].tls: Invalid value: "object": certificateRefs or options must be specified when mode is'
            " Terminate",
        ),
        (
            "spec.listeners[0]",
            {"name": "tcp", "protocol": "TCP", "port": 1, "hostname": "a.example"},
            "spec.listeners: Invalid value: \"array\": hostname must not be specified for protocols ['TCP', 'UDP']",
        ),
        (
            "spec.listeners[1].name",
            "http",
            '[spec.listeners[1]: Duplicate value: {"name":"http"}, spec.listeners: Invalid value: "array": Listener'
            " name must be unique within the Gateway]",
        ),
        (
            "spec.listeners[2]",
            {"name": "again", "protocol": "HTTP", "port": 8080},
            'spec.listeners: Invalid value: "array": Combination of port, protocol and hostname must be unique for each'
            " listener",
        ),
        ("spec.listeners[2]", {"name": "more", "protocol": "HTTP", "port": 8080, "hostname": "a.example"}, ""),
        (
            "spec.addresses",
            [{"value": "10.0.0.1"}, {"value": "10.0.0.1"}],
            'spec.addresses: Invalid value: "array": IPAddress values must be unique',
        ),
        (
            "spec.addresses",
            [{"type": "Hostname", "value": "a"}, {"type": "Hostname", "value": "a"}],
            'spec.addresses: Invalid value: "array": Hostname values must be unique',
        ),
        (
            "spec.addresses",
            [{"type": "Hostname", "value": "a b"}],
            'spec.addresses[0]: Invalid value: "object": Hostname value must be empty or contain only valid characters'
            rf" (matching ^(\*\.)?{SUBDOMAIN}$)",
        ),
        (
            "spec.addresses",
            [{"value": "no.address"}],
            'spec.addresses[0]: Invalid value: {"type":"IPAddress","value":"no.address"}: spec.addresses[0] in body'
            " must validate one and only one schema (oneOf)",
        ),
        (
            "spec.infrastructure.labels",
            {"a b": "c"},
            'spec.infrastructure.labels: Invalid value: "object": Label keys must be in the form of an optional DNS'
            " subdomain prefix followed by a required name segment of up to 63 characters.",
        ),
        (
            "spec.infrastructure.annotations",
            {"/b": "c"},
            'spec.infrastructure.annotations: Invalid value: "object": Annotation keys must be in the form of an'
            " optional DNS subdomain prefix followed by a required name segment of up to 63 characters.",
        ),
        (
            "spec.infrastructure.labels",
            {f"{'a' * 253}/b": "c"},
            'spec.infrastructure.labels: Invalid value: "object": If specified, the label key\'s prefix must'
            " be a DNS subdomain not longer than 253 characters in total.",
        ),
        (
            "spec.infrastructure.annotations",
            {f"{'a' * 253}/b": "c"},
            'spec.infrastructure.annotations: Invalid value: "object": If specified, the annotation key\'s prefix must'
            " be a DNS subdomain not longer than 253 characters in total.",
        ),
        (
            "spec.listeners[0].allowedRoutes.namespaces.from",
            "Some",
            '[spec.listeners[0].allowedRoutes.namespaces.from: Unsupported value: "Some": supported values: "All",'
            f' "Selector", "Same", {UNCHECKED}]',
        ),
    ],
)
def test_gateway(path: str, value: Any, message: str) -> None:
    assert refusal(changed("gateway", path, value)) == message


def test_defaults_of_a_gateway() -> None:
    gateway = admitted(changed("gateway", "spec.listeners[0].allowedRoutes", ABSENT))
    assert gateway["spec"]["listeners"][0]["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert gateway["spec"]["listeners"][1]["tls"] == {
        "mode": "Terminate",
        "certificateRefs": [{"name": "certificate", "group": "", "kind": "Secret"}],
    }
    assert gateway["spec"]["addresses"][0]["type"] == "IPAddress"
    assert [each["type"] for each in gateway["status"]["conditions"]] == ["Accepted", "Programmed"]


def test_defaults_are_not_shared_between_objects() -> None:
    first = admitted(GOOD["class"])
    first["status"]["conditions"][0]["status"] = "True"
    assert admitted(GOOD["class"])["status"]["conditions"][0]["status"] == "Unknown"


def test_the_status_stays_as_it_is() -> None:
    old = {**copy.deepcopy(GOOD["gateway"]), "status": {"unknown": [1]}}
    assert admitted(old, old)["status"] == {"unknown": [1]}
    assert "status" not in admitted(GOOD["gateway"], old)


def test_a_class_keeps_its_controller() -> None:
    other = changed("class", "spec.controllerName", "example.com/other")
    assert refusal(other) == ""
    assert refusal(GOOD["class"], GOOD["class"]) == ""
    assert refusal(other, GOOD["class"]) == 'spec.controllerName: Invalid value: "string": Value is immutable'


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("spec.from", ABSENT, f"[spec.from: Required value, {UNCHECKED}]"),
        ("spec.to", [], "spec.to: Invalid value: 0: spec.to in body should have at least 1 items"),
        ("spec.from[0].namespace", ABSENT, f"[spec.from[0].namespace: Required value, {UNCHECKED}]"),
        ("spec.to[0].name", "mistral", ""),
    ],
)
def test_reference_grant(path: str, value: Any, message: str) -> None:
    assert refusal(changed("grant", path, value)) == message
