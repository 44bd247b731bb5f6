"""BackendTLSPolicy and ReferenceGrant: each rule and limit, with the exact words of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, changed, refusal

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation"
)
TARGET = {"name": "mistral", "kind": "Backend", "group": "gateway.kgateway.dev"}
REFS = [{"group": "", "kind": "ConfigMap", "name": "authorities"}]


@pytest.mark.parametrize("name", ["policy", "grant"])
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
