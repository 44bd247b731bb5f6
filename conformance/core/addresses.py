"""Hosts that are IP addresses, which nobody resolves and no server name may be, and those of private networks."""

from __future__ import annotations

import ipaddress

__all__ = ["is_address", "is_inside", "without_root"]

_INSIDE = (".svc", ".local", ".internal", ".lan", ".localhost")


def is_address(host: str) -> bool:
    """Whether a host is an IPv4 or IPv6 address instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def without_root(host: str) -> str:
    """A host without the dot at the end by which a name says that it is absolute: it means the same (RFC 1034, 3.1)."""
    name = host.removesuffix(".")
    return name if name and not name.endswith(".") else host


def is_inside(host: str) -> bool:
    """Whether a host is an address or a name that only a cluster or a private network knows."""
    name = host.lower().rstrip(".")
    if is_address(host):
        return not ipaddress.ip_address(host).is_global
    return "." not in name or name.endswith(_INSIDE)
