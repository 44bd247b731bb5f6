"""The rules of GatewayClass and Gateway in each edition of the Gateway API, each with the message of the CRD."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.crds.common import SUBDOMAIN, has
from conformance.manifests.schemas.schema import Rule, rule

__all__ = [
    "address_is_hostname",
    "address_is_ip",
    "addresses_unique",
    "certificate_to_terminate",
    "https_terminates",
    "immutable",
    "no_hostname_below_http",
    "qualified_keys",
    "short_key_prefixes",
    "tls_for_tls_only",
    "tls_has_mode",
    "unique_listener_names",
    "unique_listener_places",
    "unique_ports",
]

Fields = Mapping[str, Any]
_KEY = re.compile(
    r"\A([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]\Z"
)
_HOSTNAME = re.compile(rf"\A(\*\.)?{SUBDOMAIN}\Z")


@rule("Value is immutable", transition=True)
def immutable(value: str, old: str) -> bool:
    """What is once set stays."""
    return value == old


def addresses_unique(type_: str) -> Rule:
    """No address of this type stands there twice."""

    @rule(f"{type_} values must be unique")
    def unique_addresses(addresses: Sequence[Fields], _old: object) -> bool:
        values = [each["value"] for each in addresses if each["type"] == type_ and has(each, "value")]
        return len(set(values)) == len(values)

    return unique_addresses


@rule(
    "Hostname value must be empty or contain only valid characters (matching"
    r" ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)"
)
def address_is_hostname(address: Fields, _old: object) -> bool:
    """An address of type Hostname is one."""
    return address["type"] != "Hostname" or not has(address, "value") or bool(_HOSTNAME.match(address["value"]))


# A oneOf with formats in the CRD, whose own message names neither the field nor the reason.
@rule("must validate one and only one schema (oneOf)")
def address_is_ip(address: Fields, _old: object) -> bool:
    """An address of type IPAddress is one."""
    if address.get("type") != "IPAddress" or not isinstance(address.get("value"), str):
        return True
    try:
        ipaddress.ip_address(address["value"])
    except ValueError:
        return False
    return True


@rule("tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']")
def tls_for_tls_only(listeners: Sequence[Fields], _old: object) -> bool:
    """TLS is set up only where it is spoken."""
    return not any(each["protocol"] in ("HTTP", "TCP", "UDP") and has(each, "tls") for each in listeners)


@rule("tls mode must be Terminate for protocol HTTPS")
def https_terminates(listeners: Sequence[Fields], _old: object) -> bool:
    """HTTPS listeners end the TLS session."""
    https = [each["tls"] for each in listeners if each["protocol"] == "HTTPS" and has(each, "tls")]
    return all(tls.get("mode", "Terminate") == "Terminate" for tls in https)


@rule("tls mode must be set for protocol TLS")
def tls_has_mode(listeners: Sequence[Fields], _old: object) -> bool:
    """TLS listeners say who ends the TLS session."""
    return all(each.get("tls", {}).get("mode") for each in listeners if each["protocol"] == "TLS")


@rule("Port for TLS configuration must be unique within the Gateway")
def unique_ports(entries: Sequence[Fields], _old: object) -> bool:
    """Each port has one entry."""
    return all(count == 1 for count in Counter(each["port"] for each in entries).values())


@rule("hostname must not be specified for protocols ['TCP', 'UDP']")
def no_hostname_below_http(listeners: Sequence[Fields], _old: object) -> bool:
    """TCP and UDP know no host names."""
    return not any(each["protocol"] in ("TCP", "UDP") and each.get("hostname") for each in listeners)


@rule("Listener name must be unique within the Gateway")
def unique_listener_names(listeners: Sequence[Fields], _old: object) -> bool:
    """Each listener has a name of its own."""
    return all(count == 1 for count in Counter(each["name"] for each in listeners).values())


@rule("Combination of port, protocol and hostname must be unique for each listener")
def unique_listener_places(listeners: Sequence[Fields], _old: object) -> bool:
    """No two listeners want the same traffic."""
    places = Counter((each["port"], each["protocol"], each.get("hostname")) for each in listeners)
    return all(count == 1 for count in places.values())


@rule("certificateRefs or options must be specified when mode is Terminate")
def certificate_to_terminate(tls: Fields, _old: object) -> bool:
    """Who ends TLS sessions needs a certificate."""
    return tls.get("mode") != "Terminate" or bool(tls.get("certificateRefs") or tls.get("options"))


def qualified_keys(what: str) -> Rule:
    """The keys of the map are as Kubernetes wants those of labels."""

    @rule(
        f"{what} keys must be in the form of an optional DNS subdomain prefix"
        " followed by a required name segment of up to 63 characters."
    )
    def keys_are_qualified(values: Fields, _old: object) -> bool:
        return all(_KEY.match(key) for key in values)

    return keys_are_qualified


def short_key_prefixes(what: str) -> Rule:
    """The keys' prefixes are no longer than a DNS name."""

    @rule(f"If specified, the {what} key's prefix must be a DNS subdomain not longer than 253 characters in total.")
    def key_prefixes_short(values: Fields, _old: object) -> bool:
        return all(len(key.split("/")[0]) < 253 for key in values)

    return key_prefixes_short
