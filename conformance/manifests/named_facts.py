"""Facts that a person names in files: who of them is at a host, and which entry is meant where none has their host."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import provider_at
from conformance.manifests.dialects.model import Configuration

__all__ = ["facts_at", "llms_meant", "meant_by"]

_ALIKE = 0.6


def facts_at(facts: Sequence[Provider], host: str | None, port: object = None) -> Provider | None:
    """Those of a host; where several have it, those of the port."""
    there = [one.at(bare) for one in facts if (bare := (host or "").lower().rstrip(".")) and one.stands_at(bare)]
    return next((one for one in there if one.port == port), there[0] if there else None)


def meant_by(facts: Sequence[Provider], entries: Sequence[tuple[Collection[str], str]]) -> dict[int, Provider]:
    """For facts whose host no provider entry has the number of the one that is meant.

    Entries are told by their names and host. It is the one that bears the facts' name, else the one with the nearest
    host, else the only one. Who has the host of a provider that is known is not meant, unless by name.
    """
    hosts = [host.lower().rstrip(".") for _, host in entries]
    free = [number for number, host in enumerate(hosts) if facts_at(facts, host) is None]
    found: dict[int, Provider] = {}
    for one in facts:
        if any(map(one.stands_at, hosts)):
            continue
        left = [number for number in free if number not in found]
        named = [number for number in left if one.name in entries[number][0]]
        unknown = [number for number in left if provider_at(hosts[number]) is None]
        near = difflib.get_close_matches(one.host, [hosts[number] for number in unknown], n=1, cutoff=_ALIKE)
        alike = [number for number in unknown if hosts[number] in near]
        only = unknown if len(entries) == 1 else []
        if chosen := (named or alike or only)[:1]:
            found[chosen[0]] = one
    return found


def llms_meant(facts: Sequence[Provider], configuration: Configuration) -> dict[int, Provider]:
    """The same, by the number of the entry among all `llms` of a configuration."""
    entries = [((backend.id.name, llm.name or ""), llm.host or "") for backend, llm in configuration.llms()]
    return meant_by(facts, entries)
