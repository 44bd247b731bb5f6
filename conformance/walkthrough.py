"""Carries out a documentation page on a target, step by step and never through a shell."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from conformance.arrange import Arrangement, Scene, SceneKey
from conformance.client import GatewayClient
from conformance.dialects import dialect_named, read_configuration
from conformance.dialects.model import Configuration
from conformance.exchange import ClientRequest, Exchange
from conformance.expect import Refuted
from conformance.manifests import Manifest, ManifestSet, objects_of
from conformance.oracle import expect, sendable_keys, stored_keys
from conformance.page import (
    GATEWAY_VARIABLE,
    Apply,
    ExpectedOutput,
    Export,
    NotRun,
    Page,
    PortForward,
    Request,
    Step,
    Write,
    is_vendors_own,
    shape_differences,
)
from conformance.page_objects import (
    fill_in,
    gateway_class,
    kinds_of,
    lacking,
    lookalike_of,
    presumed_gateway,
    presumed_parents,
    presumed_secrets,
    unusable,
)
from conformance.page_variables import Variables, made_up_key
from conformance.problems import InputProblem, Position
from conformance.profile import Profile
from conformance.redaction import register_key
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
    exchange: Exchange | None = None


class Walkthrough:
    """One page on one arrangement; the shell's variables are as the page sets them."""

    def __init__(self, page: Page, arrangement: Arrangement, client: GatewayClient) -> None:
        self._page = page
        self._arrangement = arrangement
        self._client = client
        self._variables = Variables()
        self._manifests: list[Manifest] = []
        self._gateways: set[tuple[str, str]] = set()
        self._makes_secrets = any(isinstance(step, Apply) and "Secret" in kinds_of(step) for step in page.steps)
        self._left_out: list[str] = []  # objects that were not applied, for what depends on them
        self._answer: Any = None
        self._no_answer = "no request before it was answered"

    async def carry_out(self, report: Callable[[StepResult], None]) -> bool:
        """Carry out every step, reporting each; returns whether all that could be run went well."""
        good = True
        for step in self._page.steps:
            for result in await self._results(step):
                report(result)
                good = good and result.outcome != "failed"
        return good

    async def _results(self, step: Step) -> list[StepResult]:
        made_up = len(self._variables.made_up)
        try:
            results = await self._step(step)
        except InputProblem as problem:
            details = (problem.message, *([problem.remedy] if problem.remedy else []))
            results = [StepResult("failed", _title(step), problem.position or step.position, details)]
        names = self._variables.made_up[made_up:]
        told = tuple(f"the page does not set ${name}; a made-up key stands for it" for name in names)
        if told:
            results[0] = dataclasses.replace(results[0], details=(*results[0].details, *told))
        return results

    async def _step(self, step: Step) -> list[StepResult]:
        match step:
            case Export():
                return [self._export(step)]
            case Write():
                return [StepResult("ok", _title(step), step.position, ("kept for the step that uses it",))]
            case PortForward():
                told = f"localhost:{step.port} means the gateway"
                return [StepResult("ok", _title(step), step.position, (told,))]
            case Apply():
                return await self._apply(step)
            case Request():
                return [await self._request(step)]
            case ExpectedOutput():
                return [self._compare(step)]
            case NotRun():
                self._answer, self._no_answer = None, "the command before it was not run"
                return [StepResult("not run", _title(step), step.position, (step.reason,))]
            case _:
                assert_never(step)

    def _export(self, step: Export) -> StepResult:
        if step.gateway:
            self._variables.set(step.name, self._variables[GATEWAY_VARIABLE])
            return StepResult("ok", _title(step), step.position, ("the gateway's address",))
        value, how = step.resolve(self._variables), "as the page says"
        if value is None:
            value, how = made_up_key(step.name), "a made-up key"
        self._variables.set(step.name, value)
        return StepResult("ok", _title(step), step.position, (how,))

    # --- manifests

    async def _apply(self, step: Apply) -> list[StepResult]:
        objects = [one for document in step.documents(self._variables) for one in objects_of(document)]
        results: list[StepResult] = []
        usable: list[Manifest] = []
        for one in objects:
            if not one.namespace and step.namespace:
                one.data["metadata"]["namespace"] = step.namespace
            missing = fill_in(one)
            why = f"{missing} is for the reader to fill in" if missing else unusable(one, self._arrangement.dialect)
            if why:
                place = one.at("kind")
                self._left_out.append(f"{one.kind} {one.name} of line {place.line}")
                results.append(StepResult("not run", f"kubectl apply {one.kind} {one.name}", place, (why,)))
            else:
                usable.append(one)
        return [await self._apply_all(step, usable), *results] if usable else results

    async def _apply_all(self, step: Apply, objects: list[Manifest]) -> StepResult:
        title = f"kubectl apply {', '.join(f'{one.kind} {one.name}' for one in objects)}"
        details = [f"of {step.file}, line {objects[0].at('kind').line}"] if step.file else []
        following = [one for one in self._manifests if one.id not in {new.id for new in objects}] + objects
        configuration = read_configuration(following, self._arrangement.dialect)
        secrets = [] if self._makes_secrets else presumed_secrets(configuration)
        details += [f"{one.id}, which the page does not make, was made for it" for one in secrets]
        await self._attach(objects)
        details += await self._presume(objects)
        await self._arrangement.apply_namespaces(ManifestSet(objects))
        refusals = await self._arrangement.apply_objects(one.data for one in (*secrets, *objects))
        if refusals:
            told = tuple(refusal.message for refusal in refusals.values())
            return StepResult("failed", title, step.position, told)
        self._manifests = following + secrets
        return StepResult("ok", title, step.position, tuple(details))

    async def _presume(self, objects: list[Manifest]) -> list[str]:
        """Make the Gateways that these routes refer to and the page does not make, and the classes of those it does."""
        place = dialect_named(self._arrangement.dialect).GATEWAY
        self._gateways |= {(place.namespace, place.name)}
        made = {(one.namespace, one.name) for one in (*self._manifests, *objects) if one.kind == "Gateway"}
        classes = {str(one.spec.get("gatewayClassName")) for one in objects if one.kind == "Gateway"} - {"agentgateway"}
        wanted = [gateway_class(name, self._arrangement.dialect) for name in sorted(classes)]
        told: list[str] = []
        for (namespace, name), (_, parent) in presumed_parents(objects).items():
            if (namespace, name) in self._gateways | made or not namespace:
                continue
            wanted.append(presumed_gateway(namespace, name, parent, self._arrangement.dialect))
            told.append(f"Gateway {namespace}/{name}, which the page does not make, was made for it")
            self._gateways.add((namespace, name))
            await self._arrangement.apply_objects([_namespace(namespace)])
        refusals = await self._arrangement.apply_objects(wanted)
        return told + [str(refusal) for refusal in refusals.values()]

    async def _attach(self, objects: list[Manifest]) -> None:
        """A lookalike for every host that a Backend names, before the gateway may dial it."""
        for backend in read_configuration(objects, self._arrangement.dialect).backends:
            for llm in backend.providers:
                if llm.host and llm.port:
                    facts = lookalike_of(backend, llm)
                    identity: Literal["good", "plaintext"] = "good" if facts.tls else "plaintext"
                    await self._arrangement.target.attach([Attachment(llm.host, llm.port, facts, identity=identity)])

    # --- requests

    def _stage(self, configuration: Configuration) -> Stage:
        manifests = ManifestSet(self._manifests)
        attachments = tuple(
            Attachment(llm.host, llm.port, lookalike_of(backend, llm))
            for backend, llm in configuration.llms()
            if llm.host and llm.port
        )
        backend = configuration.backends[0]
        profile = Profile(lookalike_of(backend, backend.providers[0]), manifests)
        scene = Scene(SceneKey(profile.name, DOCUMENTED), profile, manifests, configuration, attachments)
        return Stage(self._arrangement, scene, self._client)

    async def _request(self, step: Request) -> StepResult:
        curl = step.resolve(self._variables)
        url = curl.parts()
        title = f"curl {url.authority}{url.target}"
        self._answer, self._no_answer = None, "the request before it did not go well"
        configuration = read_configuration(self._manifests, self._arrangement.dialect)
        without = (f"without what was not run: {', '.join(self._left_out)}",) if self._left_out else ()
        if reason := lacking(configuration):
            return StepResult("not run", title, step.position, (reason, *without))
        request = ClientRequest(curl.method, url.target, tuple(curl.wire_headers()), curl.body)
        if not _is_chat(request):
            self._no_answer = "the request before it was not run"
            reason = "it is no chat request, and lookalikes answer nothing else"
            return StepResult("not run", title, step.position, (reason,))
        if (answer := expect(configuration, request).answer) is not None:
            reason = f"by the manifests, the gateway answers {answer.status}: {answer.why}"
            return StepResult("not run" if self._left_out else "failed", title, step.position, (reason, *without))
        for value in stored_keys(configuration) | sendable_keys(configuration):
            register_key("page-key", value)
        stage = self._stage(configuration)
        try:
            exchange = await stage.settles(lambda: self._once(stage, request), *AS_CONFIGURED)
        except Refuted as refuted:
            return StepResult("failed", title, step.position, (*_told(refuted), *without), refuted.exchange)
        self._keep_answer(step, exchange)
        arrival = exchange.arrival
        told = f"{exchange.response.status}; {arrival.method} {arrival.target} arrived at {arrival.connection.host}"
        ignored = tuple(f"curl's --{name} has no effect here" for name, _ in curl.noted if name not in _HARMLESS)
        details = (f"{told}, all as the manifests say", *ignored, *without)
        return StepResult("ok", title, step.position, details, exchange)

    async def _once(self, stage: Stage, request: ClientRequest) -> Exchange:
        return await stage.send(dataclasses.replace(request, correlation_id=None))

    def _keep_answer(self, step: Request, exchange: Exchange) -> None:
        """What an example output after the request is compared with, or why nothing is."""
        if step.filtered:
            self._no_answer = "jq prints only a part of the answer"
            return
        try:
            self._answer = exchange.response.json()
        except ValueError:
            self._no_answer = "the answer is a stream of events"

    def _compare(self, step: ExpectedOutput) -> StepResult:
        reason = self._no_answer if self._answer is None else "" if step.is_json else "it is no JSON"
        if reason:
            return StepResult("not run", _title(step), step.position, (reason,))
        differences = shape_differences(step.value, self._answer)
        own = [one for one in differences if is_vendors_own(one)]
        told = [f"{one.partition(':')[0]}: the vendor's own, which its lookalike does not send" for one in own]
        told += [one for one in differences if one not in own]
        title = f"{_title(step)}, compared in shape"
        return StepResult("ok" if len(own) == len(differences) else "failed", title, step.position, tuple(told))


_HARMLESS = frozenset(
    {"silent", "show-error", "verbose", "include", "insecure", "globoff", "no-progress-meter", "no-buffer"}
)


def _is_chat(request: ClientRequest) -> bool:
    try:
        body = request.json()
    except ValueError:
        return False
    return request.method == "POST" and isinstance(body, dict) and isinstance(body.get("messages"), list)


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _told(refuted: Refuted) -> list[str]:
    return [f"{one.about}: expected {one.expected}, observed {one.observed}" for one in refuted.mismatches]


def _title(step: Step) -> str:
    match step:
        case Export():
            return f"export {step.name}"
        case Write():
            return f"write {step.name}"
        case Apply():
            return f"kubectl apply -f {step.file or '-'}"
        case ExpectedOutput():
            return "example output"
        case Request() | NotRun() | PortForward():
            return step.text.strip().splitlines()[0][:100] if step.text.strip() else ""
