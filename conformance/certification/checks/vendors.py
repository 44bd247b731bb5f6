"""What is known about the vendor at a host: by the files that a person names, and by the suite's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from conformance.core.addresses import is_inside
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import (
    known_hosts,
    list_providers,
    load_provider,
    moved_from,
    not_at,
    provider_at,
    provider_file,
)
from conformance.manifests.named_facts import facts_at

__all__ = [
    "api_elsewhere",
    "former_vendor",
    "is_of_another",
    "near_vendor",
    "plaintext_ports",
    "vendor_of",
    "vendors_named",
]

# Anything may listen there, with TLS too: no vendor's habit says more of them.
_GENERIC_PORTS = (80, 8080)
_SHORTEST_LABEL = 5


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
    """The known provider whose vendor has something else than its API at a host: a console, or its web site."""
    name = host.rstrip(".").lower() if host else ""
    return not_at(name) or _with_site(name)


@lru_cache(maxsize=1024)
def _with_site(host: str) -> Provider | None:
    """The known provider below whose domain the API is, and not at it; nor at www before it."""
    domain = host.removeprefix("www.")
    if domain != host and (found := provider_at(domain)):
        return found
    if domain.count(".") != 1 or provider_at(domain):
        return None
    below = (name for known, name in known_hosts().items() if known.endswith(f".{domain}") and not is_inside(known))
    return next(map(load_provider, below), None)


@cache
def plaintext_ports() -> Mapping[int, Provider]:
    """The ports on which known providers speak plaintext, as self-hosted ones do, with who does."""
    # Only their files are parsed: a YAML parser takes its time.
    names = (one for one in list_providers() if "\ntls: false" in provider_file(one).read_text(encoding="utf-8"))
    return {one.port: one for one in map(load_provider, names) if one.port not in _GENERIC_PORTS}


def is_of_another(texts: Sequence[str], vendor: Provider) -> bool:
    """Whether the first of these texts, as names of a variable and a Secret, that names vendors names only others."""
    named, own = next(filter(None, map(vendors_named, texts)), set[str]()), set(vendor.name.split("-"))
    return bool(named) and not any(own & set(name.split("-")) for name in named)


def vendors_named(text: str) -> set[str]:
    """The known vendors that a text names by a word of it; `azure-openai` is one, and not openai, too."""
    words = "-".join(re.split(r"[^a-z0-9]+", text.lower()))
    named = [name for name in list_providers() if f"-{name}-" in f"-{words}-"]
    return {name for name in named if not any(name != other and f"-{name}-" in f"-{other}-" for other in named)}


def near_vendor(host: str) -> str | None:
    """The vendor's host that may be meant: of the same domain but for its end, or for a letter or two; or the same
    but for its dots, which a dash or nothing stands for, or with something behind it.
    """
    (label, end), letters = _domain(host), _letters(host)
    for known in known_hosts():
        other, other_end = _domain(known)
        if is_inside(known):
            continue
        if letters == _letters(known) or host.lower().startswith(f"{known}."):
            return known
        if min(len(label), len(other)) < _SHORTEST_LABEL or (label, end) == (other, other_end):
            continue
        if label == other or (abs(len(label) - len(other)) <= 1 and _edits(label, other) <= 2 and end == other_end):
            return known
    return None


def _letters(host: str) -> str:
    return re.sub(r"[.-]", "", host.lower())


def _domain(host: str) -> tuple[str, str]:
    labels = host.lower().rstrip(".").split(".")
    return (labels[-2], labels[-1]) if len(labels) > 1 else ("", labels[0])


def _edits(one: str, other: str) -> int:
    """How many letters must be changed, added, left out or swapped with their neighbour (Damerau-Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if before and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
