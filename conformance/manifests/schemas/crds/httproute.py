"""HTTPRoute in each edition of the Gateway API (apis/v1/httproute_types.go)."""

from __future__ import annotations

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
)
from conformance.manifests.schemas.crds.edition import Edition
from conformance.manifests.schemas.crds.httproute_filters import backend_reference, filters, header_name, header_value
from conformance.manifests.schemas.crds.policies import sections_given, sections_unique
from conformance.manifests.schemas.schema import Schema, choice, integer, listing, record, text

__all__ = ["http_route"]

_DURATION = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"
_ANY_PATH = {"type": "PathPrefix", "value": "/"}
_EVERYTHING: list[dict[str, Any]] = [{"matches": [{"path": _ANY_PATH}]}]


def http_route(edition: Edition) -> Schema:
    """The schema of an HTTPRoute."""
    older, wide = edition.release == "1.4", edition.experimental
    parents = [sections_given("parentRefs", "parent", ports=wide), sections_unique("parentRefs", "parent", ports=wide)]
    scope = {"useDefaultGateways": choice("Attach to Gateways that are a default.", "All", "None")} if wide else {}
    return resource(
        "Which HTTP requests go to which backends.",
        {
            "spec!": record(
                "What is wanted.",
                {
                    "parentRefs": listing("Gateways to attach to.", _parent("One Gateway."), most=32, rules=parents),
                    "hostnames": listing(
                        "Hosts that the route is for; all when absent.", hostname("One host.", wildcard=True), most=16
                    ),
                    "rules": listing(
                        "The rules.",
                        _rule(edition),
                        least=None if older else 1,
                        most=16,
                        default=_EVERYTHING,
                        rules=[rules.at_most_128_matches, *([rules.unique_rule_names] if wide else [])],
                    ),
                    **scope,
                },
            ),
            "status": _STATUS,
        },
    )


def _rule(edition: Edition) -> Schema:
    below = {
        "weight": integer("Share of the traffic.", least=0, most=1_000_000, default=1),
        "filters": filters(edition),
    }
    wide = {"retry": _retry(edition), "sessionPersistence": _persistence(edition)} if edition.experimental else {}
    return record(
        "Requests that match one of the conditions go to the backends.",
        {
            "name": section_name("Name within the route."),
            "matches": listing("The conditions.", _match(edition), most=64, default=[{"path": _ANY_PATH}]),
            "filters": filters(edition),
            "backendRefs": listing("The backends.", backend_reference("One backend.", below), most=16),
            "timeouts": record(
                "How long it may take.",
                {
                    "request": text("Until the client has its answer.", pattern=_DURATION),
                    "backendRequest": text("Until the backend has answered.", pattern=_DURATION),
                },
                rules=[rules.backend_request_within_request],
            ),
            **wide,
        },
        rules=rules.ROUTE_RULE,
    )


def _match(edition: Edition) -> Schema:
    header = header_value("Value to compare with.", edition)
    parameter = text("Value to compare with.", least=1, most=1024)
    return record(
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
            "headers": listing("Headers.", _pair("One header.", header), keys=["name"], most=16),
            "queryParams": listing("Query parameters.", _pair("One parameter.", parameter), keys=["name"], most=16),
            "method": choice(
                "The method.", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
            ),
        },
    )


def _pair(doc: str, value: Schema) -> Schema:
    return record(
        doc,
        {
            "type": choice("How to compare.", "Exact", "RegularExpression", default="Exact"),
            "name!": header_name(),
            "value!": value,
        },
    )


def _retry(edition: Edition) -> Schema:
    older = edition.release == "1.4"
    status = integer("One status.", least=400, most=599, format="")
    return record(
        "What is tried again.",
        {
            "attempts": integer("How often at most.", least=None if older else 1, format=""),
            "backoff": text("How long to wait before.", pattern=_DURATION),
            "codes": listing("After which statuses.", status, unique=not older),
        },
    )


def _persistence(edition: Edition) -> Schema:
    older = edition.release == "1.4"
    idle = {"idleTimeout": text("How long without requests.", pattern=_DURATION)} if older else {}
    lifetime = choice("How long it lives.", "Permanent", "Session", default="Session")
    return record(
        "How a client's requests stay with one server.",
        {
            "absoluteTimeout": text("How long at most.", pattern=_DURATION),
            **idle,
            "cookieConfig": record("The cookie.", {"lifetimeType": lifetime}),
            "sessionName": text("Name of the cookie or header.", most=128),
            "type": choice("What tells a session.", "Cookie", "Header", default="Cookie"),
        },
        rules=rules.PERSISTENCE[:1] if older else rules.PERSISTENCE,
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


_STATUS = record(
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
)
