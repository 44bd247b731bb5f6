"""The Gateway that requests come in by: applied, or brought by the target; one that is given beside that is let in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.core.problems import SetupProblem
from conformance.manifests.gateways import GatewayFacts, ListenerFacts, attachments
from conformance.stage.arrangement.applied import Applied
from conformance.stage.arrangement.surroundings import Entrance, Surroundings
from conformance.stage.target import Entered, GatewayAt

__all__ = ["bring_gateway", "check_port", "let_in"]

_ELSEWHERE = "use the embedded or the standalone target"


async def bring_gateway(target: Entered, surroundings: Surroundings, applied: Applied, dialect: str) -> None:
    """Apply the given Gateways, else the documented one, each with its class, unless the target has brought it.

    Raises SetupProblem when they are refused, or the target has no place for them.
    """
    entrance = surroundings.entrance
    if target.brings_gateway:
        if entrance is not None:
            await let_in(target, surroundings, applied, entrance)
        else:
            check_port(target.gateway, surroundings)
        await applied.apply_namespaces([target.gateway.namespace])
        return
    if entrance is not None:
        namespace, name = entrance.gateway.namespace, entrance.gateway.name
        target.gateway = dataclasses.replace(target.gateway, namespace=namespace, name=name)
    objects = surroundings.gateway_objects(dialect)
    names = {one["metadata"]["namespace"] for one in objects if one["kind"] == "Gateway"}
    await applied.apply_namespaces({target.gateway.namespace, *names})
    await _apply(applied, objects)


async def let_in(target: Entered, surroundings: Surroundings, applied: Applied, entrance: Entrance) -> None:
    """Let requests come in by the given Gateway.

    Raises SetupProblem where the target has no place for it, or another Gateway of that name, and where some of the
    routes cannot be reached this way.
    """
    gateway = entrance.gateway
    at = (target.gateway.namespace, target.gateway.name)
    here = (gateway.namespace, gateway.name) == at
    if not (here or target.takes_gateways):
        remedy = f"name it with --gateway {gateway.namespace}/{gateway.name} once it stands there, or {_ELSEWHERE}"
        raise SetupProblem(
            f"on the {target.name} target requests come in by Gateway {'/'.join(at)} only", remedy=remedy
        )
    _check_one_way(target.name, surroundings, entrance)
    stands = target.gateway.facts if here else None
    if stands is not None and not (different := _different(gateway, stands)):
        check_port(target.gateway, surroundings)
        return
    if not target.takes_gateways:
        remedy = "bring the cluster's Gateway up to date, or certify without it"
        raise SetupProblem(f"the {gateway} that stands there is not the given one: {different}", remedy=remedy)
    served, given_class = surroundings.served(gateway), surroundings.given_class(gateway.class_name)
    await applied.apply_namespaces([gateway.namespace])
    await _apply(applied, await target.beside_gateway(served, given_class))
    port = (entrance.listener or gateway.listeners[0]).port if gateway.listeners else 0
    await target.enter_by(gateway.namespace, gateway.name, port)


async def _apply(applied: Applied, objects: Iterable[Mapping[str, Any]]) -> None:
    refused = await applied.apply_objects(objects)
    if refused:
        raise SetupProblem(f"the Gateway cannot be applied: {next(iter(refused.values()))}")


def _check_one_way(target: str, surroundings: Surroundings, entrance: Entrance) -> None:
    others = surroundings.not_by(entrance)
    if others and entrance.listener is not None:
        names = ", ".join(str(one.id) for one in others)
        message = f"on the {target} target requests come in by one port of one Gateway"
        by = f"{entrance.gateway}, port {entrance.listener.port}"
        remedy = f"certify them apart, or {_ELSEWHERE}"
        raise SetupProblem(f"{message}, here {by}; these attach to others: {names}", remedy=remedy)


def check_port(at: GatewayAt, surroundings: Surroundings) -> None:
    """The way in leads to one port of the Gateway that stands there: raise SetupProblem for routes to others of its."""
    if at.facts is None or at.port == 0:
        return
    for route in surroundings.routes:
        ports = [one.port for _, one, _ in attachments(route, [at.facts], surroundings.labels)]
        if ports and at.port not in ports:
            message = (
                f"requests come in by port {at.port} of the {at.facts}, and {route.id} attaches to port {ports[0]}"
            )
            raise SetupProblem(message, remedy=f"say with --gateway-url URL how port {ports[0]} is reached")


def _different(given: GatewayFacts, stands: GatewayFacts) -> str:
    """In what a given Gateway differs from the one that stands; empty when in nothing that matters to routes."""
    if given.class_name != stands.class_name:
        return f"its class is {stands.class_name}, not {given.class_name}"
    have = {one.name: one for one in stands.listeners}
    for one in given.listeners:
        if have.get(one.name) != one:
            return f"listener {one.name} is {_told(have.get(one.name))}, not {_told(one)}"
    more = have.keys() - {one.name for one in given.listeners}
    return f"it has more listeners: {', '.join(sorted(more))}" if more else ""


def _told(listener: ListenerFacts | None) -> str:
    if listener is None:
        return "not there"
    hostname = f" for {listener.hostname}" if listener.hostname else ""
    return f"{listener.protocol} {listener.port}{hostname} from {listener.allowed}"
