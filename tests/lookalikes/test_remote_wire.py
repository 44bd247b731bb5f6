"""What crosses the wire between a run and its remote lookalikes comes out as it went in, or is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.core.providers.provider import Provider, VendorError
from conformance.core.providers.shipped import list_providers, load_provider
from mock_providers import Attachment, Behaviour, Journal, TlsFacts
from mock_providers.remote.changes import ALL, Changes
from mock_providers.remote.wire import Malformed, decoded, encoded, entries_from, parsed

MISTRAL = load_provider("mistral")
ODD = Behaviour(
    status=418,
    json={"a": [1, 2.5, None, True, "ä \udcff"]},
    text='\x00"\r\n',
    headers=(("Retry-After", "1"), ("retry-after", "2")),
    merge={"usage": None},
    drop=("usage", "choices.0.index"),
    gzip="accepted",
    first_byte_after=0.5,
    chunks=3,
    hold_after_chunks=1,
    reset="before-response",
    usage_chunk=False,
    done=False,
)


def through(value: Any) -> Any:
    """The value after a way over the wire."""
    return parsed(json.dumps(encoded(value)).encode())


def test_every_provider_survives() -> None:
    for provider in map(load_provider, list_providers()):
        assert decoded(Provider, through(provider)) == provider


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment("a.test", 443, MISTRAL),
        Attachment(
            "a.test",
            8443,
            Provider("x", "X", "x.test", 1, "/", (), errors={"not_found": VendorError(404, ["any", None])}),
            identity="cn-only",
            keys=frozenset({"sk-ä", "sk-2"}),
            behaviour=ODD,
            bind="127.0.0.2",
            bind_port=8443,
            reach="refused",
            address_of=("b.test", 443),
        ),
    ],
)
def test_every_field_of_an_attachment_survives(attachment: Attachment) -> None:
    again = decoded(Attachment, through(attachment))
    assert again == attachment
    assert type(again.behaviour.first_byte_after) is float


def journal() -> Journal:
    """A journal with one entry of each kind."""
    one = Journal()
    failed = one.enter_connection("a.test", 443, "127.0.0.1:1")
    failed.kind, failed.closed = "tls", True
    failed.tls = TlsFacts("a.test", ("h2", "http/1.1"), ("TLSv1.3",), failure="tlsv1 alert unknown ca")
    shared = one.enter_connection("b.test", 443, "127.0.0.1:2")
    shared.tls = TlsFacts(None, (), (), completed=True, version="TLSv1.3", alpn="http/1.1")
    headers = (("X-a", "\xe9"), ("x-A", ""), ("x-conformance-exchange", "e-1"))
    first = one.enter_request(shared, "POST", "/a%2F?b=\xff", "1.1", headers, secret_header="x-key")
    first.body, first.body_complete, first.chunks_sent = bytes(range(256)), True, 2
    first.status, first.outcome = 200, "answered"
    one.enter_request(shared, "GET", "/", "1.0", ())
    return one


@pytest.mark.parametrize("mark", range(5))
def test_the_journal_survives(mark: int) -> None:
    seen = journal()
    changes = Changes(seen)
    for connection in seen.connections:
        seen.changed(connection)
    for request in seen.requests:
        seen.changed(request)
    said = through(changes.after(ALL, mark))
    entries = entries_from(said["connections"], said["requests"], mark)
    assert entries == seen.since(mark)
    assert len({id(one.connection) for one in entries.requests}) <= 1
    assert [one.correlation_id for one in entries.requests] == [one.correlation_id for one in seen.since(mark).requests]


def test_only_what_changed_is_said_again() -> None:
    seen = Journal()
    changes = Changes(seen)
    connection = seen.enter_connection("a.test", 443, "127.0.0.1:1")
    request = seen.enter_request(connection, "GET", "/", "1.1", ())
    version = changes.after(ALL, 0)["version"]
    said = changes.after(version, 0)
    assert (said["connections"], said["requests"]) == ([], [])
    seen.changed(request)
    said = changes.after(version, 1)
    assert [len(said[kind]) for kind in ("connections", "requests")] == [1, 1]
    seen.changed(connection)
    # Older than the mark, and of use to a newer request only.
    assert [len(changes.after(said["version"], 1)[kind]) for kind in ("connections", "requests")] == [1, 0]
    assert [len(changes.after(said["version"], 2)[kind]) for kind in ("connections", "requests")] == [0, 0]


WHOLE = through(Attachment("a.test", 443, MISTRAL))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"host": 1}, "host: expected a text"),
        ({"port": True}, "port: expected a number"),
        ({"port": "443"}, "port: expected a number"),
        ({"identity": "odd"}, "identity: expected one of good, wildcard"),
        ({"identity": ["good"]}, "identity: expected one of good, wildcard"),
        ({"reach": None}, "reach: expected one of listening, refused"),
        ({"keys": "sk-secret"}, "keys: expected a list"),
        ({"keys": [{"sk-secret": 1}]}, r"keys\[0\]: expected a text"),
        ({"address_of": ["a.test"]}, "address_of: expected a list of 2"),
        ({"behaviour": []}, "behaviour: expected an object"),
        ({"behaviour": {"gzip": "sk-secret"}}, "behaviour.gzip: expected true or false"),
        ({"behaviour": {"status": 1.5}}, "behaviour.status: expected a number"),
        ({"behaviour": {"headers": [["a", 1]]}}, r"behaviour.headers\[0\]\[1\]: expected a text"),
        ({"behaviour": {"sleep": 1}}, "behaviour.sleep: unknown field"),
        ({"provider": {**WHOLE["provider"], "errors": {"x": {"status": 1}}}}, "provider.errors.x.body: missing"),
        ({"more": "sk-secret"}, "more: unknown field"),
    ],
)
def test_a_mistake_is_named_and_no_value_shown(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=f"^{message}") as problem:
        decoded(Attachment, {**WHOLE, **changed})
    assert "sk-secret" not in str(problem.value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        parsed(text)


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([{}], "connection: not among those that came along"),
        ([{"connection": 2}], "sequence: expected a number"),
        ([{**through({"connection": 2}), "sequence": 4, "body": "%"}], "method: expected a text"),
    ],
)
def test_a_journal_that_cannot_be_read(requests: list[Any], message: str) -> None:
    connections = [encoded(one) for one in journal().connections]
    connections[1]["sequence"] = 2
    with pytest.raises(Malformed, match=message):
        entries_from(connections, requests, 0)


def test_bytes_are_base64() -> None:
    assert decoded(bytes, encoded(b"\xff\x00")) == b"\xff\x00"
    with pytest.raises(Malformed, match="expected base64"):
        decoded(bytes, "%%")
