"""Who is blamed where the manifests explain nothing: never somebody who was not there."""

from __future__ import annotations

import pytest

from conformance.stage.target import REFERENCE_GATEWAY, UNSEEN
from conformance.verdict.blame import NOT_IN_MANIFESTS, alike, blamed
from conformance.verdict.diagnosis.failure import GATEWAY

OTHER = "look for a buffering proxy in between; else report it to the gateway's project"


def test_a_product_is_blamed_as_the_diagnosis_does() -> None:
    assert blamed(GATEWAY, UNSEEN) == GATEWAY
    assert blamed(OTHER, UNSEEN) == OTHER


@pytest.mark.parametrize("remedy", [GATEWAY, f"{NOT_IN_MANIFESTS}: report it to the gateway's project.", OTHER])
def test_the_reference_gateway_is_ours(remedy: str) -> None:
    told = blamed(remedy, REFERENCE_GATEWAY)
    assert "the gateway's project" not in told
    assert "they are right" not in told
    assert "report it to this suite's own project" in told


def test_a_mutant_was_asked_for() -> None:
    told = blamed(GATEWAY, REFERENCE_GATEWAY, "query-kept")
    assert told == "none in the manifests: the mutant query-kept of the reference gateway was asked for, and does it."
    assert told.startswith(NOT_IN_MANIFESTS)


def test_who_fails_with_ours_too_is_not_blamed() -> None:
    told = alike("no route matches the request")
    assert not told.startswith(NOT_IN_MANIFESTS)
    assert "(no route matches the request)" in told
