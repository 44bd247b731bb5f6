"""Area A: copies of requests, by RequestMirror beside a Backend of type AI."""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case, variation_host
from conformance.cases.needs import needs_filters
from conformance.cases.variations import without_policy
from conformance.core import deadlines
from conformance.exchange.expectations import ArrivedOnce, Facet, Holds, Status, verify


def mirrored(*names: str, percent: int = 100) -> Scenario:
    """Copies go to Backends at hosts of these names, all in plaintext, so that no certificate is asked for."""

    def change(draft: Draft) -> None:
        host, port = draft.host, draft.llm.get("port", draft.provider.port)
        refs = [draft.second_backend(name, host=variation_host(host, name), port=port) for name in names]
        # All of them may be said in two ways.
        shares: list[dict[str, Any]] = [{}, {"fraction": {"numerator": 2, "denominator": 2}}]
        if percent != 100:
            shares = [{"percent": percent}]
        filters = [
            {"type": "RequestMirror", "requestMirror": {"backendRef": ref, **share}}
            for ref, share in zip(refs, shares, strict=True)
        ]
        draft.rule["filters"] = filters

    return Scenario(f"mirrored-{percent}-{len(names)}", (without_policy, change), identity="plaintext", invalid=True)


@case(
    "routing/mirror-filter",
    Level.SHOULD,
    "Each RequestMirror sends a copy to its Backend, and the client gets the answer to the request itself, which waits"
    " for no answer to a copy.",
    source="GW HTTPRequestMirrorFilter (responses are ignored)",
    lines=[172],
    scenario=mirrored("copy", "second"),
)
async def test_mirror_filter(stage: Stage) -> None:
    needs_filters(stage)
    hosts = {variation_host(stage.llm.host or "", name) for name in ("copy", "second")}
    mark = await stage.lookalikes.mark()
    request = stage.request()
    # Neither a copy nor the request is answered before all have come.
    sending = asyncio.ensure_future(stage.send(request, behaviour=Behaviour(holds_answer=True)))
    all_hosts = {*hosts, stage.expected.host}
    await stage.lookalikes.until(
        mark, lambda seen: all_hosts <= {one.connection.host for one in seen.requests}, deadlines.QUIET_AFTER_HANGUP
    )
    came = {one.connection.host for one in (await stage.lookalikes.since(mark)).requests}
    await stage.lookalikes.release(request.correlation_id or "")
    exchange = await sending
    seen = await stage.lookalikes.since(mark)
    copied = sorted(one.connection.host for one in seen.requests if one.connection.host in hosts)
    wanted, got = f"a copy at each of {', '.join(sorted(hosts))}", f"copies at {', '.join(copied) or 'none of them'}"
    if came & hosts and stage.expected.host not in came:
        got = f"the request itself waits for the answer to the copy at {', '.join(sorted(came & hosts))}"
    told = Holds(
        Facet.COPY, wanted, lambda _: wanted if copied == sorted(hosts) and stage.expected.host in came else got
    )
    verify(exchange, Status(200), ArrivedOnce(), told)


@case(
    "routing/mirror-share",
    Level.SHOULD,
    "Where RequestMirror names a percentage, only so many requests are copied.",
    source="GW HTTPRequestMirrorFilter.percent",
    lines=[172],
    scenario=mirrored("copy", percent=10),
)
async def test_mirror_share(stage: Stage) -> None:
    needs_filters(stage)
    host = variation_host(stage.llm.host or "", "copy")
    mark = await stage.lookalikes.mark()
    exchanges = [await stage.chat() for _ in range(20)]
    seen = await stage.lookalikes.since(mark)
    copies = sum(one.connection.host == host for one in seen.requests)
    # Of 20 requests more than 12 are copied by chance once in 10^8 runs.
    wanted, got = "at most 12 copies of 20 requests where 10 % are wanted", f"{copies} copies of 20 requests"
    verify(exchanges[-1], Holds(Facet.COPY, wanted, lambda _: wanted if copies <= 12 else got))
