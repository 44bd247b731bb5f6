"""Area A: what each kind of match holds a request to, and which of several matches decides."""

from __future__ import annotations

import pytest

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case
from conformance.exchange.expectations import ArrivedOnce, Reached, Status, verify

ANSWERED = Behaviour(status=200)


def ends_in_slash(draft: Draft) -> None:
    """The prefixes are written with a slash at their end."""
    for match in draft.rule["matches"]:
        if match["path"]["type"] != "PathPrefix" or match["path"]["value"] == "/":
            raise LookupError("match of a path prefix that could end in a slash")
        match["path"]["value"] = f"{match['path']['value'].rstrip('/')}/"


@case(
    "routing/prefix-with-slash",
    Level.MUST,
    "A prefix that is written with a slash at its end matches what one without it does, the path without slash too.",
    source="GW HTTPPathMatch, PathPrefix: a trailing slash is ignored (/abc/ matches /abc)",
    lines=[3, 170],
    scenario=Scenario("prefix-with-slash", (ends_in_slash,)),
)
@pytest.mark.parametrize("below", ["", "/", "/below"])
async def test_prefix_with_slash(stage: Stage, below: str) -> None:
    path = stage.path.partition("?")[0].rstrip("/")
    verify(await stage.chat(path=f"{path}{below}", behaviour=ANSWERED), Status(200), ArrivedOnce(), Reached())
