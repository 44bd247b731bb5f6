"""GatewayClass and Gateway in each edition of the Gateway API (apis/v1/gateway_types.go, gatewayclass_types.go)."""

from __future__ import annotations

from typing import Any

from conformance.manifests.schemas.crds import gateway_rules as rules
from conformance.manifests.schemas.crds.common import (
    CONTROLLER,
    SUBDOMAIN,
    conditions,
    group,
    hostname,
    kind,
    label_selector,
    namespace,
    object_name,
    port,
    resource,
    section_name,
)
from conformance.manifests.schemas.crds.edition import Edition
from conformance.manifests.schemas.schema import Schema, choice, integer, listing, mapping, record, text

__all__ = ["GATEWAY_CLASS", "gateway"]


def _address(doc: str, *, value_required: bool) -> Schema:
    return record(
        doc,
        {
            "type": text(
                "Class of the address.",
                least=1,
                most=253,
                pattern=rf"^Hostname|IPAddress|NamedAddress|{CONTROLLER.removeprefix('^')}",
                default="IPAddress",
            ),
            "value!" if value_required else "value": text("The address.", most=253),
        },
        rules=[rules.address_is_hostname],
        checks=[rules.address_is_ip],
    )


_PARAMETERS = {"group!": group(), "kind!": kind(), "name!": object_name()}
_ALLOWED_ROUTES = record(
    "Routes that may attach.",
    {
        "kinds": listing(
            "Kinds of routes; what fits the protocol when absent.",
            record("One kind.", {"group": group(default="gateway.networking.k8s.io"), "kind!": kind()}),
            most=8,
        ),
        "namespaces": record(
            "Namespaces of routes.",
            {
                "from": choice("Which namespaces.", "All", "Selector", "Same", default="Same"),
                "selector": label_selector("Labels of the namespaces, for Selector."),
            },
            default={"from": "Same"},
        ),
    },
    default={"namespaces": {"from": "Same"}},
)
_CERTIFICATE = record(
    "One Secret.",
    {
        "group": group(default=""),
        "kind": kind(default="Secret"),
        "name!": object_name(),
        "namespace": namespace(),
    },
)
_TLS = record(
    "TLS of the listener.",
    {
        "mode": choice("Who ends the TLS session.", "Terminate", "Passthrough", default="Terminate"),
        "certificateRefs": listing(
            "Secrets with certificate and key.",
            _CERTIFICATE,
            most=64,
        ),
        "options": mapping("Settings of the implementation.", text(least=0, most=4096), most=16),
    },
    rules=[rules.certificate_to_terminate],
)
_LISTENER = record(
    "One listener.",
    {
        "name!": section_name("Name within the Gateway."),
        "hostname": hostname("Host names that it is for; all when absent.", wildcard=True),
        "port!": port("Port to listen on."),
        "protocol!": text(
            "Protocol to expect.",
            least=1,
            most=255,
            pattern=rf"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|{SUBDOMAIN}\/[A-Za-z0-9]+$",
        ),
        "tls": _TLS,
        "allowedRoutes": _ALLOWED_ROUTES,
    },
)
_ALLOWED_LISTENERS = record(
    "ListenerSets that may add listeners.",
    {
        "namespaces": record(
            "Namespaces of ListenerSets.",
            {
                "from": choice("Which namespaces.", "All", "Selector", "Same", "None", default="None"),
                "selector": label_selector("Labels of the namespaces, for Selector."),
            },
            default={"from": "None"},
        )
    },
)


def _infrastructure(edition: Edition) -> Schema:
    return record(
        "What is set up for the Gateway.",
        {
            "annotations": mapping(
                "Annotations of what is set up.",
                text(least=0, most=4096),
                most=8 if edition.release == "1.4" else 16,
                rules=[rules.qualified_keys("Annotation"), rules.short_key_prefixes("annotation")],
            ),
            "labels": mapping(
                "Labels of what is set up.",
                text(least=0, most=63, pattern="^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"),
                most=8,
                rules=[rules.qualified_keys("Label"), rules.short_key_prefixes("label")],
            ),
            "parametersRef": record("Settings of the implementation.", _PARAMETERS),
        },
    )


def _tls(edition: Edition) -> Schema:
    authority = record(
        "One ConfigMap.", {"group!": group(), "kind!": kind(), "name!": object_name(), "namespace": namespace()}
    )
    most = 8 if edition.release == "1.4" else 16
    validation = record(
        "How clients' certificates are checked.",
        {
            "caCertificateRefs!": listing("Authorities.", authority, least=1, most=most),
            "mode": choice("Who is let in.", "AllowValidOnly", "AllowInsecureFallback", default="AllowValidOnly"),
        },
    )
    settings = record("Settings.", {"validation": validation})
    ports = listing(
        "For single ports.",
        record("One port.", {"port!": port(), "tls!": settings}),
        keys=["port"],
        most=64,
        rules=[rules.unique_ports],
    )
    return record(
        "TLS of the Gateway as a whole.",
        {
            "backend": record("To backends.", {"clientCertificateRef": _CERTIFICATE}),
            "frontend": record("From clients.", {"default!": settings, "perPort": ports}),
        },
    )


def _waiting(*types: str) -> dict[str, Any]:
    """The status that the CRD itself gives an object until a controller writes one."""
    found = {
        "lastTransitionTime": "1970-01-01T00:00:00Z",
        "message": "Waiting for controller",
        "reason": "Pending",
        "status": "Unknown",
    }
    return {"conditions": [{**found, "type": type_} for type_ in types]}


GATEWAY_CLASS = resource(
    "A class of Gateways, and the controller that serves it.",
    {
        "spec!": record(
            "What is wanted.",
            {
                "controllerName!": text(
                    "Controller of the class.", least=1, most=253, pattern=CONTROLLER, rules=[rules.immutable]
                ),
                "description": text("What the class is for.", most=64),
                "parametersRef": record("Settings of the implementation.", {**_PARAMETERS, "namespace": namespace()}),
            },
        ),
        "status": record(
            "What was found.",
            {
                "conditions": conditions(),
                "supportedFeatures": listing(
                    "Features of the implementation.",
                    record("One feature.", {"name!": text("Its name.")}),
                    keys=["name"],
                    most=64,
                ),
            },
            default=_waiting("Accepted"),
        ),
    },
)
_LISTENER_STATUS = record(
    "One listener.",
    {
        "name!": section_name("Its name."),
        "attachedRoutes!": integer("How many routes are attached."),
        "supportedKinds!": listing(
            "Kinds of routes it takes.",
            record("One kind.", {"group": group(default="gateway.networking.k8s.io"), "kind!": kind()}),
            most=8,
        ),
        "conditions!": conditions(),
    },
)


def gateway(edition: Edition) -> Schema:
    """The schema of a Gateway."""
    further: dict[str, Schema] = {}
    if edition.experimental or edition.release != "1.4":
        further = {"allowedListeners": _ALLOWED_LISTENERS, "tls": _tls(edition)}
    if edition.experimental:
        further["defaultScope"] = choice("Whose default it is.", "All", "None")
    return resource(
        "A place where traffic enters.",
        {
            "spec!": record(
                "What is wanted.",
                {
                    "gatewayClassName!": object_name("Class of the Gateway."),
                    "listeners!": listing(
                        "Where to listen.",
                        _LISTENER,
                        keys=["name"],
                        least=1,
                        most=64,
                        rules=[
                            rules.tls_for_tls_only,
                            rules.https_terminates,
                            *([] if edition.release == "1.4" else [rules.tls_has_mode]),
                            rules.no_hostname_below_http,
                            rules.unique_listener_names,
                            rules.unique_listener_places,
                        ],
                    ),
                    "addresses": listing(
                        "Addresses wished for.",
                        _address("One address.", value_required=False),
                        most=16,
                        rules=[rules.addresses_unique("IPAddress"), rules.addresses_unique("Hostname")],
                    ),
                    "infrastructure": _infrastructure(edition),
                    **further,
                },
            ),
            "status": record(
                "What was found.",
                {
                    "addresses": listing("Addresses in use.", _address("One address.", value_required=True), most=16),
                    "conditions": conditions(),
                    "listeners": listing("The listeners.", _LISTENER_STATUS, keys=["name"], most=64),
                },
                default=_waiting("Accepted", "Programmed"),
            ),
        },
    )
