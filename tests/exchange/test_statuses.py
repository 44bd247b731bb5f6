"""What statuses must say: which entry counts, how a difference reads, and which cause it points to."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.problems import Place, Position
from conformance.exchange.expectations.base import Mismatch
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.expectations.statuses import Condition, condition_of, differences
from conformance.verdict.diagnosis.statuses import explain_status

OURS = "example.test/ours"
ACCEPTED = Condition("Accepted", "True", "Accepted")

HERE = Place(Position("file.yaml", 3, 1))


def said(**fields: Any) -> dict[str, Any]:
    return {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "all is well", **fields}


def parent(*conditions: dict[str, Any], controller: str = OURS) -> dict[str, Any]:
    return {"status": {"parents": [{"controllerName": controller, "conditions": list(conditions)}]}}


@pytest.mark.parametrize(
    "item",
    [
        {"status": {"conditions": [said()]}},
        parent(said()),
        {"status": {"ancestors": [{"controllerName": OURS, "conditions": [said()]}]}},
        {
            "status": {
                "parents": parent(said(status="False"))["status"]["parents"] + parent(said())["status"]["parents"]
            }
        },
    ],
    ids=["status", "parent", "ancestor", "one-of-two"],
)
def test_in_order(item: dict[str, Any]) -> None:
    assert differences("Thing a/b", item, [ACCEPTED], controller=OURS) == []


@pytest.mark.parametrize(
    ("item", "wanted", "about", "observed"),
    [
        ({}, ACCEPTED, "condition missing", "no condition Accepted"),
        (parent(said(), controller="example.test/other"), ACCEPTED, "condition missing", "no condition Accepted"),
        (parent(said(status="False", reason="Invalid")), ACCEPTED, "condition refuses", "Accepted False (Invalid)"),
        (parent(said()), Condition("Accepted", "False"), "condition claims", "Accepted True (Accepted)"),
        (parent(said(reason="Fine")), ACCEPTED, "condition reason", "Accepted True (Fine)"),
        (parent(said()), Condition("Accepted", "True", message="ill"), "condition reason", "'all is well'"),
        (
            parent(said(observedGeneration=1)),
            Condition("Accepted", "True", generation=2),
            "condition stale",
            "of generation 1",
        ),
    ],
)
def test_difference(item: dict[str, Any], wanted: Condition, about: str, observed: str) -> None:
    found = differences("Thing a/b", item, [wanted], controller=OURS, where=HERE)
    assert [one.about for one in found] == [Facet(about)]
    assert found[0].expected == f"Thing a/b: {wanted}"
    assert observed in found[0].observed
    assert str(found[0].detail or "no condition Accepted") == found[0].observed
    cause = explain_status(found)
    assert cause is not None
    assert cause.where == HERE


def test_foreign_mismatches_have_no_cause_here() -> None:
    assert explain_status([Mismatch(Facet.TARGET, "/a", "/b")]) is None


def test_condition_of_finds_whoever_wrote_it() -> None:
    assert condition_of(parent(said(), controller="anyone"), "Accepted")["message"] == "all is well"
    assert condition_of({}, "Accepted") == {}
