"""GatewayClass and Gateway: each rule and limit, with the exact words of a refusal, and the defaults."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, admitted, changed, refusal

SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
UNCHECKED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid;"
    " correct the existing errors to complete validation"
)


@pytest.mark.parametrize("name", ["gateway", "class"])
def test_good_objects_are_admitted(name: str) -> None:
    assert refusal(GOOD[name]) == ""


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
