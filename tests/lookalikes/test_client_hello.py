"""The ClientHello as the tap reads it, against real ones and broken ones."""

from __future__ import annotations

import ssl

import pytest

from mock_providers.connection.client_hello import (
    MOST_BYTES,
    Incomplete,
    NotAClientHello,
    looks_like_tls,
    read_client_hello,
)
from tests.support.lookalikes import client_hello


def in_records(hello: bytes, size: int) -> bytes:
    """The same handshake message spread over records of `size` bytes."""
    message = hello[5:]
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    return b"".join(hello[:3] + len(part).to_bytes(2) + part for part in parts)


def with_extensions(extensions: bytes) -> bytes:
    body = (
        b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + len(extensions).to_bytes(2) + extensions
    )
    message = b"\x01" + len(body).to_bytes(3) + body
    return b"\x16\x03\x01" + len(message).to_bytes(2) + message


def test_a_real_hello_shows_name_protocols_and_versions() -> None:
    hello = read_client_hello(client_hello(alpn=("h2", "http/1.1")))
    assert hello.sni == "api.mistral.ai"
    assert hello.alpn == ("h2", "http/1.1")
    assert hello.versions[:2] == ("TLSv1.3", "TLSv1.2")


def test_a_hello_without_extensions_offers_its_legacy_version_only() -> None:
    hello = read_client_hello(client_hello(name=None, newest=ssl.TLSVersion.TLSv1_2))
    assert (hello.sni, hello.alpn, hello.versions) == (None, (), ("TLSv1.2",))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_hello_in_many_records_reads_the_same(size: int) -> None:
    whole = client_hello(alpn=("http/1.1",))
    assert read_client_hello(in_records(whole, size)) == read_client_hello(whole)


def test_every_shorter_start_asks_for_more_bytes_and_never_for_too_many() -> None:
    whole = client_hello()
    for length in range(len(whole)):
        with pytest.raises(Incomplete) as incomplete:
            read_client_hello(whole[:length])
        assert length < incomplete.value.needed <= len(whole)


def test_unknown_versions_and_name_kinds_are_left_out() -> None:
    grease = b"\x00\x2b" + b"\x00\x05" + b"\x04\x1a\x1a\x03\x04"
    other_name = b"\x00\x00" + b"\x00\x06" + b"\x00\x04" + b"\x07\x00\x01x"
    hello = read_client_hello(with_extensions(grease + other_name))
    assert hello.versions == ("TLSv1.3",)
    assert hello.sni is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x28", "not a TLS handshake record"),
        (b"\x16\x02\x00\x00\x05hello", "not a TLS handshake record"),
        (b"\x16\x03\x01\x00\x00", "not a TLS handshake record"),
        (b"\x16\x03\x01\xff\xff", "not a TLS handshake record"),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", "instead of a ClientHello"),
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", "ends too early"),
        (with_extensions(b"\x00\x10\x00\xff"), "ends too early"),
        (in_records(b"\x16\x03\x01\x00\x00\x01\xff\xff\xff" + bytes(MOST_BYTES), 16_000), "longer than any"),
    ],
    ids=["alert", "version", "empty", "too long", "other message", "cut body", "cut extension", "endless"],
)
def test_what_is_no_hello_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(NotAClientHello, match=message):
        read_client_hello(data)


@pytest.mark.parametrize(("data", "expected"), [(b"\x16", True), (b"P", False), (b"", False)])
def test_tls_is_told_by_its_first_byte(data: bytes, expected: bool) -> None:
    assert looks_like_tls(data) is expected
