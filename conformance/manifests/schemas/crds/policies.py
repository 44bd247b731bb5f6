"""BackendTLSPolicy and ReferenceGrant in each edition of the Gateway API (apis/v1, apis/v1beta1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.manifests.schemas.crds.common import (
    CONTROLLER,
    SUBDOMAIN,
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
from conformance.manifests.schemas.schema import Rule, Schema, choice, listing, mapping, record, rule, text

__all__ = ["backend_tls_policy", "policy_status", "reference_grant", "sections_given", "sections_unique"]

Fields = Mapping[str, Any]
References = Sequence[Fields]


def _same_target(reference: Fields) -> tuple[Any, ...]:
    return reference["group"], reference["kind"], reference["name"], reference.get("namespace", "")


def sections_given(field: str, word: str, *, ports: bool = False) -> Rule:
    """Of references to one object, all have a sectionName or none has; with `ports`, so it is with ports."""
    told = "sectionName or port" if ports else "sectionName"

    @rule(f"{told} must be specified when {field} includes 2 or more references to the same {word}")
    def section_names_given(references: References, _old: object) -> bool:
        seen: dict[tuple[Any, ...], tuple[bool, bool]] = {}
        given = [(bool(each.get("sectionName")), ports and bool(each.get("port"))) for each in references]
        return all(seen.setdefault(_same_target(each), one) == one for each, one in zip(references, given, strict=True))

    return section_names_given


def sections_unique(field: str, word: str, *, ports: bool = False) -> Rule:
    """No two references to one object have the same sectionName, or both none; with `ports`, and the same port."""
    told = "sectionName or port" if ports else "sectionName"

    @rule(f"{told} must be unique when {field} includes 2 or more references to the same {word}")
    def section_names_unique(references: References, _old: object) -> bool:
        places = [
            (*_same_target(each), each.get("sectionName", ""), ports and each.get("port", 0)) for each in references
        ]
        return len(set(places)) == len(places)

    return section_names_unique


@rule("must not contain both CACertificateRefs and WellKnownCACertificates")
def _not_both_authorities(validation: Fields, _old: object) -> bool:
    return not (validation.get("caCertificateRefs") and validation.get("wellKnownCACertificates"))


@rule("must specify either CACertificateRefs or WellKnownCACertificates")
def _some_authority(validation: Fields, _old: object) -> bool:
    return bool(validation.get("caCertificateRefs") or validation.get("wellKnownCACertificates"))


def _name_of_type(type_: str, field: str) -> Rule:
    @rule(f"SubjectAltName element must contain {type_}, if Type is set to {type_}")
    def has_name_of_its_type(name: Fields, _old: object) -> bool:
        return name["type"] != type_ or bool(name.get(field))

    return has_name_of_its_type


def _no_name_of_other_type(type_: str, field: str) -> Rule:
    @rule(f"SubjectAltName element must not contain {type_}, if Type is not set to {type_}")
    def has_no_name_of_other_type(name: Fields, _old: object) -> bool:
        return name["type"] == type_ or not name.get(field)

    return has_no_name_of_other_type


# The pattern lets an IPv4 address pass; the documented type forbids it (FACTS 7.1 no. 4, CASES 109).
@rule("must be a host name, not an IP address")
def _no_ip_address(value: str, _old: object) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return True
    return False


_AUTHORITIES = rf"^(System|({SUBDOMAIN}/([A-Za-z0-9][-A-Za-z0-9_.]{{0,61}})?[A-Za-z0-9]))$"
_TARGET_REF = record(
    "One target.",
    {
        "group!": group(),
        "kind!": kind(),
        "name!": object_name(),
        "sectionName": section_name("Part of the target, such as a port's name; all of it when absent."),
    },
)
_ALT_NAME = record(
    "One name that the certificate may be for.",
    {
        "type!": choice("Which of the fields below is set.", "Hostname", "URI"),
        "hostname": hostname("A DNS name.", wildcard=True),
        "uri": text("A URI.", least=1, most=253, pattern=r"^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\?([^#]*))?(#(.*))?"),
    },
    rules=[
        _name_of_type("Hostname", "hostname"),
        _no_name_of_other_type("Hostname", "hostname"),
        _name_of_type("URI", "uri"),
        _no_name_of_other_type("URI", "uri"),
    ],
)


def _validation(edition: Edition) -> Schema:
    known = choice("Trust the system's authorities.", "System")
    if edition.release != "1.4":
        known = text("Trust the system's authorities, or others of that name.", least=1, most=253, pattern=_AUTHORITIES)
    return record(
        "How the backend's certificate is checked.",
        {
            "hostname!": hostname("Name for SNI, and that the certificate must have.", checks=(_no_ip_address,)),
            "wellKnownCACertificates": known,
            "caCertificateRefs": listing(
                "ConfigMaps whose ca.crt has the authorities to trust.",
                record("One ConfigMap.", {"group!": group(), "kind!": kind(), "name!": object_name()}),
                most=8,
            ),
            "subjectAltNames": listing("Names to accept instead of hostname.", _ALT_NAME, most=5),
        },
        rules=[_not_both_authorities, _some_authority],
    )


def _parent(doc: str) -> Schema:
    return record(
        doc,
        {
            "group": group(default="gateway.networking.k8s.io"),
            "kind": kind(default="Gateway"),
            "namespace": namespace(),
            "name!": object_name(),
            "sectionName": section_name("Listener."),
            "port": port(),
        },
    )


def policy_status() -> Schema:
    """What controllers say of a policy."""
    gateway = record(
        "One Gateway.",
        {
            "ancestorRef!": _parent("The Gateway."),
            "controllerName!": text("Who says so.", least=1, most=253, pattern=CONTROLLER),
            "conditions!": conditions(least=1),
        },
    )
    return record("What was found.", {"ancestors!": listing("For each Gateway that uses it.", gateway, most=16)})


def backend_tls_policy(edition: Edition) -> Schema:
    """The schema of a BackendTLSPolicy."""
    return resource(
        "How the gateway speaks TLS to backends.",
        {
            "spec!": record(
                "What is wanted.",
                {
                    "targetRefs!": listing(
                        "Backends that it is about, in its own namespace.",
                        _TARGET_REF,
                        least=1,
                        most=16,
                        rules=[sections_given("targetRefs", "target"), sections_unique("targetRefs", "target")],
                    ),
                    "validation!": _validation(edition),
                    "options": mapping("Settings of the implementation.", text(least=0, most=4096), most=16),
                },
            ),
            "status": policy_status(),
        },
    )


def reference_grant(edition: Edition) -> Schema:
    """The schema of a ReferenceGrant."""
    return resource(
        "Lets objects of other namespaces refer to objects of this one.",
        {
            "spec" if edition.release == "1.4" else "spec!": record(
                "Who may refer to what.",
                {
                    "from!": listing(
                        "Who may.",
                        record(
                            "One kind in one namespace.",
                            {"group!": group(), "kind!": kind(), "namespace!": namespace()},
                        ),
                        least=1,
                        most=16,
                    ),
                    "to!": listing(
                        "To what.",
                        record(
                            "One kind, or one object of it.",
                            {"group!": group(), "kind!": kind(), "name": object_name()},
                        ),
                        least=1,
                        most=16,
                    ),
                },
            )
        },
    )
