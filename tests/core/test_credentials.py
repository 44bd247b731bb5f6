"""What is taken for a key by its name or its look, and what is not."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from conformance.core.credentials import (
    HIDDEN,
    credentials_of_query,
    hide_likely_keys,
    is_credential_name,
    is_likely_key,
    is_misplaced_key,
    is_stand_in,
    userinfo_in,
)
from conformance.core.redaction import redact, register_key

KEYS = [
    "Authorization",
    "x-api-key",
    "api-key",
    "X-Goog-Api-Key",
    "client_secret",
    "accessToken",
    "PGPASSWORD",
    "Cookie",
]
NAMES = ["max_tokens", "x-ratelimit-remaining-tokens", "secretName", "sectionName", "prompt_cache_key", "monkey", "key"]
NO_KEYS = [
    "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    "accounts/fireworks/models/llama-v3p1-70b-instruct",
    "f96d7df7-3f0c-40ec-b29c-ab22ae3e6d85",
    "sk-learn-proxy-of-the-team",
    "sha256-X745Pv0GDmKWGOFsm0GxwS0qyKs9VgtEX55M3i2nuU8=",
    "Authorization: Bearer <mistral-key>",
    "Authorization: $MISTRAL_API_KEY",
    "backendRefs-of-an-HTTPRoute-in-Namespace-9",
    "CERTIFICATE_VERIFY_FAILED",
    "manifests.yaml:7:3: stringData.Authorization: expected a text",
]


@pytest.mark.parametrize("name", KEYS)
def test_names_of_keys(name: str) -> None:
    assert is_credential_name(name)


@pytest.mark.parametrize("name", NAMES)
def test_names_that_only_sound_so(name: str) -> None:
    assert not is_credential_name(name)


@pytest.mark.parametrize(
    "key", ["sk-proj-Ab3dE5fG7hJ9", "gsk_0123456789abcdef", "AKIAABCDEFGHIJKLMNOP", "Ab3dE5fG7hJ9kL1mN3pQ5rS7"]
)
def test_a_key_that_nobody_registered_is_hidden_by_its_look(key: str) -> None:
    assert is_likely_key(key)
    assert redact(f"it said: {key}.") == f"it said: {HIDDEN}."


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_is_for_everybody_to_read_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x-api-key: k2j3h4kj", f"x-api-key: {HIDDEN}"),
        ('{"authorization": "Bearer abcdefgh9"}', f'{{"authorization": "Bearer {HIDDEN}"}}'),
        ("POST /v1/chat?key=abcd-1234&x=1", f"POST /v1/chat?key={HIDDEN}&x=1"),
        ("client_secret=abcdefg8&next", f"client_secret={HIDDEN}&next"),
    ],
)
def test_what_stands_behind_the_name_of_a_key_is_hidden(text: str, shown: str) -> None:
    assert hide_likely_keys(text) == shown


@pytest.mark.parametrize("value", ["$KEY", "Bearer ${KEY}", "<insert>", "{{ .Values.key }}", "***", ""])
def test_stand_ins_are_no_keys(value: str) -> None:
    assert is_stand_in(value)
    assert not is_stand_in(f"x1{value}")


def test_keys_of_a_query() -> None:
    assert list(credentials_of_query("/v1/chat?api-version=1&key=K1&access_token=K2&x=3#f")) == ["K1", "K2"]


@pytest.mark.parametrize("before", ["", "u", "us", "use", "Bearer ", "user:"])
@pytest.mark.parametrize("after", ["", ":", "\n", " and more"])
def test_a_known_key_is_struck_wherever_in_base64_it_begins(before: str, after: str) -> None:
    key = "opal~beryl?9/onyx"
    register_key("gem-key", key)
    shown = redact(base64.b64encode(f"{before}{key}{after}".encode()).decode())
    assert "<gem-key in base64>" in shown
    # Of the key no more than the bits that a letter shares with its neighbour.
    assert len(shown.replace("<gem-key in base64>", "")) <= len(before) * 4 / 3 + len(after) * 4 / 3 + 6
    assert "beryl" not in redact(f"/v1?k={quote(key)}")
    assert "beryl" not in redact(f"/v1?k={quote(key, safe='')}")


@pytest.mark.slow
@pytest.mark.parametrize("part", ["x", "a-", "eyJ", "api-key=", "authorization:", "sk-", "?key=", "aB3"])
def test_what_is_looked_for_costs_as_much_as_a_text_is_long(part: str) -> None:
    """With an expression that goes back and forth this would take hours; the time itself is not asserted."""
    assert len(hide_likely_keys(part * (1_000_000 // len(part)))) > 0


@pytest.mark.parametrize(
    "key",
    [
        "0f9e8d7c6b5a49382716f5e4d3c2b1a0",
        "f96d7df7-3f0c-40ec-b29c-ab22ae3e6d85",
        "0f9e8d7c6b5a49382716f5e4d3c2b1a0.Zx81kLmQ0pRsTu9v",
        "AKIAABCDEFGHIJKLMNOP",
        "qwhxkvbnzmplrtysdfgjcxaoe",
        "wJalrXUtnFEMI/K7MDENG+bPx",
    ],
)
def test_a_key_that_stands_where_a_name_belongs(key: str) -> None:
    assert is_misplaced_key(key)


@pytest.mark.parametrize(
    "name",
    [
        "mistral-secret",
        "mistral-secret-k9h2d8f7tb",
        "Mistral_Secret_2026",
        "SecretRef",
        "$NAME_OF_THE_SECRET",
        "gpt-4",
        "<vendor>-secret",
    ],
)
def test_a_name_that_is_misspelt_is_no_key(name: str) -> None:
    assert not is_misplaced_key(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to https://x:0f9e8d7c6b5a4938@api.z.ai", f"to https://x:{HIDDEN}@api.z.ai"),
        ("host x:0f9e8d7c6b5a4938@api.z.ai:443", f"host x:{HIDDEN}@api.z.ai:443"),
        ("to https://0f9e8d7c6b5a4938@api.z.ai", f"to https://{HIDDEN}@api.z.ai"),
        ("ask me@example.com", "ask me@example.com"),
    ],
)
def test_what_a_host_says_of_users_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert [*userinfo_in(text)] == (["0f9e8d7c6b5a4938"] if HIDDEN in shown else [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key wJ2/Ab3dE5fG7hJ9kL1mN3pQ5rS7uV/x9+Z= end", f"key {HIDDEN} end"),
        ("at api.z.ai/v1/Ab3dE5fG7hJ9kL1mN3pQ5rS7/chat", f"at api.z.ai/v1/{HIDDEN}/chat"),
        ("stringData.Ab3dE5fG7hJ9kL1mN3pQ5rS7: no", f"stringData.{HIDDEN}: no"),
        ("Ab3dE5fG7hJ9kL1mN3pQ5rS7.Zx8kL.9Q", HIDDEN),
    ],
)
def test_of_a_key_no_part_is_left_and_of_what_is_beside_it_all(text: str, shown: str) -> None:
    assert redact(text) == shown
