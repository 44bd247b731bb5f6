"""Area A: how requests are divided among the backendRefs of a rule."""

from __future__ import annotations

import copy
from collections import Counter

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import grouped, without_policy
from conformance.exchange.expectations import ArrivedOnce, Facet, Holds, NothingArrived, RequestTarget, Status, verify

# The lookalike answers whatever path arrives: it only tells one Backend from another.
ANSWERED = Behaviour(status=200)
SECOND_PATH = "/v1/second/chat/completions"
BELOW = "/second-rule"


def weighted(name: str, first: int, second: int) -> Scenario:
    """The Backend and a second one with these weights."""

    def change(draft: Draft) -> None:
        other = draft.second_backend("second", path=SECOND_PATH)
        draft.rule["backendRefs"] = [{**draft.rule["backendRefs"][0], "weight": first}, {**other, "weight": second}]

    return Scenario(name, (change,))


@case(
    "routing/weight-zero",
    Level.MUST,
    "A backendRef of weight 0 gets no request; where all have weight 0 there is nothing to send requests to, and they"
    " are answered 500.",
    source="GW HTTPBackendRef.weight",
    lines=[10],
)
@parametrize(
    ("scenario", "served"),
    [
        (weighted("weights-0-1", 0, 1), True),
        (weighted("weights-1-0", 1, 0), True),
        (weighted("weights-0-0", 0, 0), False),
    ],
    ids=["first", "second", "both"],
)
async def test_weight_zero(stage: Stage, served: bool) -> None:
    as_told = (Status(200), ArrivedOnce(), RequestTarget()) if served else (Status(500), NothingArrived())
    for _ in range(8):
        verify(await stage.chat(behaviour=ANSWERED), *as_told)


@case(
    "routing/weights-shared",
    Level.SHOULD,
    "Requests are divided among backendRefs by their weights, however large these are: of 3 to 1, both get some and the"
    " first gets more.",
    source="GW HTTPBackendRef.weight",
    lines=[10],
    scenario=weighted("weights-3-1", 3000, 1000),
)
async def test_weights_shared(stage: Stage) -> None:
    # By chance alone it fails once in 100,000 runs.
    exchanges = [await stage.chat(behaviour=ANSWERED) for _ in range(60)]
    targets = Counter(exchange.arrival.target for exchange in exchanges)
    second = targets.pop(SECOND_PATH, 0)
    first = sum(targets.values())
    shared = "of 60 requests some to the second, and more to the first"
    seen = shared if 0 < second < first else f"{first} to the first, {second} to the second"
    verify(exchanges[-1], Holds(Facet.SHARE, shared, lambda _: seen))


def one_group(draft: Draft) -> None:
    """Two providers in one group."""
    grouped(draft)
    ai = draft.backend["spec"]["ai"]
    (groups,) = (ai[name] for name in ("groups", "priorityGroups") if name in ai)
    groups[0]["providers"] += groups.pop()["providers"]


@case(
    "routing/group-shares",
    Level.SHOULD,
    "The providers of one group share its requests: both get some.",
    source="API AIBackend.groups, priorityGroups (load balanced within a group); FACTS 1.2",
    lines=[142],
    scenario=Scenario("one-group", (without_policy, one_group), identity="plaintext"),
)
async def test_group_shares(stage: Stage) -> None:
    exchanges = [await stage.chat() for _ in range(30)]
    hosts = {one.connection.host for exchange in exchanges for one in exchange.arrivals}
    wanted = "of 30 requests some to each of 2 providers"
    verify(exchanges[-1], Holds(Facet.GROUP, wanted, lambda _: wanted if len(hosts) == 2 else f"all to {hosts}"))


def half_missing(draft: Draft) -> None:
    """Two rules, each with as much for a Backend that does not exist as for the right one."""
    [ref] = draft.rule["backendRefs"]
    draft.rule["backendRefs"] = [{**ref, "weight": 1}, {**ref, "name": "agw-conformance-missing", "weight": 1}]
    path = draft.rule["matches"][0]["path"]
    if path["type"] != "PathPrefix":
        raise LookupError("match of a path prefix")
    below = copy.deepcopy(draft.rule)
    below["matches"] = [{"path": {**path, "value": f"{path['value'].rstrip('/')}{BELOW}"}}]
    draft.route["spec"]["rules"] = [draft.rule, below]


@case(
    "routing/missing-backends-share",
    Level.MUST,
    "The share of a backendRef that leads nowhere is answered 500, and not given to the others; each rule has its own,"
    " whatever other rules are asked in between.",
    source="GW HTTPRouteRule.backendRefs (the proportion for an invalid backend must receive a 500);"
    " HTTPBackendRef.weight",
    lines=[10, 116],
    scenario=Scenario("half-missing", (half_missing,)),
)
async def test_missing_backends_share(stage: Stage) -> None:
    # By chance alone all of so many fall to one half once in 250,000 runs.
    exchanges = [await stage.send(stage.request(below=below)) for _ in range(20) for below in ("", BELOW)]
    wanted = "of 20 requests to each of 2 rules some are answered 500, others not"
    broken = [sum(one.response.status == 500 for one in of) for of in (exchanges[::2], exchanges[1::2])]
    seen = wanted if all(0 < one < 20 for one in broken) else f"{broken[0]} and {broken[1]} are"
    verify(exchanges[-1], Holds(Facet.SHARE, wanted, lambda _: seen))
