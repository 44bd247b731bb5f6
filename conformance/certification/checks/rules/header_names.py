"""Checks of the header that carries the key where nobody knows which one the vendor reads: is its name misspelt?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import nearest
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.auth import header_field

__all__: list[str] = []

_USUAL = ("Authorization", "api-key", "x-api-key", "x-goog-api-key")
_CUTOFF = 0.85


@reports(
    auth_header_misspelt=(
        "the header that carries the key is nearly called as one that vendors read",
        "RFC 9110, Authorization; the headers that LLM vendors document",
    )
)
def misspelt(sheet: Sheet) -> Iterator[Found]:
    """Only a warning, and only where the vendor's facts are not known: it may well be the name."""
    told = set()
    for entry in sheet.entries:
        auth, vendor = entry.llm.auth, entry.vendor
        if auth.kind not in ("secret", "inline") or not auth.header or (vendor and vendor.auth_required):
            continue
        near = nearest(auth.header, _USUAL, _CUTOFF)
        if near is None or _bare(auth.header) in map(_bare, _USUAL):
            continue
        field = header_field(entry)
        where = (*field, "headerName") if field[-1] == "authHeader" else (*field, "header", "name")
        # The Backend's own policies are for all of its entries.
        if (entry.manifest.id, where) not in told:
            told.add((entry.manifest.id, where))
            message = f"the key goes into the header {auth.header!r}, which looks like {near} misspelt"
            remedy = f"write {near}, unless the provider really reads {auth.header}"
            yield Found("auth-header-misspelt", entry.manifest, where, message, remedy, Severity.WARNING)


def _bare(name: str) -> str:
    """A name less what people write one way or the other: apikey, api_key, X-Authorization."""
    return re.sub(r"^x-|[-_]", "", name.lower())
