"""What an answer's headers say of it: its type, its compression, its date."""

from __future__ import annotations

import email.utils
import time
import zlib

from mock_providers.journal import RequestSeen

__all__ = ["accepts_gzip", "date", "gzipped", "type_of"]


def accepts_gzip(seen: RequestSeen) -> bool:
    for offer in ",".join(seen.values("accept-encoding")).split(","):
        coding, _, parameters = offer.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def gzipped(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=31)
    return squeeze.compress(body) + squeeze.flush()


def type_of(text: str) -> bytes:
    start = text.lstrip()[:1]
    return {"<": b"text/html; charset=utf-8", "{": b"application/json", "[": b"application/json"}.get(
        start, b"text/plain; charset=utf-8"
    )


_dated: tuple[int, bytes] = (0, b"")


def date() -> bytes:
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, email.utils.formatdate(now, usegmt=True).encode("ascii"))
    return _dated[1]
