"""Carries out a documentation page on a target, step by step and never through a shell."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from conformance.arrange import Arrangement, Scene, SceneKey
from conformance.client import GatewayClient
from conformance.dialects import read_configuration
from conformance.exchange import ClientRequest, Exchange
from conformance.expect import Refuted
from conformance.manifests import BACKEND, Manifest, ManifestSet, objects_of
from conformance.page import (
    GATEWAY_VARIABLE,
    Apply,
    ExpectedOutput,
    Export,
    NotRun,
    Page,
    Request,
    shape_differences,
)
from conformance.problems import Position
from conformance.profile import Profile, facts_of, new_key
from conformance.scenario import DOCUMENTED
from conformance.stage import Stage
from conformance.targets.base import Attachment
from conformance.upstream import AS_CONFIGURED

__all__ = ["StepResult", "Walkthrough"]


@dataclass(frozen=True)
class StepResult:
    """How one step of the page went."""

    outcome: Literal["ok", "failed", "not run"]
    title: str
    position: Position
    details: tuple[str, ...] = ()


class Walkthrough:
    """One page on one arrangement; `variables` are the shell's variables as the page sets them."""

    def __init__(self, page: Page, arrangement: Arrangement, client: GatewayClient) -> None:
        self._page = page
        self._arrangement = arrangement
        self._client = client
        self._variables: dict[str, str] = {GATEWAY_VARIABLE: "localhost"}
        self._manifests: list[Manifest] = []
        self._answer: Any = None

    async def carry_out(self, report: Callable[[StepResult], None]) -> bool:
        """Carry out every step, reporting each; returns whether all that could be run went well."""
        good = True
        for step in self._page.steps:
            result = await self._step(step)
            report(result)
            good = good and result.outcome != "failed"
        return good

    async def _step(self, step: Export | Apply | Request | ExpectedOutput | NotRun) -> StepResult:
        if isinstance(step, Export):
            return self._export(step)
        if isinstance(step, Apply):
            return await self._apply(step)
        if isinstance(step, Request):
            return await self._request(step)
        if isinstance(step, ExpectedOutput):
            return self._compare(step)
        return StepResult("not run", _first_line(step.text), step.position, (step.reason,))

    def _export(self, step: Export) -> StepResult:
        value, how = step.resolve(self._variables), "as the page says"
        if value is None:
            value, how = new_key(step.name.lower().replace("_", "-").removesuffix("-api-key")).reveal(), "a made-up key"
        if step.name != GATEWAY_VARIABLE:
            self._variables[step.name] = value
        return StepResult("ok", f"export {step.name}", step.position, (how,))

    async def _apply(self, step: Apply) -> StepResult:
        objects = [one for document in step.documents(self._variables) for one in objects_of(document)]
        for one in objects:
            if not one.namespace and step.namespace:
                one.data["metadata"]["namespace"] = step.namespace
        title = f"kubectl apply {', '.join(f'{one.kind} {one.name}' for one in objects)}"
        await self._attach(objects)
        await self._arrangement.apply_namespaces(ManifestSet(objects))
        refusals = await self._arrangement.apply_objects(one.data for one in objects)
        if refusals:
            return StepResult("failed", title, step.position, tuple(refusal.message for refusal in refusals.values()))
        self._manifests = [one for one in self._manifests if one.id not in {new.id for new in objects}] + objects
        return StepResult("ok", title, step.position)

    async def _attach(self, objects: list[Manifest]) -> None:
        """A lookalike for every host that a Backend names, before the gateway may dial it."""
        for backend in read_configuration(objects, self._arrangement.dialect).backends:
            for llm in backend.providers:
                if llm.host and llm.port:
                    facts = facts_of(backend, llm)
                    identity: Literal["good", "plaintext"] = "good" if facts.tls else "plaintext"
                    await self._arrangement.target.attach([Attachment(llm.host, llm.port, facts, identity=identity)])

    def _stage(self) -> Stage:
        manifests = ManifestSet(self._manifests)
        configuration = read_configuration(manifests, self._arrangement.dialect)
        attachments = tuple(
            Attachment(llm.host, llm.port, facts_of(backend, llm))
            for backend, llm in configuration.llms()
            if llm.host and llm.port
        )
        backend = configuration.backends[0]
        profile = Profile(facts_of(backend, backend.providers[0]), manifests)
        scene = Scene(SceneKey(profile.name, DOCUMENTED), profile, manifests, configuration, attachments)
        return Stage(self._arrangement, scene, self._client)

    async def _request(self, step: Request) -> StepResult:
        curl = step.resolve(self._variables)
        url = curl.parts()
        title = f"curl {url.authority}{url.target}"
        if not any(one.role == BACKEND for one in self._manifests):
            return StepResult("failed", title, step.position, ("no Backend has been applied before this request",))
        self._answer = None
        request = ClientRequest(curl.method, url.target, tuple(curl.wire_headers()), curl.body)
        stage = self._stage()
        try:
            exchange = await stage.settles(lambda: self._once(stage, request), *AS_CONFIGURED)
        except Refuted as refuted:
            return StepResult("failed", title, step.position, tuple(_told(refuted)))
        self._answer = exchange.response.json()
        arrival = exchange.arrival
        told = f"{exchange.response.status}; {arrival.method} {arrival.target} arrived at {arrival.connection.host}"
        ignored = tuple(f"curl's --{name} has no effect here" for name, _ in curl.noted if name not in _HARMLESS)
        return StepResult("ok", title, step.position, (f"{told}, all as the manifests say", *ignored))

    async def _once(self, stage: Stage, request: ClientRequest) -> Exchange:
        return await stage.send(dataclasses.replace(request, correlation_id=None))

    def _compare(self, step: ExpectedOutput) -> StepResult:
        if self._answer is None:
            reason = "there is no answer to compare it with"
            return StepResult("not run", "example output", step.position, (reason,))
        if not step.is_json:
            return StepResult("not run", "example output", step.position, ("it is no JSON",))
        differences = tuple(shape_differences(step.value, self._answer))
        return StepResult(
            "failed" if differences else "ok", "example output, compared in shape", step.position, differences
        )


_HARMLESS = frozenset({"silent", "show-error", "verbose", "include", "insecure", "globoff", "no-progress-meter"})


def _told(refuted: Refuted) -> list[str]:
    return [f"{one.about}: expected {one.expected}, observed {one.observed}" for one in refuted.mismatches]


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:100] if text.strip() else ""
