"""Which lookalikes a scene needs: at each host and port that its Backends lead to, one as the scenario wants it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from conformance.core.addresses import is_address, is_inside
from conformance.core.providers.shipped import provider_at
from conformance.exchange.oracle.credentials import sendable_keys
from conformance.exchange.oracle.tls import ExpectedTls, expected_tls
from conformance.manifests.dialects.model import Configuration, Llm
from conformance.stage.scenario.inferred import default_provider
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import Scenario
from mock_providers.behaviour import VENDOR
from mock_providers.identities import certifiable
from mock_providers.lookalikes import Attachment

__all__ = ["DEFAULT", "DEFAULT_PLACE", "Names", "attachments_of", "merged", "names_besides", "unsuitable"]

Names = Mapping[str, tuple[str, ...]]
"""By host as the manifests have it, the names that the certificate of who stands there has besides."""

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
            same = others.pop((one.provider.path, one.provider.auth_header), one.provider)
            models = tuple(dict.fromkeys((*same.models, *one.provider.models)))
            one = dataclasses.replace(
                one,
                provider=dataclasses.replace(
                    one.provider, models=models, any_model=one.provider.any_model or same.any_model
                ),
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


def names_besides(given: Configuration) -> Names:
    """What else than the host the manifests say that providers' certificates are for.

    The name of whom they reach by an IP address, which tells none by itself; the public name of whom they reach by one
    that only a private network knows, where nobody can have a certificate of a public authority; and alternative names
    that are verified in place of the server's. Of a vendor whose host is known they are only taken to be right within
    its own domain.
    """
    found: dict[str, tuple[str, ...]] = {}
    for backend, llm in given.llms():
        if llm.host is None:
            continue
        tls = expected_tls(given, backend, llm)
        names = (name for name in _listed(tls, llm.host) if _may_be_named(name, llm.host)) if tls else ()
        found[llm.host] = tuple(dict.fromkeys((*found.get(llm.host, ()), *names)))
    return found


def _listed(tls: ExpectedTls, host: str) -> Iterable[str]:
    if tls.alternatives or is_address(host):
        return tls.verify
    return (name for name in tls.verify if is_inside(host) and not is_inside(name))


def _may_be_named(name: str, host: str) -> bool:
    """Whether the certificate of who stands at a host may be for this name, too."""
    if "://" in name:
        return name.isascii() and provider_at(host) is None
    if not certifiable(name) or is_address(name):
        return False
    parent = host.partition(".")[2]
    domain = parent if "." in parent else host
    return provider_at(host) is None or name == domain or name.endswith(f".{domain}")


def attachments_of(
    scenario: Scenario, profile: Profile, configuration: Configuration, names: Names | None = None
) -> Iterable[Attachment]:
    """The lookalikes of a scene."""
    seen: list[tuple[str, int]] = []
    keys = sendable_keys(configuration)
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
            names=(*_names_at(llm, names or {}), *scenario.names),
        )


def _names_at(llm: Llm, names: Names) -> tuple[str, ...]:
    """The further names of who stands there; who stands nowhere but in a variation has those of all."""
    written = llm.origin.manifest.written(*llm.origin.path, "host")
    everyone = dict.fromkeys(name for several in names.values() for name in several)
    return names.get(written if isinstance(written, str) else llm.host or "", tuple(everyone))
