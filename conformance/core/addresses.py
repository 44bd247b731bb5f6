"""Hosts that are IP addresses, which nobody resolves and no server name may be, and those of private networks."""

from __future__ import annotations

import ipaddress

__all__ = ["is_address", "is_inside"]

_INSIDE = (".svc", ".local", ".internal", ".lan", ".localhost")


def is_address(host: str) -> bool:
    """Whether a host is an IPv4 or IPv6 address instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_inside(host: str) -> bool:
    """Whether a host is an address or a name that only a cluster or a private network knows."""
    name = host.lower().rstrip(".")
    return is_address(host) or "." not in name or name.endswith(_INSIDE)
