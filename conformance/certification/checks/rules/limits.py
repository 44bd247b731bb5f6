"""Checks of limits on what is asked: so small that no chat completion keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.policies import said_in_force
from conformance.certification.checks.registry import reports

__all__: list[str] = []

_LIMITS = {("frontend", "http"): ("maxBufferSize",), ("traffic", "buffer"): ("request", "maxBytes")}
_LEAST = 64
"""Bytes: no request with a model and a message is shorter."""
_SMALL = 16 * 1024
"""Bytes: what a few pages of text come to."""
_SIZE = re.compile(r"(\d+)(?:([KMG])(i?))?")
_FACTORS = {"K": 1, "M": 2, "G": 3}


@reports(
    limit_too_small=(
        "a policy takes no requests of the size that chat completions have",
        "agentgateway API, FrontendHTTP.MaxBufferSize, Traffic.Buffer; FACTS 6.9: what is longer is answered 503",
    )
)
def too_small(sheet: Sheet) -> Iterator[Found]:
    """A conversation is sent as a whole each time, and grows."""
    for manifest, path, written in said_in_force(sheet, _LIMITS):
        size = _bytes(written)
        if size is None or size >= _SMALL:
            continue
        sure = size < _LEAST
        message = f"requests of more than {written} bytes are refused, and {'all' if sure else 'many'} are longer"
        severity = Severity.ERROR if sure else Severity.WARNING
        remedy = "give it a megabyte or more, or leave it out"
        yield Found("limit-too-small", manifest, path, message, remedy, severity)


def _bytes(written: object) -> int | None:
    """A size in bytes, as a number or a quantity; None where it is none of these."""
    found = _SIZE.fullmatch(str(written)) if isinstance(written, int | str) else None
    if found is None or isinstance(written, bool):
        return None
    factor: int = (1024 if found[3] else 1000) ** _FACTORS.get(found[2] or "", 0)
    return int(found[1]) * factor
