"""Area L: objects change while requests are under way."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from conformance.cases import BACKEND, Behaviour, ClientRequest, Exchange, Level, Scenario, Stage, case, new_key
from conformance.cases.acts import all_removed, applied_anew, said, set_key
from conformance.cases.variations import another_match, paths, secured, with_twin
from conformance.exchange.expectations import (
    ArrivedOnce,
    Encrypted,
    ModelArrives,
    Secured,
    Status,
    in_plaintext,
    verify,
)
from conformance.manifests.dialects.dialect import Dialect

_CLIENTS = 4


async def under_traffic(stage: Stage, request: ClientRequest, act: Callable[[], Awaitable[object]]) -> list[Exchange]:
    """Let some clients send a request over and over while something is done; gives the exchanges on its path."""
    done, before = asyncio.Event(), len(stage.exchanges)

    async def keep_asking() -> None:
        while not done.is_set():
            await stage.again(request)

    clients = [asyncio.create_task(keep_asking()) for _ in range(_CLIENTS)]
    try:
        await act()
    finally:
        done.set()
        await asyncio.gather(*clients)
    return [one for one in stage.exchanges[before:] if one.request.path == request.path]


async def update_twin(stage: Stage, times: int) -> None:
    """Change the model of a Backend that the stage's requests have nothing to do with, until that is in force."""
    twin = [one for one in stage.manifests if one.role == BACKEND][-1]
    _, path = paths(stage)
    for number in range(times):
        await stage.change(
            "Backend", functools.partial(_set_model, stage.dialect, f"another-model-{number}"), name=twin.name
        )
        await stage.settles(lambda: stage.chat(path=path), ArrivedOnce(), ModelArrives())


def _set_model(dialect: Dialect, model: str, backend: dict[str, Any]) -> None:
    for llm in dialect.raw_llms(backend):
        dialect.change_llm(backend, llm, {"model": model})


@case(
    "lifecycle/unrelated-update",
    Level.SHOULD,
    "While an unrelated Backend is updated again and again no request fails.",
    source="FACTS 7.2: updates, 0 failures",
    lines=[129],
    scenario=Scenario("unrelated", (with_twin,), own=True),
)
async def test_unrelated_update(stage: Stage) -> None:
    verify(await stage.chat(), Status(200), ArrivedOnce())
    for exchange in await under_traffic(stage, stage.request(), lambda: update_twin(stage, 4)):
        verify(exchange, Status(200), ArrivedOnce())


@case(
    "lifecycle/unrelated-update-spares-streams",
    Level.SHOULD,
    "A stream that is under way while an unrelated Backend is updated comes to its end.",
    source="FACTS 7.2: updates, 0 failures",
    lines=[129],
    scenario=Scenario("unrelated-stream", (with_twin,), own=True),
)
async def test_unrelated_update_spares_streams(stage: Stage) -> None:
    request = stage.request(stream=True)

    async def update_meanwhile(number: int, data: bytes) -> bool:
        if number == 1:
            await update_twin(stage, 1)
        await stage.lookalikes.release(request.correlation_id or "")
        return number == 1

    held = Behaviour(chunks=3, hold_after_chunks=1)
    exchange = await stage.send(request, behaviour=held, on_chunk=update_meanwhile)
    verify(exchange, Status(200), ArrivedOnce(), said(stage, exchange))


@case(
    "lifecycle/own-update-spares-streams",
    Level.SHOULD,
    "A stream that is under way while its own Backend gets another port comes to its end where it began.",
    source="FACTS 7.2: updates, 0 failures; SEED table port",
    lines=[129],
    scenario=Scenario("own-stream", own=True),
)
async def test_own_update_spares_streams(stage: Stage) -> None:
    stage.only_with("Backend")
    host, port = stage.llm.host or "", 8443 if stage.llm.port != 8443 else 9443
    stage.only_if(host, "the Backend has no host, and a port only comes with one")
    await stage.attach(host, port)
    request = stage.request(stream=True)

    async def move_meanwhile(number: int, data: bytes) -> bool:
        if number == 1:
            await stage.change_backend(port=port)
            await stage.target.settle()
        await stage.lookalikes.release(request.correlation_id or "")
        return number == 1

    held = Behaviour(chunks=3, hold_after_chunks=1)
    exchange = await stage.send(request, behaviour=held, on_chunk=move_meanwhile)
    verify(exchange, Status(200), said(stage, exchange))


async def apply_again(stage: Stage, *order: str) -> list[Exchange]:
    """Delete all objects and apply them in this order under traffic, until the policy is in force."""
    request = stage.request()
    removed = await all_removed(stage, request)

    async def apply() -> None:
        async for _ in applied_anew(stage, removed, order):
            await stage.again(request)
        await stage.settles(lambda: stage.again(request), ArrivedOnce(), Secured())

    return await under_traffic(stage, request, apply)


@case(
    "lifecycle/page-order-in-clear",
    Level.INFO,
    "How many requests go out in plaintext when the manifests are applied in the page's order under traffic.",
    source="FACTS 7.2: the page's own order; SEED Mistral 3 to 6",
    lines=[163],
    scenario=Scenario("page-order", own=True),
)
async def test_page_order_in_clear(stage: Stage) -> None:
    stage.only_with("Backend", "HTTPRoute")
    secured(stage)
    exchanges = await apply_again(stage, "Secret", "Backend", "HTTPRoute", "BackendTLSPolicy")
    clear = in_plaintext(exchanges)
    stage.observe(f"{len(clear)} of {len(exchanges)} requests arrived in plaintext before the policy was in force")


@case(
    "lifecycle/policy-first-never-in-clear",
    Level.MUST,
    "When the policy is applied before Backend and route no request ever goes out in plaintext.",
    source="FACTS 7.2: policy first, 0 of 3",
    lines=[163],
    scenario=Scenario("policy-first", own=True),
)
async def test_policy_first_never_in_clear(stage: Stage) -> None:
    stage.only_with("Backend", "HTTPRoute")
    secured(stage)
    for exchange in await apply_again(stage, "Secret", "BackendTLSPolicy", "Backend", "HTTPRoute"):
        verify(exchange, Encrypted())


def name_again(policy: dict[str, Any]) -> None:
    """The policy's hostname once more, as the name to verify."""
    validation = policy["spec"]["validation"]
    validation["subjectAltNames"] = [{"type": "Hostname", "hostname": validation["hostname"]}]


@case(
    "lifecycle/changes-under-traffic",
    Level.INFO,
    "How many requests go out in plaintext, without a key, with the old key or fail while objects change.",
    source="FACTS 7.2: Secret rotated, updates",
    lines=[162],
    scenario=Scenario("changes-under-traffic", own=True),
)
async def test_changes_under_traffic(stage: Stage) -> None:
    stage.only_with("Secret", "HTTPRoute", "BackendTLSPolicy")
    stage.only_if(stage.key, "the Backend has no key of its own to send")
    old, new = stage.key, new_key(f"{stage.provider.name}-new").reveal()
    late = list[Exchange]()

    async def change() -> None:
        await stage.change("Secret", lambda secret: set_key(secret, stage.llm.auth.secret_key, new))
        late.extend([await stage.chat() for _ in range(10)])
        await stage.change("HTTPRoute", another_match)
        await stage.change("BackendTLSPolicy", name_again)
        await stage.settles(stage.chat, ArrivedOnce(), Secured())

    exchanges = await under_traffic(stage, stage.request(), change)
    sent = [one for exchange in exchanges for one in exchange.arrivals]
    keyless = [one for one in sent if not any(key in value for _, value in one.headers for key in (old, new))]
    outdated = [one for exchange in late for one in exchange.arrivals if any(old in value for _, value in one.headers)]
    failed = [one for one in exchanges if one.response.status != 200]
    stage.observe(
        f"of {len(exchanges)} requests {len(in_plaintext(exchanges))} in plaintext, {len(keyless)} without a key,"
        f" {len(failed)} failed; of 10 sent after the Secret had changed {len(outdated)} had the old key"
    )
