"""GatewayClass and Gateway of Gateway API 1.4, standard channel (apis/v1/gateway_types.go, gatewayclass_types.go)."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.embedded.admission.schema import Rule, Schema, choice, integer, listing, mapping, record, rule, text
from conformance.embedded.admission.schemas.common import (
    CONTROLLER,
    SUBDOMAIN,
    conditions,
    group,
    has,
    hostname,
    kind,
    label_selector,
    namespace,
    object_name,
    port,
    resource,
    section_name,
)

__all__ = ["GATEWAY", "GATEWAY_CLASS"]

Fields = Mapping[str, Any]
_KEY = re.compile(
    r"\A([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]\Z"
)
_HOSTNAME = re.compile(rf"\A(\*\.)?{SUBDOMAIN}\Z")


@rule("Value is immutable", transition=True)
def _immutable(value: str, old: str) -> bool:
    return value == old


def _unique_addresses(type_: str) -> Rule:
    @rule(f"{type_} values must be unique")
    def unique_addresses(addresses: Sequence[Fields], _old: object) -> bool:
        values = [each["value"] for each in addresses if each["type"] == type_ and has(each, "value")]
        return len(set(values)) == len(values)

    return unique_addresses


@rule(
    "Hostname value must be empty or contain only valid characters (matching"
    r" ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)"
)
def _address_is_hostname(address: Fields, _old: object) -> bool:
    return address["type"] != "Hostname" or not has(address, "value") or bool(_HOSTNAME.match(address["value"]))


# A oneOf with formats in the CRD, whose own message names neither the field nor the reason.
@rule("must validate one and only one schema (oneOf)")
def _address_is_ip(address: Fields, _old: object) -> bool:
    if address.get("type") != "IPAddress" or not isinstance(address.get("value"), str):
        return True
    try:
        ipaddress.ip_address(address["value"])
    except ValueError:
        return False
    return True


@rule("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']")
def _tls_for_tls_only(listeners: Sequence[Fields], _old: object) -> bool:
    return not any(each["protocol"] in ("HTTP", "TCP", "UDP") and has(each, "tls") for each in listeners)


@rule("tls mode must be Terminate for protocol HTTPS")
def _https_terminates(listeners: Sequence[Fields], _old: object) -> bool:
    https = [each["tls"] for each in listeners if each["protocol"] == "HTTPS" and has(each, "tls")]
    return all(tls.get("mode", "Terminate") == "Terminate" for tls in https)


@rule("hostname must not be specified for protocols ['TCP', 'UDP']")
def _no_hostname_below_http(listeners: Sequence[Fields], _old: object) -> bool:
    return not any(each["protocol"] in ("TCP", "UDP") and each.get("hostname") for each in listeners)


@rule("Listener name must be unique within the Gateway")
def _unique_listener_names(listeners: Sequence[Fields], _old: object) -> bool:
    return all(count == 1 for count in Counter(each["name"] for each in listeners).values())


@rule("Combination of port, protocol and hostname must be unique for each listener")
def _unique_listener_places(listeners: Sequence[Fields], _old: object) -> bool:
    places = Counter((each["port"], each["protocol"], each.get("hostname")) for each in listeners)
    return all(count == 1 for count in places.values())


@rule("certificateRefs or options must be specified when mode is Terminate")
def _certificate_to_terminate(tls: Fields, _old: object) -> bool:
    return tls.get("mode") != "Terminate" or bool(tls.get("certificateRefs") or tls.get("options"))


def _keys_are_qualified(what: str) -> Rule:
    @rule(
        f"{what} keys must be in the form of an optional DNS subdomain prefix"
        " followed by a required name segment of up to 63 characters."
    )
    def keys_are_qualified(values: Fields, _old: object) -> bool:
        return all(_KEY.match(key) for key in values)

    return keys_are_qualified


def _key_prefixes_short(what: str) -> Rule:
    @rule(f"If specified, the {what} key's prefix must be a DNS subdomain not longer than 253 characters in total.")
    def key_prefixes_short(values: Fields, _old: object) -> bool:
        return all(len(key.split("/")[0]) < 253 for key in values)

    return key_prefixes_short


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
        rules=[_address_is_hostname],
        checks=[_address_is_ip],
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
_TLS = record(
    "TLS of the listener.",
    {
        "mode": choice("Who ends the TLS session.", "Terminate", "Passthrough", default="Terminate"),
        "certificateRefs": listing(
            "Secrets with certificate and key.",
            record(
                "One Secret.",
                {
                    "group": group(default=""),
                    "kind": kind(default="Secret"),
                    "name!": object_name(),
                    "namespace": namespace(),
                },
            ),
            most=64,
        ),
        "options": mapping("Settings of the implementation.", text(least=0, most=4096), most=16),
    },
    rules=[_certificate_to_terminate],
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
_INFRASTRUCTURE = record(
    "What is set up for the Gateway.",
    {
        "annotations": mapping(
            "Annotations of what is set up.",
            text(least=0, most=4096),
            most=8,
            rules=[_keys_are_qualified("Annotation"), _key_prefixes_short("annotation")],
        ),
        "labels": mapping(
            "Labels of what is set up.",
            text(least=0, most=63, pattern="^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"),
            most=8,
            rules=[_keys_are_qualified("Label"), _key_prefixes_short("label")],
        ),
        "parametersRef": record("Settings of the implementation.", _PARAMETERS),
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
                    "Controller of the class.", least=1, most=253, pattern=CONTROLLER, rules=[_immutable]
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
GATEWAY = resource(
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
                        _tls_for_tls_only,
                        _https_terminates,
                        _no_hostname_below_http,
                        _unique_listener_names,
                        _unique_listener_places,
                    ],
                ),
                "addresses": listing(
                    "Addresses wished for.",
                    _address("One address.", value_required=False),
                    most=16,
                    rules=[_unique_addresses("IPAddress"), _unique_addresses("Hostname")],
                ),
                "infrastructure": _INFRASTRUCTURE,
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
