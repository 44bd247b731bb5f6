"""Which lookalikes a scene needs: at each host and port that its Backends lead to, one as the scenario wants it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from conformance.addresses import is_address
from conformance.dialects.model import Configuration
from conformance.expected_tls import expected_tls
from conformance.oracle import sendable_keys, stored_keys
from conformance.profile import Profile, default_provider
from conformance.redaction import register_key
from conformance.scenario import Scenario
from mock_providers.behaviour import VENDOR
from mock_providers.identities import certifiable
from mock_providers.lookalikes import Attachment

__all__ = ["DEFAULT", "DEFAULT_PLACE", "Names", "attachments_of", "merged", "names_of_addresses", "unsuitable"]

Names = Mapping[str, tuple[str, ...]]
"""By IP address, the names that the certificate of who stands there must have."""

_STANDS_THERE = default_provider()
DEFAULT = Attachment(_STANDS_THERE.host, _STANDS_THERE.port, _STANDS_THERE)
DEFAULT_PLACE = (DEFAULT.host, DEFAULT.port)
"""The default provider's host and port. Always attached, so that what goes there by mistake is seen; since nothing
but a provider's entry without a host leads there, scenarios share it, and its behaviour is set per request only."""


def merged(attachments: Iterable[Attachment]) -> list[Attachment]:
    """One attachment for each place; where several scenes have it in common, it is what all of them need."""
    places: dict[tuple[str, int], Attachment] = {}
    for one in attachments:
        if there := places.get((one.host, one.port)):
            others = {(found.path, found.auth_header): found for found in (*there.others, there.provider)}
            others.pop((one.provider.path, one.provider.auth_header), None)
            one = dataclasses.replace(
                one,
                keys=one.keys | there.keys if one.keys and there.keys else frozenset(),
                names=tuple(dict.fromkeys((*there.names, *one.names))),
                others=tuple(others.values()),
            )
        places[one.host, one.port] = one
    return list(places.values())


def unsuitable(scenario: Scenario, configuration: Configuration, hosts: set[str | None]) -> str:
    """Why no lookalike can be as the scenario wants it; empty when one can. `hosts` are the manifests' own."""
    usual = (scenario.identity, scenario.reach, scenario.behaviour) == ("good", "listening", VENDOR)
    for _, llm in configuration.llms():
        if not usual and llm.host in hosts:
            return "all scenes share the lookalike of an IP address or of the default host, so it must be in order"
        # Verifiers take no wildcard for a whole top-level domain.
        if scenario.identity == "wildcard" and llm.host and (llm.host.count(".") < 2 or llm.host[-1].isdigit()):
            return f"there is no wildcard certificate for {llm.host}"
    return ""


def names_of_addresses(given: Configuration) -> Names:
    """What the manifests call the providers that they reach by an IP address, which tells no name by itself."""
    found: dict[str, tuple[str, ...]] = {}
    for backend, llm in given.llms():
        if llm.host is not None and is_address(llm.host) and (tls := expected_tls(given, backend, llm)) is not None:
            names = (name for name in tls.verify if certifiable(name) and not is_address(name))
            found[llm.host] = (*found.get(llm.host, ()), *names)
    return found


def attachments_of(
    scenario: Scenario, profile: Profile, configuration: Configuration, names: Names | None = None
) -> Iterable[Attachment]:
    """The lookalikes of a scene. The keys of its manifests are kept out of all output from now on."""
    seen: list[tuple[str, int]] = []
    keys = sendable_keys(configuration)
    for value in keys | stored_keys(configuration):
        register_key(f"{profile.name}-key", value)
    for number, (_, llm) in enumerate(configuration.llms()):
        if llm.host is None:
            yield DEFAULT
            continue
        if scenario.reach == "unresolvable" or llm.port is None or (llm.host, llm.port) in seen:
            continue
        provider = profile.others[number - 1] if 0 < number <= len(profile.others) else profile.provider
        identity = scenario.identity if provider.tls else "plaintext"
        if identity != "plaintext" and not certifiable(llm.host):
            continue  # nobody can be there, which the gateway will find out
        shared = seen[0] if seen and scenario.one_address and identity != "plaintext" else None
        seen.append((llm.host, llm.port))
        yield Attachment(
            host=llm.host,
            port=llm.port,
            provider=provider,
            identity=identity,
            # A case that changes its objects may change the key, and shows what arrived by itself.
            keys=frozenset() if scenario.own else keys,
            behaviour=scenario.behaviour,
            reach="refused" if scenario.reach == "refused" else "listening",
            address_of=shared,
            names=(names or {}).get(llm.host, ()),
        )
