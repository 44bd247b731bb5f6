"""What a lookalike does with a request or a connection, when it is not simply what the vendor does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["IDENTITIES", "VENDOR", "Behaviour", "Identity"]

Identity = Literal[
    "good",  # certificate for the host, by the trusted authority
    "wildcard",  # *.parent-domain
    "intermediate",  # leaf <- intermediate <- trusted root, intermediate sent
    "wrong-name",  # wrong.example.test
    "cn-only",  # the name only in the subject's common name, no subjectAltName
    "self-signed",
    "other-authority",  # correct in all but an authority nobody trusts
    "expired",
    "not-yet-valid",
    "tls12-only",
    "tls13-only",
    "plaintext",  # no TLS at all
]
"""How a lookalike identifies itself on TLS; one per attachment."""

IDENTITIES: tuple[Identity, ...] = get_args(Identity)


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One answer. All fields at their defaults: the vendor's own behaviour. JSON-serialisable on purpose.

    `status`, `json` or `text` make a canned answer, given without looking at the request. Times are seconds.
    """

    status: int | None = None  # answer with this status instead of looking at the request
    json: Any = None  # body as a JSON value; None together with status: the vendor's error shape
    text: str | None = None  # body as text, exactly (malformed JSON, HTML, empty)
    headers: tuple[tuple[str, str], ...] = ()  # added to the answer; replaces one of the lookalike's own of that name
    # Merged into the vendor's normal chat completion: mappings field by field (None sets null), lists item by item.
    merge: Any = None
    drop: tuple[
        str, ...
    ] = ()  # dotted fields removed from the normal completion: "usage", "choices", "choices.0.index"
    content: str | None = None  # the assistant's message itself
    content_bytes: int | None = None  # the assistant's message has this many bytes
    # True: compress whatever the client said; "accepted": compress when the request accepts gzip; else never.
    gzip: bool | Literal["accepted"] | None = None
    first_byte_after: float = 0.0
    chunks: int | None = None  # number of content chunks of a stream; of another answer: its length is not stated
    chunk_interval: float = 0.0
    hold_after_chunks: int | None = None  # stop the stream after so many chunks until released (an event, no clock)
    holds_answer: bool = False  # begin no answer, also no whole one, until released
    hold_each_chunk: bool = False  # stop after every chunk, until it is released under "ID/NUMBER"
    cut_every: int | None = None  # a stream goes out in pieces of so many bytes, whatever they cut in two
    closing: Any = None  # a JSON value that is sent as an event in place of the one that finishes a stream
    reset_after_chunks: int | None = None  # TCP reset mid-stream, after so many chunks
    # "on-accept" concerns a connection, which carries no exchange's id: for an attachment's behaviour only.
    reset: Literal["before-response", "in-response", "after-response", "on-accept"] | None = None
    # An orderly close that nothing announces: of the connection without an answer, or once it is idle.
    close: Literal["before-response", "after-response"] | None = None
    stalls_handshake: bool = False  # never answer a ClientHello; for an attachment's behaviour only, as "on-accept"
    usage_chunk: bool | None = None  # send the usage chunk whatever stream_options says; None: as asked
    done: bool = True  # end a stream with data: [DONE]
    last_line_feed: bool = True  # and that line as lines end
    trailers: tuple[tuple[str, str], ...] = ()  # fields behind the body of a stream, announced before it


VENDOR = Behaviour()
"""The vendor's own behaviour."""
