"""Secrets: what each type of them holds, and what of them may change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.admission_objects import GOOD, admitted, refusal

IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"


@pytest.mark.parametrize(
    ("of_type", "data", "message"),
    [
        ("kubernetes.io/tls", {"tls.crt": "YQ==", "tls.key": ""}, ""),
        ("kubernetes.io/tls", {"tls.key": "YQ=="}, "data[tls.crt]: Required value"),
        ("kubernetes.io/ssh-auth", {"ssh-privatekey": ""}, "data[ssh-privatekey]: Required value"),
        ("kubernetes.io/basic-auth", {"password": ""}, ""),
        (
            "kubernetes.io/basic-auth",
            {"token": "YQ=="},
            "[data[username]: Required value, data[password]: Required value]",
        ),
        ("kubernetes.io/dockerconfigjson", {".dockerconfigjson": "e30="}, ""),
        ("kubernetes.io/dockerconfigjson", {"token": "YQ=="}, "data[.dockerconfigjson]: Required value"),
        ("kubernetes.io/dockercfg", {".dockercfg": "YQ=="}, "<secret contents redacted>"),
        (
            "kubernetes.io/service-account-token",
            {},
            "metadata.annotations[kubernetes.io/service-account.name]: Required",
        ),
        ("example.com/any", {"token": "YQ=="}, ""),
    ],
)
def test_a_secret_of_a_type_of_its_own_holds_what_belongs_to_it(
    of_type: str, data: dict[str, str], message: str
) -> None:
    secret = {**GOOD["secret"], "type": of_type, "data": data}
    secret.pop("stringData", None)
    assert message in refusal(secret) if message else refusal(secret) == ""


def test_line_ends_inside_base64_are_not_stored() -> None:
    assert admitted({**GOOD["secret"], "data": {"a": "YWJj\r\nYWJj\n"}})["data"]["a"] == "YWJjYWJj"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ({"type": "Opaque"}, {"type": "Other"}, 'type: Invalid value: "Other": field is immutable'),
        ({"immutable": True, "data": {"a": "YQ=="}}, {"immutable": True, "data": {"a": "YQ=="}}, ""),
        (
            {"immutable": True, "data": {"a": "YQ=="}},
            {"data": {"a": "Yg=="}},
            f"[immutable: {IMMUTABLE}, data: {IMMUTABLE}]",
        ),
    ],
)
def test_changes_of_a_secret(old: dict[str, Any], new: dict[str, Any], message: str) -> None:
    base = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}, "type": "Opaque"}
    assert refusal({**base, **new}, {**base, **old}) == message
