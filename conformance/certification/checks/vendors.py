"""What is known about the vendor at a host: by the files that a person names, and by the suite's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import (
    list_providers,
    load_provider,
    moved_from,
    not_at,
    provider_at,
    provider_file,
)
from conformance.manifests.named_facts import facts_at

__all__ = ["api_elsewhere", "former_vendor", "is_of_another", "plaintext_ports", "vendor_of"]

# Anything may listen there, with TLS too: no vendor's habit says more of them.
_GENERIC_PORTS = (80, 8080)


def vendor_of(host: str | None, facts: Sequence[Provider] = (), port: int | None = None) -> Provider | None:
    """The known provider at a host; None for one that nobody knows. A person's own `facts` go before ours."""
    return facts_at(facts, host, port) or _shipped(host)


@lru_cache(maxsize=1024)
def _shipped(host: str | None) -> Provider | None:
    return provider_at(host.lower().rstrip(".")) if host else None


def former_vendor(host: str | None) -> Provider | None:
    """The known provider whose API was at a host, and is elsewhere now."""
    return moved_from(host.rstrip(".")) if host else None


def api_elsewhere(host: str | None) -> Provider | None:
    """The known provider whose vendor has something else than its API at a host."""
    return not_at(host.rstrip(".")) if host else None


@cache
def plaintext_ports() -> Mapping[int, Provider]:
    """The ports on which known providers speak plaintext, as self-hosted ones do, with who does."""
    # Only their files are parsed: a YAML parser takes its time.
    names = (one for one in list_providers() if "\ntls: false" in provider_file(one).read_text(encoding="utf-8"))
    return {one.port: one for one in map(load_provider, names) if one.port not in _GENERIC_PORTS}


def is_of_another(text: str, vendor: Provider) -> bool:
    """Whether a text, such as the name of a variable or a Secret, names known vendors, and this is none of them."""
    named = [name for name in list_providers() if _names(text, name)]
    own = {vendor.name, *vendor.name.split("-")}
    return bool(named) and not any(own & {name, *name.split("-")} for name in named) and not _names(text, vendor.name)


@lru_cache(maxsize=1024)
def _names(text: str, name: str) -> bool:
    return f"-{name}-" in f"-{'-'.join(re.split(r'[^a-z0-9]+', text.lower()))}-"
