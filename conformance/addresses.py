"""Hosts that are IP addresses: they are not resolved, name no server in TLS, and belong to no zone."""

from __future__ import annotations

import ipaddress

__all__ = ["is_address"]


def is_address(host: str) -> bool:
    """Whether a host is an IPv4 or IPv6 address instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
