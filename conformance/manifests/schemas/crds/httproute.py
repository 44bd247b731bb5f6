"""HTTPRoute of Gateway API 1.4, standard channel (apis/v1/httproute_types.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.manifests.schemas.crds import httproute_rules as rules
from conformance.manifests.schemas.crds.common import (
    CONTROLLER,
    conditions,
    group,
    hostname,
    kind,
    namespace,
    object_name,
    port,
    resource,
    section_name,
    strings,
)
from conformance.manifests.schemas.crds.policies import sections_given, sections_unique
from conformance.manifests.schemas.schema import Schema, choice, integer, listing, record, text

__all__ = ["HTTP_ROUTE"]

_TOKEN = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"
_DURATION = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"
_ANY_PATH = {"type": "PathPrefix", "value": "/"}


def _header_name() -> Schema:
    return text("Name, in any case.", least=1, most=256, pattern=_TOKEN)


def _header_modifier(doc: str) -> Schema:
    header = record("One header.", {"name!": _header_name(), "value!": text("Value.", least=1, most=4096)})
    return record(
        doc,
        {
            "set": listing("Headers to set, in place of what is there.", header, keys=["name"], most=16),
            "add": listing("Headers to add to what is there.", header, keys=["name"], most=16),
            "remove": strings("Headers to take out.", unique=True, most=16),
        },
    )


def _path_modifier() -> Schema:
    return record(
        "How the path changes.",
        {
            "type!": choice("Which of the fields below is set.", "ReplaceFullPath", "ReplacePrefixMatch"),
            "replaceFullPath": text("The new path.", most=1024),
            "replacePrefixMatch": text("What the matched prefix becomes.", most=1024),
        },
        rules=rules.PATH_MODIFIER,
    )


def _backend(doc: str, fields: Mapping[str, Schema]) -> Schema:
    return record(
        doc,
        {
            "group": group(default=""),
            "kind": kind(default="Service"),
            "name!": object_name(),
            "namespace": namespace(),
            "port": port("Port of the Service."),
            **fields,
        },
        rules=[rules.port_for_service],
    )


_MIRROR = record(
    "Where copies of the requests go.",
    {
        "backendRef!": _backend("Backend of the copies.", {}),
        "percent": integer("Share of the requests, in percent.", least=0, most=100),
        "fraction": record(
            "Share of the requests, as a fraction.",
            {
                "numerator!": integer("Upper number.", least=0),
                "denominator": integer("Lower number.", least=1, default=100),
            },
            rules=[rules.numerator_within_denominator],
        ),
    },
    rules=[rules.percent_or_fraction],
)
_REDIRECT = record(
    "Where clients are sent.",
    {
        "scheme": choice("Scheme of the new URL.", "http", "https"),
        "hostname": hostname("Host of the new URL."),
        "path": _path_modifier(),
        "port": port("Port of the new URL."),
        "statusCode": choice("Status to answer with.", 301, 302, default=302),
    },
)
_FILTER = record(
    "One filter.",
    {
        "type!": choice("Which of the fields below is set.", *rules.FILTERS),
        "requestHeaderModifier": _header_modifier("Headers of the request."),
        "responseHeaderModifier": _header_modifier("Headers of the response."),
        "requestMirror": _MIRROR,
        "requestRedirect": _REDIRECT,
        "urlRewrite": record(
            "What the backend sees.", {"hostname": hostname("The Host header."), "path": _path_modifier()}
        ),
        "extensionRef": record(
            "A filter of the implementation.", {"group!": group(), "kind!": kind(), "name!": object_name()}
        ),
    },
    rules=rules.FILTER,
)
_FILTERS = listing("What happens to requests and responses.", _FILTER, most=16, rules=rules.FILTER_LIST)


def _pair(doc: str, most: int) -> Schema:
    return record(
        doc,
        {
            "type": choice("How to compare.", "Exact", "RegularExpression", default="Exact"),
            "name!": _header_name(),
            "value!": text("Value to compare with.", least=1, most=most),
        },
    )


_MATCH = record(
    "One condition; all its parts must hold.",
    {
        "path": record(
            "The path.",
            {
                "type": choice("How to compare.", "Exact", "PathPrefix", "RegularExpression", default="PathPrefix"),
                "value": text("Path to compare with.", most=1024, default="/"),
            },
            default=_ANY_PATH,
            rules=rules.PATH_MATCH,
        ),
        "headers": listing("Headers.", _pair("One header.", 4096), keys=["name"], most=16),
        "queryParams": listing("Query parameters.", _pair("One parameter.", 1024), keys=["name"], most=16),
        "method": choice("The method.", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
    },
)
_RULE = record(
    "Requests that match one of the conditions go to the backends.",
    {
        "name": section_name("Name within the route."),
        "matches": listing("The conditions.", _MATCH, most=64, default=[{"path": _ANY_PATH}]),
        "filters": _FILTERS,
        "backendRefs": listing(
            "The backends.",
            _backend(
                "One backend.",
                {"weight": integer("Share of the traffic.", least=0, most=1_000_000, default=1), "filters": _FILTERS},
            ),
            most=16,
        ),
        "timeouts": record(
            "How long it may take.",
            {
                "request": text("Until the client has its answer.", pattern=_DURATION),
                "backendRequest": text("Until the backend has answered.", pattern=_DURATION),
            },
            rules=[rules.backend_request_within_request],
        ),
    },
    rules=rules.ROUTE_RULE,
)


def _parent(doc: str) -> Schema:
    return record(
        doc,
        {
            "group": group(default="gateway.networking.k8s.io"),
            "kind": kind(default="Gateway"),
            "namespace": namespace(),
            "name!": object_name(),
            "sectionName": section_name("Listener; any when absent."),
            "port": port("Port of the listener; any when absent."),
        },
    )


_EVERYTHING: list[dict[str, Any]] = [{"matches": [{"path": _ANY_PATH}]}]
HTTP_ROUTE = resource(
    "Which HTTP requests go to which backends.",
    {
        "spec!": record(
            "What is wanted.",
            {
                "parentRefs": listing(
                    "Gateways to attach to.",
                    _parent("One Gateway."),
                    most=32,
                    rules=[sections_given("parentRefs", "parent"), sections_unique("parentRefs", "parent")],
                ),
                "hostnames": listing(
                    "Hosts that the route is for; all when absent.", hostname("One host.", wildcard=True), most=16
                ),
                "rules": listing("The rules.", _RULE, most=16, default=_EVERYTHING, rules=[rules.at_most_128_matches]),
            },
        ),
        "status": record(
            "What was found.",
            {
                "parents!": listing(
                    "For each Gateway.",
                    record(
                        "One Gateway.",
                        {
                            "parentRef!": _parent("The Gateway."),
                            "controllerName!": text("Who says so.", least=1, most=253, pattern=CONTROLLER),
                            "conditions!": conditions(least=1),
                        },
                    ),
                    most=32,
                )
            },
        ),
    },
)
