"""Every probe passes on the reference, and every mutant fails the probe that is made for it."""

from __future__ import annotations

import httpx
import pytest

from conformance.targets.embedded.mutations import MUTANTS
from conformance.targets.embedded.mutations.admissions import ADMISSIONS
from tests.support.gateway import CATCHES, PROBES, bench
from tests.support.probes import (
    answers,
    bodies,
    connections,
    disclosures,
    endpoints,
    heads,
    policies,
    rewrites,
    routes,
    statuses,
    streams,
    tls,
)

# Importing them registers their probes.
AREAS = (
    answers,
    bodies,
    connections,
    disclosures,
    endpoints,
    heads,
    policies,
    rewrites,
    routes,
    statuses,
    streams,
    tls,
)


def test_every_mutant_has_its_probe() -> None:
    assert len(AREAS) == 12
    assert set(CATCHES) == set(MUTANTS) - {one.name for one in ADMISSIONS}
    assert all(one.defect.endswith(".") and one.name == name for name, one in MUTANTS.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBES)
async def test_the_reference_passes_and_its_mutants_are_caught(name: str) -> None:
    probe = PROBES[name]
    async with bench() as one:
        await probe(one)
    assert [mutant for mutant, catcher in CATCHES.items() if catcher is probe and await survives(mutant)] == []


async def survives(name: str) -> bool:
    """Whether a mutant passes the probe that is made for it."""
    mutant = MUTANTS[name]
    async with bench(mutant.seams, mutant.controller) as one:
        try:
            await CATCHES[name](one)
        except (AssertionError, httpx.HTTPError, TimeoutError):
            return False
    return True
