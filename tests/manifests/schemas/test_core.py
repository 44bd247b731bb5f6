"""Core kinds and metadata: what is filled in, and what is refused in which words."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.admission_objects import ABSENT, GOOD, admitted, changed, refusal

SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and"
    " end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
    " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
CONFIG_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',"
    "  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
SECRET_DECODING = 'Secret in version "v1" cannot be handled as a Secret'


@pytest.mark.parametrize("name", ["secret", "config", "service", "namespace", "event"])
def test_good_objects_are_admitted(name: str) -> None:
    assert refusal(GOOD[name]) == ""


def test_string_data_becomes_data() -> None:
    secret = admitted({**GOOD["secret"], "data": {"Authorization": "b2xk", "other": "b2xk"}})
    assert secret["data"] == {"Authorization": base64.b64encode(b"sk-test").decode(), "other": "b2xk"}
    assert "stringData" not in secret
    assert admitted(changed("secret", "type", ABSENT))["type"] == "Opaque"
    assert admitted(changed("secret", "stringData", {"a": None}))["data"] == {"a": ""}
    assert admitted(changed("secret", "stringData", {"a": "\ud800"}))["data"] == {"a": "Pw=="}


def test_a_namespace_has_its_name_as_label() -> None:
    namespace = admitted(changed("namespace", "metadata.labels", {"a": "b"}))
    assert namespace["metadata"]["labels"] == {"a": "b", "kubernetes.io/metadata.name": "kgateway-system"}
    assert namespace["spec"] == {"finalizers": ["kubernetes"]}
    assert namespace["status"] == {"phase": "Active"}


def test_defaults_of_a_service() -> None:
    spec = admitted(GOOD["service"])["spec"]
    assert (spec["type"], spec["sessionAffinity"]) == ("ClusterIP", "None")
    assert spec["ports"][0] == {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}
    assert spec["ports"][1]["targetPort"] == 53


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        (
            "secret",
            "stringData.Authorization",
            5,
            f"{SECRET_DECODING}: json: cannot unmarshal number into Go struct field Secret.stringData of type string",
        ),
        (
            "secret",
            "data",
            {"a": ["b"]},
            f"{SECRET_DECODING}: json: cannot unmarshal array into Go struct field Secret.data of type []uint8",
        ),
        ("secret", "data", {"a": "YQ==\n"}, ""),
        ("secret", "data", {"a": "Y*=="}, f"{SECRET_DECODING}: illegal base64 data at input byte 1"),
        ("secret", "data", {"a": "YWJjY"}, f"{SECRET_DECODING}: illegal base64 data at input byte 4"),
        (
            "secret",
            "immutable",
            "yes",
            f"{SECRET_DECODING}: json: cannot unmarshal string into Go struct field Secret.immutable of type bool",
        ),
        (
            "secret",
            "metadata.labels",
            {"a": 1},
            f"{SECRET_DECODING}: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels"
            " of type string",
        ),
        ("secret", "data", {"a b": ""}, f'data[a b]: Invalid value: "a b": {CONFIG_WORDS}'),
        (
            "secret",
            "data",
            {"a" * 254: ""},
            f'data[{"a" * 254}]: Invalid value: "{"a" * 254}": must be no more than 253 bytes',
        ),
        ("secret", "data", {"a": "YWFh" * 300_000}, "data: Too long: may not be more than 1048576 bytes"),
        (
            "config",
            "data.n",
            443,
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into'
            " Go struct field ConfigMap.data of type string",
        ),
        (
            "config",
            "binaryData",
            {"ca.crt": "YQ=="},
            'data[ca.crt]: Invalid value: "ca.crt": duplicate of key present in binaryData',
        ),
        (
            "service",
            "spec.ports[0].port",
            "http",
            'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into'
            " Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            "service",
            "spec.ports",
            {},
            'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal object into'
            " Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
        ),
        ("service", "spec.ports", [], "spec.ports: Required value"),
        ("service", "spec", ABSENT, "spec.ports: Required value"),
        ("service", "spec", {"type": "ExternalName", "externalName": "api.mistral.ai"}, ""),
        ("service", "spec", {"type": "ExternalName"}, "spec.externalName: Required value"),
        ("service", "spec", {"clusterIP": "None"}, ""),
        ("service", "spec.ports[1].name", ABSENT, "spec.ports[1].name: Required value"),
        (
            "service",
            "spec.ports[0].port",
            0,
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            "service",
            "spec.ports[0].protocol",
            "HTTP",
            'spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            "event",
            "firstTimestamp",
            5,
            'Event in version "v1" cannot be handled as a Event: json: cannot unmarshal number into'
            " Go struct field Event.firstTimestamp of type v1.Time",
        ),
        ("event", "lastTimestamp", None, ""),
    ],
)
def test_core_kinds(name: str, path: str, value: Any, message: str) -> None:
    assert refusal(changed(name, path, value)) == message


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("backend", "metadata.name", ABSENT, "metadata.name: Required value: name or generateName is required"),
        ("backend", "metadata", {"generateName": "mistral-"}, ""),
        ("backend", "metadata.name", "a.b", ""),
        ("backend", "metadata.name", "Mistral", f'metadata.name: Invalid value: "Mistral": {SUBDOMAIN_WORDS}'),
        ("backend", "metadata.name", "a\n", f'metadata.name: Invalid value: "a\\n": {SUBDOMAIN_WORDS}'),
        (
            "backend",
            "metadata.name",
            "a" * 254,
            f'metadata.name: Invalid value: "{"a" * 254}": must be no more than 253 bytes',
        ),
        (
            "namespace",
            "metadata.name",
            "a.b",
            'metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label must consist of lower case alphanumeric'
            " characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc',"
            " regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
        (
            "service",
            "metadata.name",
            "1a",
            'metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or'
            " '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
            " 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
        (
            "backend",
            "metadata.labels",
            {"a": "b c"},
            'metadata.labels: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric'
            " characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or"
            " 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        ("backend", "metadata.labels", {"example.com/a": "", "B": "c"}, ""),
        ("backend", "metadata.labels", {"a b": ""}, f'metadata.labels: Invalid value: "a b": {KEY_WORDS}'),
        (
            "backend",
            "metadata.labels",
            {"A.com/b": ""},
            f'metadata.labels: Invalid value: "A.com/b": prefix part {SUBDOMAIN_WORDS}',
        ),
        ("backend", "metadata.annotations", {"A.com/b": "any thing"}, ""),
        (
            "backend",
            "metadata.annotations",
            {"/a": ""},
            'metadata.annotations: Invalid value: "/a": prefix part must be non-empty',
        ),
        (
            "backend",
            "metadata.annotations",
            {"a/": ""},
            f'[metadata.annotations: Invalid value: "a/": name part must be non-empty,'
            f' metadata.annotations: Invalid value: "a/": {KEY_WORDS}]',
        ),
        (
            "backend",
            "metadata.annotations",
            {"a" * 64: ""},
            f'metadata.annotations: Invalid value: "{"a" * 64}": name part must be no more than 63 bytes',
        ),
        (
            "backend",
            "metadata.annotations",
            {"a/b/c": ""},
            'metadata.annotations: Invalid value: "a/b/c": a qualified name must consist of alphanumeric characters,'
            " '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or"
            " '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS"
            " subdomain prefix and '/' (e.g. 'example.com/MyName')",
        ),
        (
            "backend",
            "metadata.annotations",
            {"a": "b" * 262_144},
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
        (
            "backend",
            "metadata.name",
            5,
            'Backend in version "v1alpha1" cannot be handled as a Backend: json: cannot unmarshal number into'
            " Go struct field ObjectMeta.metadata.name of type string",
        ),
        (
            "backend",
            "metadata",
            ["x"],
            'Backend in version "v1alpha1" cannot be handled as a Backend: json: cannot unmarshal array into'
            " Go struct field ObjectMeta.metadata of type v1.ObjectMeta",
        ),
    ],
)
def test_metadata(name: str, path: str, value: Any, message: str) -> None:
    told = refusal(changed(name, path, value))
    # A missing name also keeps the rules from being checked.
    assert (
        told.removeprefix("[").startswith(message)
        if "Required" in message or "Too long" in message
        else told == message
    )


def test_nulls_in_metadata_are_empty() -> None:
    metadata = admitted(changed("backend", "metadata", {"name": "a", "labels": {"b": None}, "finalizers": [None, "c"]}))
    assert metadata["metadata"] == {"name": "a", "labels": {"b": ""}, "finalizers": ["c"]}
