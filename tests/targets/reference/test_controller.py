"""When the controller works, and what it leaves alone."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from conformance.manifests.schemas.kinds import BACKEND, BACKEND_TLS_POLICY, EVENT, GATEWAY, HTTP_ROUTE, SECRET
from conformance.targets.reference.controller import Controller, controller
from conformance.targets.reference.controller.rules import duration
from conformance.targets.reference.gateway.config import GatewayConfig
from conformance.targets.reference.kubeapi.store import Store
from tests.support.gateway import NAMESPACE_NAME, bench, secret
from tests.support.gateway_objects import backend, policy, route


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10.0), ("1m30s", 90.0), ("500ms", 0.5), ("1h", 3600.0), ("0s", None), (None, None), (5, None)],
)
def test_durations(text: object, seconds: float | None) -> None:
    assert duration(text) == seconds


async def test_a_batch_is_reconciled_at_once() -> None:
    async with bench() as one:
        before = one.controller.reconciles
        await one.apply(backend("x0"))
        assert one.controller.reconciles == before + 1
        for index in range(50):
            one.store.create(HTTP_ROUTE, route(f"x{index}"))
        await one.controller.settle()
        assert one.controller.reconciles == before + 2


async def test_where_a_reconcile_is_dear_objects_put_one_by_one_are_reconciled_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bench() as one:
        # As if each took ten seconds.
        clock = itertools.count(0.0, 10.0)
        monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
        await one.apply(backend("x0"))
        before = one.controller.reconciles
        for index in range(3):
            one.store.create(HTTP_ROUTE, route(f"x{index}"))
            # Longer than what else is taken for the end of a batch.
            await asyncio.sleep(2 * controller._QUIET)
        assert one.controller.reconciles == before
        await one.controller.settle()
        assert one.controller.reconciles == before + 1


async def test_nothing_is_written_or_applied_twice() -> None:
    async with bench() as one:
        version = one.store.resource_version
        one.controller.reconcile()
        assert one.store.resource_version == version


async def test_events_and_own_statuses_are_no_news() -> None:
    async with bench() as one:
        before = one.controller.reconciles
        metadata = {"name": "e", "namespace": NAMESPACE_NAME}
        one.store.create(EVENT, {"apiVersion": "v1", "kind": "Event", "metadata": metadata})
        await one.controller.settle()
        assert one.controller.reconciles == before


async def test_stop_ends_it_and_start_begins_again() -> None:
    async with bench() as one:
        one.store.create(HTTP_ROUTE, route("late"))
        await one.controller.stop()
        await one.controller.stop()
        await one.controller.settle()
        assert one.store.get(HTTP_ROUTE, NAMESPACE_NAME, "late") is not None
        assert one.status(HTTP_ROUTE, "late") is None
        await one.controller.start()
        await one.controller.start()
        assert one.status(HTTP_ROUTE, "late")["parents"]


async def test_other_controllers_statuses_stay() -> None:
    async with bench() as one:
        other = {"parentRef": {"name": "x"}, "controllerName": "example.test/x", "conditions": []}
        foreign = {"ancestorRef": {"name": "x"}, "controllerName": "example.test/x", "conditions": []}
        one.store.set_status(HTTP_ROUTE, NAMESPACE_NAME, "mistral", {"parents": [other]})
        one.store.set_status(BACKEND_TLS_POLICY, NAMESPACE_NAME, "mistral-tls", {"ancestors": [foreign]})
        await one.controller.settle()
        assert [found["controllerName"] for found in one.status(HTTP_ROUTE, "mistral")["parents"]] == [
            "example.test/x",
            "kgateway.dev/agentgateway",
        ]
        assert one.status(BACKEND_TLS_POLICY, "mistral-tls")["ancestors"][0] == foreign


async def test_what_concerns_others_is_left_alone() -> None:
    async with bench(documents=False) as one:
        kinds = {"group": "", "kind": "Service"}
        await one.apply(
            route("a", parent={"name": "nobody"}),
            route("b", parent=kinds),
            policy("c", {"group": "", "kind": "Service", "name": "c"}),
            policy("d"),
        )
        assert [one.status(HTTP_ROUTE, name) for name in ("a", "b")] == [None, None]
        assert one.status(BACKEND_TLS_POLICY, "c") is None
        assert one.conditions(BACKEND_TLS_POLICY, "d", "ancestors", 0)["Accepted"][1] == "TargetNotFound"
        await one.delete(BACKEND_TLS_POLICY, "d")


async def test_five_hundred_objects_are_one_reconcile() -> None:
    async with bench(documents=False) as one:
        before = one.controller.reconciles
        for index in range(125):
            one.store.create(SECRET, secret(f"b{index}", "k"))
            one.store.create(BACKEND, backend(f"b{index}"))
            one.store.create(HTTP_ROUTE, route(f"b{index}"))
            one.store.create(BACKEND_TLS_POLICY, policy(f"b{index}"))
        await one.controller.settle()
        assert one.controller.reconciles == before + 1
        assert one.status(GATEWAY, "agentgateway")["listeners"][0]["attachedRoutes"] == 125


async def test_a_controller_alone_applies_an_empty_configuration() -> None:
    applied: list[GatewayConfig] = []
    controller = Controller(Store(), applied.append)
    await controller.start()
    await asyncio.sleep(0)
    await controller.stop()
    assert applied == [GatewayConfig()]
