"""Scenarios: the documented manifests or a named variation of them, plus how the lookalike behaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from cryptography import x509

from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.manifests.cleaning import without_nulls
from conformance.manifests.objects import ManifestSet
from conformance.stage.scenario.draft import Draft, Material, isolate
from mock_providers.behaviour import VENDOR, Behaviour, Identity

__all__ = ["DOCUMENTED", "Change", "Draft", "Material", "Reach", "Scenario", "draft_of"]

Reach = Literal["listening", "refused", "unresolvable"]


Change = Callable[[Draft], None]


@dataclass(frozen=True)
class Scenario:
    """What a case plays in.

    `own`: the case changes its objects, so nobody shares them. `invalid`: the API endpoint may refuse some of the
    objects, and what then happens to requests is the case's matter. `one_address`: all hosts of the scene resolve to
    the same address, where they speak TLS. `names`: what a certificate that is in order is for, besides the host.
    """

    name: str = "documented"
    changes: tuple[Change, ...] = ()
    identity: Identity = "good"
    behaviour: Behaviour = VENDOR
    reach: Reach = "listening"
    own: bool = False
    invalid: bool = False
    one_address: bool = False
    names: tuple[str, ...] = ()

    def answering(self, **behaviour: Any) -> Scenario:
        """The same manifests with a lookalike that behaves otherwise; fields as in `Behaviour`."""
        return dataclasses.replace(self, behaviour=Behaviour(**behaviour))

    def __str__(self) -> str:
        return self.name


DOCUMENTED = Scenario()
"""The documented manifests, verbatim."""


def draft_of(scenario: Scenario, base: ManifestSet, provider: Provider, name: str, material: Material) -> Draft:
    """The manifests of a variation: a renamed copy of `base` with the scenario's changes made.

    Names, path prefixes and hosts get `-name` appended, so that nothing is shared with any other scenario.
    """
    manifests = base.copy()
    if name != "documented":
        for manifest in manifests:
            manifest.data = without_nulls(manifest.data)
        isolate(manifests, provider, name)
    _trust_lookalikes(manifests, material)
    draft = Draft(manifests, provider, name, material)
    for change in scenario.changes:
        change(draft)
    return draft


def _trust_lookalikes(manifests: ManifestSet, material: Material) -> None:
    """A private authority's certificate cannot be had for lookalikes: where it is trusted theirs takes its place.

    What is no certificate stays, for it must be noticed.
    """
    for config_map in manifests.of_kind("ConfigMap"):
        data = config_map.data.get("data")
        if isinstance(data, dict) and (config_map.made_up or _is_certificate(data.get("ca.crt"))):
            data["ca.crt"] = material.trusted_ca


def _is_certificate(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(x509.load_pem_x509_certificates(value.encode()))
    except ValueError:
        return False
