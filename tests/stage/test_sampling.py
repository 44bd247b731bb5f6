"""Of a rule that divides its requests: whether none for the Backend is the gateway's fault, or may be chance."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.sharing import apart
from conformance.manifests.dialects import read_configuration
from conformance.stage.case import NotApplicable
from conformance.stage.stage import Stage
from tests.support.nimbus import nimbus


def check_chance(own: int, others: int) -> None:
    """After as many requests as are sent, all to others."""
    manifests = nimbus()
    rule = manifests.one("HTTPRoute").data["spec"]["rules"][0]
    rule["backendRefs"][0]["weight"] = own
    rule["backendRefs"].append({"name": "web", "port": 80, "weight": others})
    stage: Any = SimpleNamespace(configuration=apart(read_configuration(manifests), ()))
    Stage._check_chance(stage, ClientRequest("POST", "/nimbus"))


@pytest.mark.parametrize(("own", "others"), [(1, 1), (1, 9), (6, 94)])
def test_what_chance_does_not_do_is_judged(own: int, others: int) -> None:
    check_chance(own, others)


@pytest.mark.parametrize(("own", "others", "chance"), [(1, 99, "0.099"), (2, 98, "0.0096")])
def test_what_may_be_chance_is_said_with_its_probability(own: int, others: int, chance: str) -> None:
    with pytest.raises(NotApplicable, match=rf"of 230 requests none .* probability of {chance}: not judged"):
        check_chance(own, others)
