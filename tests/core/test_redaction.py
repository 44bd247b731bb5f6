"""Keys stay out of every output."""

from __future__ import annotations

import base64
import json

import pytest

from conformance.core.redaction import Key, excerpt, forgotten_after, key_owners, new_key, redact, register_key
from conformance.exchange.expectations.secrecy import Undisclosed
from conformance.exchange.messages import ClientResponse
from tests.support.exchanges import exchange


def test_a_key_shows_only_its_name() -> None:
    key = Key("opal-key", "sk-opal-0123456789")
    assert [repr(key), str(key), f"{key}", f"{[key]}"] == ["<opal-key>", "<opal-key>", "<opal-key>", "[<opal-key>]"]
    assert key.reveal() == "sk-opal-0123456789"
    assert key == Key("other-name", "sk-opal-0123456789")
    assert key != Key("opal-key", "sk-opal-9")
    assert key != "sk-opal-0123456789"
    assert len({key, Key("opal-key", "sk-opal-0123456789")}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("sk-ruby-0123456789", "Authorization: Bearer sk-ruby-0123456789"),
        ("sk-ruby-0123456789", "sk-ruby-0123456789sk-ruby-0123456789"),
        ("sk-ruby-0123456789", f"data: {base64.b64encode(b'sk-ruby-0123456789').decode()}"),
        ("  sk-ruby-0123456789\n", "x sk-ruby-0123456789 y"),
        ('sk-"onyx"-\\\\0123', json.dumps({"key": 'sk-"onyx"-\\\\0123'})),
    ],
)
def test_every_form_of_a_key_is_struck(value: str, text: str) -> None:
    register_key("ruby-key", value)
    shown = redact(text)
    assert value.strip() not in shown
    assert "0123" not in shown
    assert "<ruby-key" in shown


def test_the_longer_key_goes_first_and_the_first_name_stays() -> None:
    register_key("short-key", "sk-jade-01")
    register_key("long-key", "sk-jade-0123456789")
    register_key("later-key", "sk-jade-01")
    assert redact("sk-jade-0123456789 sk-jade-01") == "<long-key> <short-key>"


def test_whose_keys_a_text_holds() -> None:
    register_key("lapis-key", "sk-lapis-01")
    register_key("lapis.b-key", "sk-lapis-0123456789")
    register_key("beryl-value", "sk-beryl-01")
    assert key_owners("Bearer sk-lapis-0123456789, sk-beryl-01, <jasper-key>") == {"lapis.b"}
    assert key_owners(base64.b64encode(b"sk-lapis-01").decode()) == {"lapis"}


@pytest.mark.parametrize("value", ["", "   ", "eu", "admin"])
def test_what_is_too_short_for_a_key_garbles_nothing(value: str) -> None:
    register_key("tiny-key", value)
    assert redact("the admin of eu said so") == "the admin of eu said so"


def test_a_response_hides_keys() -> None:
    register_key("agate-key", "sk-agate-0123456789")
    assert "sk-agate" not in repr(ClientResponse(500, body=b"key sk-agate-0123456789 is wrong"))


def test_a_key_is_hidden_before_a_text_is_cut() -> None:
    key, other = new_key("opal"), new_key("jade")
    said = f"no such header: Bearer {key.reveal()}\n{other.reveal()} is no value"
    for most in range(len(said)):
        shown = excerpt(said, most)
        assert "sk-conformance" not in shown
        assert len(shown) <= most
    answer = exchange(ClientResponse(status=503, body=said.encode()))
    found = Undisclosed((f"{key.reveal()}\n{other.reveal()}", key.reveal())).check(answer)
    assert found is not None
    assert "sk-conformance" not in found.observed
    assert "<opal-key>" in found.observed


def test_what_is_registered_in_between_is_forgotten_and_the_rest_stays() -> None:
    register_key("sard-key", "sk-sard-0123456789")
    with forgotten_after():
        register_key("beryl-key", "plain words")
        register_key("sard-other", "sk-sar-short")
        assert redact("some plain words") == "some <beryl-key>"
    assert redact("some plain words") == "some plain words"
    assert redact("sk-sard-0123456789") == "<sard-key>"
