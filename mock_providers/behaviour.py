"""What a lookalike does with a request or a connection, when it is not simply what the vendor does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["VENDOR", "Behaviour", "Identity"]

Identity = Literal[
    "good",  # certificate for the host, by the trusted authority
    "wildcard",  # *.parent-domain
    "intermediate",  # leaf <- intermediate <- trusted root, intermediate sent
    "wrong-name",
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


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One answer. All fields at their defaults: the vendor's own behaviour. JSON-serialisable on purpose.

    Times are seconds.
    """

    status: int | None = None  # answer with this status instead of looking at the request
    json: Any = None  # body as a JSON value; None together with status: the vendor's error shape
    text: str | None = None  # body as text, exactly (malformed JSON, HTML, empty)
    headers: tuple[tuple[str, str], ...] = ()  # added to the answer
    merge: Any = None  # mapping merged into the vendor's normal chat completion (None values set null)
    drop: tuple[str, ...] = ()  # dotted fields removed from the normal completion: "usage", "choices", "choices.0.index"
    content_bytes: int | None = None  # the assistant's message has this many bytes
    gzip: bool | None = None  # True: compress whatever the client said; None: when it accepts gzip and asked by plan
    first_byte_after: float = 0.0
    chunks: int | None = None  # number of content chunks of a stream
    chunk_interval: float = 0.0
    hold_after_chunks: int | None = None  # stop the stream after so many chunks until released (an event, no clock)
    reset_after_chunks: int | None = None  # TCP reset mid-stream, after so many chunks
    reset: Literal["before-response", "on-accept"] | None = None
    usage_chunk: bool | None = None  # send the usage chunk whatever stream_options says; None: as asked
    done: bool = True  # end a stream with data: [DONE]


VENDOR = Behaviour()
