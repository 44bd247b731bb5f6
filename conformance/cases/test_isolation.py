"""Area N: providers side by side behind one gateway have nothing to do with each other.

Every provider of the run comes with a twin (another host, path, key and model), so that one alone has company, too.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.cases import Behaviour, Draft, Exchange, Level, Scenario, Stage, case, new_key
from conformance.cases.acts import answered_exchange, said
from conformance.cases.needs import needs_key
from conformance.cases.variations import (
    TWIN,
    evicting,
    grouped,
    needs_tls,
    paths,
    secured,
    with_twin,
    with_twin_at_host,
    without_policy,
)
from conformance.core import deadlines
from conformance.exchange.expectations import (
    AS_CONFIGURED,
    AnsweredByGateway,
    ArrivedOnce,
    Credential,
    Facet,
    Holds,
    ModelArrives,
    Plaintext,
    Reached,
    RequestAuthority,
    RequestTarget,
    Status,
    Withheld,
    verify,
    verify_each,
)
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.manifests.dialects.model import Configuration

Stages = Mapping[str, Stage]

REQUESTS = 120
HELD = 24


@dataclass(frozen=True)
class Way:
    """One way through the gateway: a route with its provider."""

    stage: Stage
    path: str

    @property
    def expected(self) -> Expected:
        """What the oracle expects of a request by this way."""
        return expect(self.stage.configuration, self.stage.request(path=self.path))

    async def chat(self, **request: Any) -> Exchange:
        """A chat by this way."""
        return await self.stage.chat(path=self.path, **request)


def ways(stages: Stages) -> list[Way]:
    """All ways of these scenes."""
    routes = [(stage, route) for stage in stages.values() for route in stage.configuration.routes]
    next(iter(stages.values())).only_if(len(routes) > 1, "the manifests have no HTTPRoute")
    return [Way(stage, route.rules[0].matches[0].path) for stage, route in routes]


def verify_all(exchanges: Iterable[Exchange]) -> None:
    """Each exchange is exactly as if there were no other, and so is its answer."""

    def alone(exchange: Exchange) -> None:
        verify(exchange, *AS_CONFIGURED)
        verify(exchange, Holds(Facet.ANSWER, exchange.request.correlation_id, answered_exchange))

    verify_each(exchanges, alone)


@case(
    "isolation/no-cross-talk",
    Level.MUST,
    f"Of {REQUESTS} interleaved concurrent requests each arrives with its own provider's key, model, path, host and"
    " server name and its own body, and gets its own answer.",
    source="SEED Mistral, DeepSeek: both behind one Gateway",
    lines=[138],
    scenario=TWIN,
)
async def test_no_cross_talk(stages: Stages) -> None:
    turns = itertools.islice(itertools.cycle(ways(stages)), REQUESTS)
    asked = [way.chat(messages=[{"role": "user", "content": f"Number {n}"}]) for n, way in enumerate(turns)]
    verify_all(await asyncio.gather(*asked))


@case(
    "isolation/no-shared-connections",
    Level.MUST,
    "A connection is never used for another provider's requests, even when both resolve to the same IP address and"
    " port.",
    source="RFC 9110 section 7.3; GW BackendTLSPolicy validation.hostname",
    lines=[140],
    scenario=Scenario("one-address", (with_twin,), one_address=True),
)
async def test_no_shared_connections(stages: Stages) -> None:
    found = [way for way in ways(stages) if way.expected.tls and way.stage.provider.tls]
    next(iter(stages.values())).only_if(found, "no provider of these manifests is reached by TLS")
    # One after the other: each finds the connections of those before it idle.
    verify_all([await way.chat() for way in found * 3])


@case(
    "isolation/keys-at-one-host",
    Level.MUST,
    "Two Backends for one host each send their own key, model and path, whichever of them was asked before.",
    source="SEED Mistral 3, 4 (a Backend has a Secret of its own); SEED table authToken",
    lines=[138],
    scenario=Scenario("one-host-twice", (with_twin_at_host,)),
)
async def test_keys_at_one_host(stage: Stage) -> None:
    needs_key(stage)
    for path in (*paths(stage), *paths(stage)):
        verify(await stage.chat(path=path), ArrivedOnce(), Reached(), RequestTarget(), Credential(), ModelArrives())


@case(
    "isolation/unreachable-provider",
    Level.MUST,
    "While one provider cannot be reached the others are, and when it is back it is reached again.",
    source="SEED: independent Backends; FACTS 7.2",
    lines=[139],
    scenario=Scenario("one-down", (with_twin,), own=True),
)
async def test_unreachable_provider(stages: Stages) -> None:
    down, *others = ways(stages)
    down.stage.only_if(down.stage.llm.host not in (None, down.stage.provider.host), "the host cannot be varied")
    place = down.expected.host, down.expected.port
    await down.stage.lookalikes.detach(*place)
    verify(await down.chat(), AnsweredByGateway())
    verify_all(await asyncio.gather(*(way.chat() for way in others * 3)))
    await down.stage.attach(*place)
    await down.stage.settles(down.chat, *AS_CONFIGURED)


@case(
    "isolation/slow-provider",
    Level.MUST,
    f"While one provider holds {HELD} answers back the others answer as usual; it has been sent all {HELD} requests,"
    " and each of its answers arrives whole.",
    source="SEED: independent Backends; FACTS 7.2",
    lines=[139],
    scenario=TWIN,
)
async def test_slow_provider(stages: Stages) -> None:
    slow, *others = ways(stages)
    stage = slow.stage
    mark = await stage.lookalikes.mark()
    requests = [stage.request(path=slow.path, stream=True) for _ in range(HELD)]
    held = [asyncio.ensure_future(stage.send(one, behaviour=Behaviour(hold_after_chunks=1))) for one in requests]
    all_sent = await stage.lookalikes.until(
        mark, lambda seen: sum(one.chunks_sent > 0 for one in seen.requests) >= HELD, deadlines.UNAFFECTED
    )
    sent = sum(one.chunks_sent > 0 for one in (await stage.lookalikes.since(mark)).requests)
    # One ends while the others are under way: that must not end them, too.
    await stage.lookalikes.release(requests[0].correlation_id or "")
    await asyncio.wait({held[0]}, timeout=deadlines.UNAFFECTED)
    asking = asyncio.ensure_future(asyncio.gather(*(way.chat() for way in others)))
    done, _ = await asyncio.wait({asking}, timeout=deadlines.UNAFFECTED)
    for request in requests:
        await stage.lookalikes.release(request.correlation_id or "")
    exchanges = await asking
    streams = await asyncio.gather(*held)
    answered = {True: "answers while another provider is slow", False: "no answer until the slow provider went on"}
    verify(exchanges[0], Status(200), Holds(Facet.ISOLATION, answered[True], lambda _: answered[bool(done)]))
    verify_all(exchanges)
    at_once = f"{HELD} requests at a time at one provider"
    verify(streams[0], Holds(Facet.CONCURRENCY, at_once, lambda _: at_once if all_sent else f"{sent} of {HELD}"))
    verify_each(streams, lambda one: verify(one, Status(200), ArrivedOnce(), said(stage, one)))


@case(
    "isolation/policy-deletion",
    Level.MUST,
    "Deleting one provider's BackendTLSPolicy leaves the others on TLS.",
    source="GW BackendTLSPolicy targetRefs; FACTS 7.2",
    lines=[141],
    scenario=Scenario("one-policy-deleted", (with_twin,), own=True),
)
async def test_policy_deletion(stages: Stages) -> None:
    stripped, *others = ways(stages)
    needs_tls(stripped.stage)
    secured(stripped.stage)
    await stripped.stage.end_tls(stripped.path)
    await stripped.stage.settles(stripped.chat, AnsweredByGateway(), Plaintext())
    verify_all(await asyncio.gather(*(way.chat() for way in others * 3)))


@case(
    "isolation/failover",
    Level.SHOULD,
    "With priority groups and a health policy, requests go to the second group after the first one's provider could not"
    " be reached.",
    source="API AIBackend.groups, BackendFull.health; FACTS 8",
    lines=[142],
    scenario=Scenario("failover", (without_policy, grouped, evicting), identity="plaintext", own=True),
)
async def test_failover(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), Reached())
    await stage.lookalikes.detach(stage.expected.host, stage.expected.port)
    await stage.settles(stage.chat, Status(200), stood_in(stage))


def stood_in(stage: Stage) -> Holds:
    """The second provider was asked in place of the first."""
    first, second = (llm.host for llm in stage.configuration.backends[0].providers)
    return Holds(Facet.FAILOVER, f"{second} in place of {first}", lambda one: f"{_last(one)} in place of {first}")


def only_in_a_row(draft: Draft) -> None:
    """Two failures in a row, and not two in all."""
    draft.backend["spec"]["policies"]["health"]["eviction"]["consecutiveFailures"] = 2


@case(
    "isolation/failures-in-a-row",
    Level.SHOULD,
    "Where a health policy counts consecutive failures, one after a success is the first again, and the last that it"
    " counts is enough.",
    source="API agentgateway 1.4, Eviction.consecutiveFailures",
    lines=[142],
    scenario=Scenario("in-a-row", (without_policy, grouped, evicting, only_in_a_row), identity="plaintext", own=True),
)
async def test_failures_in_a_row(stage: Stage) -> None:
    for status in (503, 200, 503):
        verify(await stage.chat(behaviour=Behaviour(status=status)), Status(status), Reached())
    verify(await stage.chat(), Status(200), Reached())
    for _ in range(2):
        verify(await stage.chat(behaviour=Behaviour(status=503)), Status(503), Reached())
    await stage.settles(stage.chat, Status(200), stood_in(stage))


def unlike(draft: Draft) -> None:
    """The second group's provider differs from the first in everything that goes up."""
    first, second = draft.dialect.raw_llms(draft.backend)
    # The usual one in plaintext, so that no Host has a port.
    first["port"] = second["port"] = 80
    draft.dialect.change_llm(draft.backend, second, {"path": "/second/v1/chat", "model": "second-model"})
    key = new_key(f"{draft.provider.name}-second").reveal()
    # In the Secret that has the first one's, under another name.
    draft.secret.setdefault("stringData", {})["second"] = key
    named = {"name": draft.secret["metadata"]["name"], "key": "second"}
    second["policies"] = {"auth": {"secretRef": named, "location": {"header": {"name": "x-second-key"}}}}
    # What a provider says itself stands beside what the Backend says for all of them.
    first["policies"] = {"ai": {"overrides": [{"field": "top_p", "value": 0.25}]}}
    # Its Host would be the first one's, too.
    draft.rule.pop("filters", None)


@case(
    "isolation/failover-takes-nothing-along",
    Level.MUST,
    "The provider of the next priority group gets requests with its own host, path, model, key and header, and nothing"
    " of the first one's.",
    source="API AIBackend.groups, BackendFull.health; FACTS 8",
    lines=[142, 177],
    scenario=Scenario("failover-unlike", (without_policy, grouped, evicting, unlike), identity="plaintext", own=True),
)
async def test_failover_takes_nothing_along(stage: Stage) -> None:
    needs_key(stage)
    anything = Behaviour(status=200)
    own = (ArrivedOnce(), RequestTarget(), RequestAuthority(), Credential(), ModelArrives())
    first = await stage.chat(behaviour=anything)
    verify(first, Status(200), Reached(), *own)
    key = stage.key
    await stage.lookalikes.detach(stage.expected.host, stage.expected.port)
    exchange = await stage.settles(lambda: stage.chat(behaviour=anything), Status(200))
    expected = expect(without_first_group(stage.configuration), exchange.request)
    verify(replace(exchange, expected=expected), Reached(), *own, Withheld((key,)))


def without_first_group(configuration: Configuration) -> Configuration:
    """What holds once nobody of the first group is left."""
    first, *others = configuration.backends
    left = tuple(one for one in first.providers if one.group != first.providers[0].group)
    return replace(configuration, backends=(replace(first, providers=left), *others))


def _last(exchange: Exchange) -> str:
    return exchange.arrivals[-1].connection.host
