"""AgentgatewayPolicy of agentgateway.dev/v1alpha1 (agentgateway 1.4): its targets, limits and messages, from its CRD.

What stands below the fields that are only named here is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.manifests.schemas.crds.agentgateway import policy_rules as rules
from conformance.manifests.schemas.crds.agentgateway.policies import (
    backend_policies,
    expression,
    period,
    transformation,
    unknown,
)
from conformance.manifests.schemas.crds.common import (
    at_least_one_of,
    at_most_one_of,
    exactly_one_of,
    group,
    kind,
    object_name,
    port,
    resource,
    section_name,
    strings,
)
from conformance.manifests.schemas.crds.policies import policy_status
from conformance.manifests.schemas.schema import (
    Rule,
    Schema,
    anything,
    choice,
    integer,
    listing,
    mapping,
    record,
    text,
)

__all__ = ["AGENTGATEWAY_POLICY", "ENTERPRISE_POLICY", "header_modifiers"]

_TOKEN = r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"
_DURATION = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"


def header_modifiers(doc: str, *needs: Rule) -> Schema:
    """Changes of headers, both ways."""
    name = text("Name, in any case.", least=1, most=256, pattern=_TOKEN)
    header = record("One header.", {"name!": name, "value!": text("Value.", least=1, most=4096)})
    changes = record(
        "Changes.",
        {
            "set": listing("Headers to set, in place of what is there.", header, keys=["name"], most=16),
            "add": listing("Headers to add to what is there.", header, keys=["name"], most=16),
            "remove": strings("Headers to take out.", unique=True, most=16),
        },
    )
    return record(doc, {"request": changes, "response": changes}, rules=needs)


def _access_log() -> Schema:
    added = record("One.", {"expression!": expression("Its value."), "name!": text("Its name.", least=1, most=256)})
    attributes = record(
        "What is logged besides, and what is not.",
        {
            "add": listing("What besides.", added, least=1),
            "remove": listing("What not.", text("One.", least=1, most=64), least=1, most=32),
        },
        rules=[at_least_one_of("add", "remove")],
    )
    return record(
        "What is logged of requests.",
        {"attributes": attributes, "filter": expression("Of which requests."), "otlp": unknown("Where logs go.")},
    )


def _authorization(doc: str) -> Schema:
    expressions = listing("Expressions, one of which must hold.", expression("One."), least=1, most=256)
    return record(
        doc,
        {
            "action": choice("What it means that they hold.", "Allow", "Deny", "Require", default="Allow"),
            "policy!": record("When.", {"matchExpressions!": expressions}),
        },
    )


def _rate_limit() -> Schema:
    local = record(
        "One limit.",
        {
            "burst": integer("How many more at once."),
            "requests": integer("How many requests.", least=1),
            "tokens": integer("How many tokens.", least=1),
            "unit!": choice("In which time.", "Hours", "Minutes", "Seconds"),
        },
        rules=[exactly_one_of("requests", "tokens")],
    )
    return record(
        "How many requests.",
        {
            "conditional": _under_conditions("Limits under conditions."),
            "global": unknown("A server that counts."),
            "local": listing("What each proxy counts by itself.", local, least=1, most=16),
        },
        rules=[at_least_one_of("conditional", "global", "local"), rules.conditional_alone],
    )


def _frontend() -> Schema:
    fields = {
        "accessLog": _access_log(),
        "connect": record("CONNECT requests.", {"mode!": choice("What of them.", "Deny", "Route", "Tunnel")}),
        "http": mapping("HTTP of clients.", anything()),
        "metrics": unknown("Labels of metrics."),
        "networkAuthorization": _authorization("Who may connect."),
        "proxyProtocol": record(
            "Headers of the PROXY protocol.",
            {
                "mode": choice("Whether it must be there.", "Optional", "Strict", default="Strict"),
                "version": choice("Its version.", "All", "V1", "V2", default="V2"),
            },
        ),
        "tcp": unknown("Connections of clients."),
        "tls": unknown("TLS of clients."),
        "tracing": unknown("Where spans go."),
    }
    return record("How requests come in.", fields, rules=[at_least_one_of(*sorted(fields))])


def _under_conditions(doc: str) -> Schema:
    return listing(doc, unknown("One."), least=1, most=16, rules=[rules.unconditional_last])


def _direct_response() -> Schema:
    header = record(
        "One header.",
        {"name!": text("Its name.", least=1, most=256, pattern=_TOKEN), "value!": expression("Its value.")},
    )
    return record(
        "What is answered without asking anybody.",
        {
            "body": text("The body.", least=1, most=4096),
            "bodyExpression": expression("What makes the body."),
            "conditional": _under_conditions("Answers under conditions."),
            "headers": listing("Headers of the answer.", header, least=1, most=16, keys=["name"]),
            "status": integer("The status.", least=200, most=599),
        },
        rules=[rules.one_body, rules.conditional_alone, rules.with_status],
    )


def _traffic() -> Schema:
    return record(
        "What happens to requests on their way.",
        {
            "apiKeyAuthentication": unknown("Keys of clients."),
            "authorization": _authorization("Who may call."),
            "basicAuthentication": unknown("Names and passwords of clients."),
            "buffer": unknown("How much is gathered."),
            "cors": unknown("Who of other origins may call."),
            "csrf": unknown("Who of other origins may not."),
            "delay": record("A wait.", {"duration!": expression("How long.")}),
            "directResponse": _direct_response(),
            "extAuth": unknown("Who decides about each request."),
            "extProc": unknown("Who changes each request."),
            "headerModifiers": header_modifiers("Changes of headers.", at_least_one_of("request", "response")),
            "hostRewrite": record("Which Host goes up.", {"mode!": choice("How.", "Auto", "None")}),
            "jwtAuthentication": unknown("Tokens of clients."),
            "phase": choice("Before or behind the choice of a route.", "PostRouting", "PreRouting"),
            "rateLimit": _rate_limit(),
            "retry": record(
                "What is sent once more.",
                {
                    "attempts": integer("How often.", least=1, format=""),
                    "backoff": text("Time between them.", pattern=_DURATION),
                    "codes": listing(
                        "Statuses that are tried again.", integer("One.", least=400, most=599, format=""), unique=True
                    ),
                    "condition": expression("Which answers."),
                    "precondition": expression("Which requests."),
                },
            ),
            "timeouts": record(
                "How long a request may take.", {"request": period("All of it.", 100, "request must be at least 1ms")}
            ),
            "transformation": transformation(
                rules.conditional_alone, conditional=_under_conditions("Changes under conditions.")
            ),
        },
        rules=[rules.before_routing],
    )


_TARGET: Mapping[str, Schema] = {
    "group!": group(),
    "kind!": kind(),
    "port": port("Port of the target."),
    "sectionName": section_name("Part of the target: a listener, a rule, a provider, a port."),
}
_ONE_PART = at_most_one_of("sectionName", "port")
_REF = record("One.", {**_TARGET, "name!": object_name()}, rules=[_ONE_PART])
_SELECTOR = record("One.", {**_TARGET, "matchLabels!": mapping("Its labels.", text())}, rules=[_ONE_PART])


def _targets(doc: str, one: Schema) -> Schema:
    return listing(doc, one, least=1, most=16, rules=[rules.known_targets, rules.one_kind])


AGENTGATEWAY_POLICY = resource(
    "How requests and connections are treated, attached to Gateways, routes or Backends.",
    {
        "spec!": record(
            "What is wanted.",
            {
                "backend": backend_policies(),
                "frontend": _frontend(),
                "strategy": record(
                    "How it goes together with others.",
                    {"inheritance": choice("Whether those below count.", "Default", "Override")},
                ),
                "targetRefs": listing(
                    "What it is about.", _REF, least=1, most=16, rules=[rules.known_targets, rules.one_kind]
                ),
                "targetSelectors": listing(
                    "What it is about, by labels.",
                    _SELECTOR,
                    least=1,
                    most=16,
                    rules=[rules.known_targets, rules.one_kind],
                ),
                "traffic": _traffic(),
            },
            rules=[
                rules.something,
                rules.inheritance_of_traffic,
                rules.not_below("mcp", "backend.mcp may not be used with a Service target", "Service"),
                rules.not_below(
                    "mcp",
                    "backend.mcp may not target an AgentgatewayBackend sectionName",
                    "AgentgatewayBackend",
                    section=True,
                ),
                rules.not_below("ai", "backend.ai may not be used with a Service target", "Service"),
                rules.one_authentication,
                rules.frontend_of_gateway,
                rules.frontend_of_whole_gateway,
                rules.port_of_frontend,
                rules.traffic_of_routes,
                rules.before_routing_of_gateways,
                exactly_one_of("targetRefs", "targetSelectors"),
            ],
        ),
        "status": policy_status(),
    },
)

ENTERPRISE_POLICY = resource(
    "The same of the enterprise edition, whose schema is not published: what it wants is taken as it is.",
    {"spec": unknown("What is wanted."), "status": policy_status()},
)
