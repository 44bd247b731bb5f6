"""What an AgentgatewayBackend's `policies` may hold (agentgateway 1.4): FACTS 4.1; limits and messages from its CRD.

Of what has nothing to do with reaching a provider (guards on prompts, MCP, external authorisation, token exchange)
only the name is known here: what stands below it is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.manifests.schemas.crds.agentgateway.auth import auth, secret_reference
from conformance.manifests.schemas.crds.common import (
    SUBDOMAIN,
    at_least_one_of,
    at_most_one_of,
    group,
    has,
    kind,
    milliseconds,
    namespace,
    object_name,
    port,
)
from conformance.manifests.schemas.schema import (
    Rule,
    Schema,
    anything,
    choice,
    flag,
    integer,
    listing,
    mapping,
    record,
    rule,
    text,
)

__all__ = [
    "backend_policies",
    "expression",
    "period",
    "port_for_service",
    "provider_policies",
    "transformation",
    "unknown",
]

Fields = Mapping[str, Any]

_EXPRESSION = 16384
_HEADER = r"^:?[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$"
_PSEUDO_HEADERS = (":authority", ":method", ":path", ":scheme", ":status")
_ROUTES = (
    *("AnthropicTokenCount", "Completions", "Detect", "Embeddings", "Messages", "Models", "Passthrough"),
    *("Realtime", "Rerank", "Responses"),
)


@rule("insecureSkipVerify All and caCertificateRefs may not be set together")
def _no_authorities_unless_verified(tls: Fields, _old: object) -> bool:
    return tls.get("insecureSkipVerify") != "All" or not has(tls, "caCertificateRefs")


@rule("insecureSkipVerify and verifySubjectAltNames may not be set together")
def _no_names_unless_verified(tls: Fields, _old: object) -> bool:
    return not (has(tls, "insecureSkipVerify") and has(tls, "verifySubjectAltNames"))


@rule("Must have port for Service reference")
def port_for_service(reference: Fields, _old: object) -> bool:
    """A Service is referred to with its port."""
    return (reference["group"], reference["kind"]) != ("", "Service") or has(reference, "port")


@rule("pseudo-headers must be one of :authority, :method, :path, :scheme, or :status")
def _known_pseudo_header(name: str, _old: object) -> bool:
    return not name.startswith(":") or name in _PSEUDO_HEADERS


_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")


@rule("invalid duration value")
def _duration(value: str, _old: object) -> bool:
    return _DURATION.fullmatch(value) is not None


def _at_least(least: int, message: str) -> Rule:
    @rule(message)
    def long_enough(value: str, _old: object) -> bool:
        return milliseconds(value) >= least

    return long_enough


def period(doc: str, least: int, message: str, default: str | None = None) -> Schema:
    """A time that is at least so many milliseconds; the message says so."""
    return text(doc, most=32, default=default, rules=[_duration, _at_least(least, message)])


def unknown(doc: str) -> Schema:
    """An object that is taken as it is."""
    return mapping(doc, anything())


def expression(doc: str) -> Schema:
    """A CEL expression."""
    return text(doc, least=1, most=_EXPRESSION)


def _tls() -> Schema:
    return record(
        "TLS towards the provider; empty: the system's authorities, and the host's name.",
        {
            "alpnProtocols": listing("Protocols to offer.", text("One.", least=1, most=64), least=1, most=16),
            "caCertificateRefs": listing(
                "ConfigMap whose ca.crt is trusted instead of the system's authorities.",
                record("One.", {"name": text("Its name.", default="")}, atomic=True),
                most=1,
            ),
            "insecureSkipVerify": choice("What of the certificate is not verified.", "All", "Hostname"),
            "keyExchangeGroups": listing(
                "Groups to offer.", choice("One.", "P-256", "P-384", "X25519", "X25519_MLKEM768")
            ),
            "mtlsCertificateRef": listing("Secret with a client certificate.", secret_reference(), most=1),
            "sni": text("Server name to send and to verify.", least=1, most=253, pattern=f"^{SUBDOMAIN}$"),
            "verifySubjectAltNames": listing(
                "Names to verify instead.", text("One.", least=1, most=256), least=1, most=16
            ),
        },
        rules=[
            _no_authorities_unless_verified,
            _no_names_unless_verified,
            at_most_one_of("verifySubjectAltNames", "insecureSkipVerify"),
        ],
    )


def _tcp() -> Schema:
    second = "must be at least 1 second"
    return record(
        "Connections.",
        {
            "connectTimeout": period("Time to connect.", 100, "connectTimeout must be at least 100ms"),
            "keepalive": record(
                "Probes of idle connections.",
                {
                    "interval": period("Time between them.", 1000, f"interval {second}"),
                    "retries": integer("How many may fail.", least=1, most=64),
                    "time": period("Time until the first.", 1000, f"time {second}"),
                },
            ),
        },
    )


def _health() -> Schema:
    return record(
        "When a provider is left out.",
        {
            "eviction": record(
                "For how long.",
                {
                    "consecutiveFailures": integer("After how many failures.", least=0),
                    "duration": period("How long.", 1000, "evictionDuration must be at least 1 second", "3s"),
                    "healthThreshold": integer("Below which share of successes.", least=0, most=100),
                    "restoreHealth": integer("Health to come back with.", least=0, most=100),
                },
            ),
            "unhealthyCondition": expression("What counts as failure."),
        },
    )


def _header_name() -> Schema:
    return text("Name of the header.", least=1, most=256, pattern=_HEADER, rules=[_known_pseudo_header])


def _changes(doc: str) -> Schema:
    header = record("One header.", {"name!": _header_name(), "value!": expression("Its value.")})
    names = ("add", "body", "metadata", "remove", "set")
    return record(
        doc,
        {
            "add": listing("Headers to add.", header, least=1, most=16, keys=["name"]),
            "body": expression("The body."),
            "metadata": mapping("Values for later.", expression("One."), least=1, most=16),
            "remove": listing("Headers to remove.", _header_name(), least=1, most=16, unique=True),
            "set": listing("Headers to set.", header, least=1, most=16, keys=["name"]),
        },
        rules=[at_least_one_of(*names)],
    )


def transformation(*rules: Rule, **more: Schema) -> Schema:
    """Changes by expressions; `more` is what may stand beside request and response, with rules of its own."""
    names = sorted(("request", "response", *more))
    return record(
        "Changes to what is sent and answered.",
        {"request": _changes("What is sent."), "response": _changes("What is answered."), **more},
        rules=[at_least_one_of(*names), *rules],
    )


def _ai() -> Schema:
    value = record("One field.", {"field!": text("Its name.", least=1, most=256), "value!": anything("Its value.")})
    message = record("One message.", {"content!": text("Its text."), "role!": text("Its role.")})
    made = record(
        "One field.", {"expression!": expression("Its value."), "field!": text("Its name.", least=1, most=256)}
    )
    fields = {
        "defaults": listing("Fields that are set where they are missing.", value, least=1, most=64),
        "modelAliases": mapping("Models by other names.", text("One."), most=64),
        "overrides": listing("Fields that are always set.", value, least=1, most=64),
        "prompt": record(
            "Messages around those of the client.",
            {"append": listing("Behind.", message), "prepend": listing("Before.", message)},
        ),
        "promptCaching": record(
            "What the provider is asked to keep.",
            {
                "cacheMessageOffset": integer("From which message on.", least=0, default=0, format=""),
                "cacheMessages": flag("Messages.", default=True),
                "cacheSystem": flag("The system prompt.", default=True),
                "cacheTools": flag("Tools.", default=False),
                "minTokens": integer("From which size on.", least=0, default=1024, format=""),
            },
        ),
        "promptGuard": unknown("Guards on prompts and answers."),
        "routes": mapping("Kinds of requests by the end of their path.", choice("One.", *_ROUTES)),
        "transformations": listing("Fields made of expressions.", made, least=1, most=64),
    }
    return record("Changes to requests and answers of LLMs.", fields, rules=[at_least_one_of(*fields)])


def _shared() -> dict[str, Schema]:
    """What may stand with every provider."""
    reference = record(
        "The proxy.",
        {
            "group": group(default=""),
            "kind": kind(default="Service"),
            "name!": object_name(),
            "namespace": namespace(),
            "port": port(),
        },
        rules=[port_for_service],
    )
    return {
        "ai": _ai(),
        "auth": auth(),
        "health": _health(),
        "http": record(
            "Requests.",
            {
                "requestTimeout": period("Time to answer.", 1, "requestTimeout must be at least 1ms"),
                "version": choice("HTTP version.", "HTTP1", "HTTP2"),
            },
        ),
        "tcp": _tcp(),
        "tls": _tls(),
        "transformation": transformation(),
        "tunnel": record("A proxy in between.", {"backendRef!": reference}),
    }


def _policies(doc: str, fields: Mapping[str, Schema]) -> Schema:
    names: Iterable[str] = sorted(fields)
    return record(doc, fields, rules=[at_least_one_of(*names)])


def provider_policies() -> Schema:
    """`policies` of one provider of a group."""
    return _policies("How this provider is reached; outranks the Backend's.", _shared())


def backend_policies() -> Schema:
    """`policies` of a whole Backend."""
    more = {"extAuth": unknown("An authorisation service."), "mcp": unknown("About MCP servers.")}
    return _policies("How the Backend is reached.", {**_shared(), **more})
