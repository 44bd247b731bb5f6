"""Keys that stand where a Secret's name, a kind or a host belongs are shown nowhere; names that are misspelt are."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from conformance.core.redaction import redact
from conformance.manifests.secrets import register_secrets

WITH_KEY: list[Any] = [
    {"authToken": {"secretRef": "KEY"}},
    {"authToken": {"kind": "KEY", "secretRef": {"name": "s"}}},
    {"authToken": {"kind": "Inline", "inline": "Bearer KEY"}},
    {"policies": {"auth": "KEY"}},
    {"policies": {"auth": {"key": {"value": "KEY"}}}},
    {"policies": {"auth": {"location": "KEY"}}},
    {"policies": {"auth": {"location": {"header": {"name": "Authorization", "prefix": "Bearer KEY "}}}}},
    {"policies": {"auth": {"secretRef": {"name": "KEY"}}}},
    {"host": "x:KEY@api.mistral.ai"},
    {"host": "https://KEY@api.mistral.ai"},
    {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"KEY": "Authorization"}},
]


@pytest.mark.parametrize("data", WITH_KEY, ids=str)
def test_a_key_is_not_shown_wherever_it_was_put(data: Any) -> None:
    key = secrets.token_hex(16)

    def filled(one: Any) -> Any:
        if isinstance(one, dict):
            return {filled(name): filled(value) for name, value in one.items()}
        return one.replace("KEY", key)

    register_secrets([{"kind": "Backend", "metadata": {"name": "b"}, "spec": {"ai": filled(data)}}, filled(data)])
    assert key not in redact(f"found {key!r}, and {key.upper()}")


def test_names_stay_readable() -> None:
    register_secrets(
        [
            {"authToken": {"kind": "Secretref", "secretRef": "mistral-secret"}},
            {"policies": {"auth": {"location": "authorization", "secretRef": {"name": "Mistral_Secret_2"}}}},
            {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"api-key": "Authorization"}},
        ]
    )
    said = "kind Secretref of mistral-secret or Mistral_Secret_2, in authorization; api-key is Authorization"
    assert redact(said) == said
