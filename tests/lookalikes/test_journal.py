"""The journal by itself: order, marks, waits, and what its entries show."""

from __future__ import annotations

import asyncio

import pytest

from conformance.core.redaction import register_key
from mock_providers import ConnectionSeen, Entries, Journal, JournalTimeout, RequestSeen
from mock_providers.journal import TlsFacts
from tests.support.lookalikes import PATIENCE


def enter(journal: Journal, exchange: str | None = None, *headers: tuple[str, str]) -> RequestSeen:
    connection = journal.enter_connection("api.mistral.ai", 443, "127.0.0.1:5")
    sent = (("X-Conformance-Exchange", exchange),) if exchange else ()
    return journal.enter_request(connection, "POST", "/v1", "1.1", (*headers, *sent), secret_header="x-mistral")


def test_connections_and_requests_share_one_order() -> None:
    journal = Journal()
    first, second = enter(journal), enter(journal)
    numbers = [first.connection.sequence, first.sequence, second.connection.sequence, second.sequence]
    assert numbers == sorted(set(numbers))


def test_since_a_mark() -> None:
    journal = Journal()
    enter(journal, "e-1")
    mark = journal.mark()
    assert journal.since(mark) == Entries((), ())
    later = enter(journal, "e-2")
    assert journal.since(mark).requests == (later,)
    assert journal.since(mark).connections == (later.connection,)
    assert len(journal.since(0).requests) == 2


def test_a_copy_stays_as_it_was() -> None:
    journal = Journal()
    seen = enter(journal, "e-1")
    seen.connection.tls = TlsFacts("api.mistral.ai", (), ())
    copied = journal.since(0).copied()
    assert copied == journal.since(0)
    assert copied.requests[0].connection is copied.connections[0]
    seen.outcome, seen.connection.closed, seen.connection.tls.completed = "answered", True, True
    (connection,), (request,) = copied.connections, copied.requests
    assert (request.outcome, connection.closed, connection.tls and connection.tls.completed) == ("open", False, False)


def test_for_exchange() -> None:
    journal = Journal()
    tries = [enter(journal, "e-1"), enter(journal, "e-1")]
    enter(journal, "e-2")
    verbatim = enter(journal)
    assert journal.for_exchange("e-1") == tries
    assert journal.for_exchange("e-3") == []
    assert verbatim.correlation_id is None


def test_clearing_keeps_marks_valid() -> None:
    journal = Journal()
    enter(journal, "e-1")
    mark = journal.mark()
    journal.clear()
    assert journal.for_exchange("e-1") == []
    later = enter(journal, "e-1")
    assert journal.since(mark).requests == (later,)


async def test_waits_end_with_the_event() -> None:
    journal = Journal()
    waits = [
        asyncio.ensure_future(journal.wait_for_request("e-1", PATIENCE)),
        asyncio.ensure_future(journal.wait_for_outcome("e-1", PATIENCE)),
        asyncio.ensure_future(journal.wait_for(lambda seen: seen.for_exchange("e-1"), PATIENCE)),
    ]
    await asyncio.sleep(0)
    seen = enter(journal, "e-1")
    assert await waits[2] == [seen]
    assert not waits[0].done()
    seen.body_complete = True
    journal.changed(seen)
    assert await waits[0] is seen
    assert not waits[1].done()
    seen.outcome = "answered"
    journal.changed(seen)
    assert await waits[1] is seen


async def test_a_wait_for_what_is_there_already_does_not_wait() -> None:
    journal = Journal()
    seen = enter(journal, "e-1")
    seen.outcome = "answered"
    assert await journal.wait_for_request("e-1", 0) is seen


async def test_a_wait_in_vain_says_what_was_seen_instead() -> None:
    journal = Journal()
    wait = asyncio.ensure_future(journal.wait_for_request("e-1", 0.05))
    await asyncio.sleep(0)
    for _ in range(11):
        enter(journal, "e-2")
    with pytest.raises(
        JournalTimeout, match=r"exchange e-1 did not happen within 0\.05 s; .*api\.mistral\.ai:443.*\.\.\."
    ):
        await wait
    with pytest.raises(JournalTimeout, match=r"the journal's condition .* nothing"):
        await journal.wait_for(lambda _: None, 0)


async def test_a_wait_that_is_cancelled_leaves_the_others_alone() -> None:
    journal = Journal()
    cancelled, kept = (asyncio.ensure_future(journal.wait_for_outcome("e-1", PATIENCE)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    seen = enter(journal, "e-1")
    seen.outcome = "answered"
    journal.changed(seen)
    assert await kept is seen
    assert cancelled.cancelled()


def test_watchers_see_each_change_until_they_leave() -> None:
    journal = Journal()
    seen: list[ConnectionSeen | RequestSeen] = []
    leave = journal.watch(seen.append)
    request = enter(journal)
    leave()
    enter(journal)
    assert seen == [request.connection, request]


@pytest.mark.parametrize(
    "header", ["Authorization", "proxy-authorization", "X-Api-Key", "api-key", "Cookie", "X-Mistral", "x-elsewhere"]
)
def test_secrets_are_not_shown(header: str) -> None:
    register_key("some-key", "sk-registered")
    secret = "sk-registered" if header == "x-elsewhere" else "sk-of-a-stranger"
    seen = enter(Journal(), "e-1", (header, secret), ("x-custom", "shown"))
    seen.body = b"the key sk-registered in a body"
    assert "sk-" not in repr(seen)
    assert "shown" in repr(seen)
    assert "sk-" not in repr(Journal(requests=[seen]))
