"""What a provider's host is, and whether it speaks TLS on its port: by the vendor's facts and the usual ports."""

from __future__ import annotations

import re

from conformance.certification.checks.model import Entry, Sheet
from conformance.core.addresses import is_address

__all__ = ["PLAIN_PORT", "TLS_PORTS", "is_host", "lacks_tls", "needs_tls"]

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")

TLS_PORTS = (443, 8443)
PLAIN_PORT = 80


def is_host(host: str) -> bool:
    """Whether it is a host name or an address, and nothing besides."""
    labels = host.removesuffix(".").split(".")
    return is_address(host) or (len(host) <= 253 and all(_LABEL.fullmatch(one) for one in labels))


def needs_tls(entry: Entry) -> bool:
    """Whether only TLS can work there. An unknown host on an unusual port may speak either."""
    llm, vendor = entry.llm, entry.vendor
    if not llm.host:
        return False
    if vendor and llm.port in (None, vendor.port):
        return vendor.tls
    return llm.port in TLS_PORTS


def lacks_tls(sheet: Sheet, entry: Entry) -> bool:
    """Whether nothing asks for the TLS that it needs. To a Backend of a misspelt group nothing can refer at all."""
    return entry.tls is None and needs_tls(entry) and entry.backend.id.group == sheet.api.BACKEND_GROUP
