"""What is changed while requests go on: each kind is a scene and an endless row of changes to its objects."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from conformance.cases.acts import applied_anew, set_key
from conformance.cases.variations import TWIN
from conformance.core.redaction import new_key
from conformance.stage.scenario.draft import variation_host
from conformance.stage.scenario.scenario import Scenario
from conformance.stage.stage import Stage

__all__ = ["KINDS", "Kind"]

Changes = Callable[[Stage], AsyncGenerator[None, None]]


@dataclass(frozen=True)
class Kind:
    """One kind of change. `changes` makes one more whenever it is asked for the next.

    `in_steps`: a change has several, and what goes on between them counts.
    """

    name: str
    scenario: Scenario
    changes: Changes
    in_steps: bool = False


async def another_key(stage: Stage) -> AsyncGenerator[None, None]:
    """The Secret gets a key that it never had."""
    while True:
        key = new_key(f"{stage.provider.name}-window").reveal()
        await stage.change("Secret", partial(set_key, name=stage.llm.auth.secret_key, value=key))
        yield


async def another_model(stage: Stage) -> AsyncGenerator[None, None]:
    """The Backend gets another model."""
    while True:
        await stage.change_backend(model=stage.other_model())
        yield


async def another_host(stage: Stage) -> AsyncGenerator[None, None]:
    """Backend, rewrite and policy name another host, one after the other, and then the first one again."""
    first, port = stage.llm.host or "", stage.llm.port or 0
    second = variation_host(first, "moved")
    await stage.attach(second, port)
    while True:
        for host in (second, first):
            await stage.change_host(host)
            yield


async def another_backend(stage: Stage) -> AsyncGenerator[None, None]:
    """The route leads to another provider's Backend, and then to its own again."""
    routes = [one for one in stage.manifests if one.kind == "HTTPRoute"]
    route, twins = routes[0], routes[len(routes) // 2]
    names = [one.spec["rules"][0]["backendRefs"][0]["name"] for one in (twins, route)]
    while True:
        for name in names:
            await stage.change("HTTPRoute", partial(_lead_to, name), name=route.name)
            yield


def _lead_to(name: str, route: dict[str, Any]) -> None:
    for rule in route["spec"]["rules"]:
        for ref in rule["backendRefs"]:
            ref["name"] = name


async def deleted_route(stage: Stage) -> AsyncGenerator[None, None]:
    """The route is deleted, and created again."""
    while True:
        route = await stage.delete("HTTPRoute")
        yield
        await stage.restore(route)
        yield


def _set_up(*order: str) -> Changes:
    """Everything is deleted, and applied anew in this order of kinds."""

    async def changes(stage: Stage) -> AsyncGenerator[None, None]:
        while True:
            removed = [await stage.delete(one) for one in list(stage.manifests) if one.role in order]
            async for _ in applied_anew(stage, removed, order):
                pass
            yield

    return changes


_PAGE = ("Secret", "Backend", "HTTPRoute", "BackendTLSPolicy")
_SAFE = ("Secret", "Backend", "BackendTLSPolicy", "HTTPRoute")

KINDS = (
    Kind("another key in the Secret", Scenario("window-key", own=True), another_key),
    Kind("another model in the Backend", Scenario("window-model", own=True), another_model),
    Kind("another host in Backend, rewrite and policy", Scenario("window-host", own=True), another_host),
    Kind("another Backend in the route", Scenario("window-route", TWIN.changes, own=True), another_backend),
    Kind("the route deleted and created", Scenario("window-deleted", own=True), deleted_route),
    Kind("all applied in the page's order", Scenario("window-page", own=True), _set_up(*_PAGE), True),
    Kind("all applied, the policy before the route", Scenario("window-safe", own=True), _set_up(*_SAFE), True),
)
"""The orders: the documented page's steps, and the one in which no request can come too early."""
