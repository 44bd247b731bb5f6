"""Carries out a documentation page on a target, step by step and never through a shell."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from conformance.core.problems import InputProblem
from conformance.core.redaction import excerpt
from conformance.exchange.client import GatewayClient
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Refuted
from conformance.exchange.expectations.facet import Facet
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import ManifestSet
from conformance.pages import (
    GATEWAY_VARIABLE,
    Apply,
    ExpectedOutput,
    Export,
    NotRun,
    NoValue,
    Page,
    PortForward,
    Request,
    Step,
    Write,
    is_vendors_own,
    shape_differences,
)
from conformance.pages.prerequisites import Prerequisite
from conformance.pages.walkthrough.applying import Applying, Outcome, StepResult
from conformance.pages.walkthrough.judged import judged, open_for, other_tabs, told_open
from conformance.pages.walkthrough.presumed import lacking, lookalike_of, native_of
from conformance.pages.walkthrough.variables import Variables, made_up_key
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import DOCUMENTED
from conformance.stage.stage import Stage

__all__ = ["StepResult", "Walkthrough"]


_STATUS_LINE = re.compile(r"(?m)^[<\s]*HTTP/[0-9.]+ ([0-9]{3})\b")
_ASSIGNED = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=")


class Walkthrough:
    """One page on one arrangement; the shell's variables are as the page sets them."""

    def __init__(
        self,
        page: Page,
        arrangement: Arrangement,
        client: GatewayClient,
        before: Sequence[Prerequisite] = (),
        others: Sequence[Page] = (),
    ) -> None:
        """`before` is what the page asks to have been carried out, `others` are its other alternatives."""
        self._others = [*others, *(other for one in before for other in one.others)]
        self._page = page
        self._before = before
        self._arrangement = arrangement
        self._client = client
        self._variables = Variables()
        steps = [step for one in (*(two.page for two in before), page) for step in one.steps]
        self._applying = Applying(steps, arrangement.target, arrangement.applied, arrangement.dialect)
        self._unset: dict[str, int] = {}  # variables of exports that were not run, and their lines
        self._answer: Any = None
        self._status: int | None = None
        self._no_answer = "no request before it was answered"

    async def carry_out(self, report: Callable[[StepResult], None]) -> bool:
        """Carry out every step, reporting each; returns whether all that could be run went well."""
        good = True
        for one in self._before:
            report(result := await self._prepare(one))
            good = good and result.outcome != "failed"
        for step in self._page.steps:
            for result in await self._results(step):
                report(result)
                good = good and result.outcome != "failed"
        return good

    async def _prepare(self, first: Prerequisite) -> StepResult:
        """Carry out what a page that comes before makes; its requests are its own."""
        made = [step for step in first.page.steps if isinstance(step, Apply | Export | Write)]
        results = [result for step in made for result in await self._results(step)]
        outcomes = {result.outcome for result in results}
        applied = [one.title for one in results if one.outcome == "ok" and one.title.startswith("kubectl")]
        bad = [f"{one.title}: {'; '.join(one.details)}" for one in results if one.outcome != "ok"]
        outcome: Outcome = "failed" if "failed" in outcomes else "ok" if "ok" in outcomes else "not run"
        return StepResult(outcome, f"before this page: {first.page.file}", first.position, (*applied, *bad))

    async def _results(self, step: Step) -> list[StepResult]:
        made_up = len(self._variables.made_up)
        try:
            results = await self._step(step)
        except InputProblem as problem:
            details = (problem.message, *([problem.remedy] if problem.remedy else []))
            results = [StepResult("failed", _title(step), problem.position or step.position, details)]
            line = self._unset.get(problem.name) if isinstance(problem, NoValue) else None
            if line is not None:
                why = f"{problem.message}: line {line}, which would set it, was not run"
                results = [StepResult("not run", _title(step), step.position, (why,))]
                self._applying.leave_out(_title(step), step.position.line)
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
                return await self._applying.apply(step, self._variables)
            case Request():
                return [await self._request(step)]
            case ExpectedOutput():
                return [self._compare(step)]
            case NotRun():
                self._answer, self._status, self._no_answer = None, None, "the command before it was not run"
                if found := _ASSIGNED.match(step.text):
                    self._unset[found[1]] = step.position.line
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

    # --- requests

    def _stage(self, configuration: Configuration) -> Stage:
        manifests = ManifestSet(self._applying.manifests)
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
        self._answer, self._status, self._no_answer = None, None, "the request before it did not go well"
        configuration = read_configuration(self._applying.manifests, self._arrangement.dialect)
        without = self._applying.without
        # What was left out may change this very request: then nobody knows how it should go.
        bad: Outcome = "not run" if self._applying.decisive else "failed"
        if reason := lacking(configuration):
            return StepResult("not run", title, step.position, (reason, *without))
        request = ClientRequest(curl.method, url.target, tuple(curl.wire_headers()), curl.body)
        if not _is_chat(request):
            self._no_answer = "the request before it was not run"
            reason = "it is no chat request, and lookalikes answer nothing else"
            return StepResult("not run", title, step.position, (reason,))
        open_ = open_for(configuration, request)
        without = (*told_open(open_), *without)
        expected = expect(configuration, request)
        if reason := native_of(expected):
            self._no_answer = "the request before it was not judged"
            return StepResult("not run", title, step.position, (reason,))
        if (answer := expected.answer) is not None:
            reason = f"by the manifests, the gateway answers {answer.status}: {answer.why}"
            if answer.status == 404 and (tabs := other_tabs(self._others, self._arrangement.dialect, request)):
                reason = f"a route of other tabs takes it: {tabs}"
                return StepResult("not run", title, step.position, (reason,))
            return StepResult("not run" if open_ else bad, title, step.position, (reason, *without))
        wanted = judged(open_)
        if not wanted:
            self._no_answer = "the request before it was not judged"
            return StepResult("not run", title, step.position, without)
        stage = self._stage(configuration)
        try:
            exchange = await stage.settles(lambda: self._once(stage, request), *wanted)
        except Refuted as refuted:
            # All arrived as the manifests say, and was refused: that, too, may be for what was left out.
            refused = {one.about for one in refuted.mismatches} == {Facet.STATUS}
            outcome = bad if refused else "failed"
            return StepResult(outcome, title, step.position, (*_told(refuted), *without), refuted.exchange)
        if open_:
            self._no_answer = "the answer before it is not judged"
        else:
            self._keep_answer(step, exchange)
        arrival = exchange.arrival
        told = f"{arrival.method} {arrival.target} arrived at {arrival.connection.host}"
        status = "" if open_ else f"{exchange.response.status}; "
        ignored = tuple(f"curl's --{name} has no effect here" for name, _ in curl.noted if name not in _HARMLESS)
        details = (f"{status}{told}, {'what is judged' if open_ else 'all'} as the manifests say", *ignored, *without)
        return StepResult("ok", title, step.position, details, exchange)

    async def _once(self, stage: Stage, request: ClientRequest) -> Exchange:
        return await stage.send(dataclasses.replace(request, correlation_id=None))

    def _keep_answer(self, step: Request, exchange: Exchange) -> None:
        """What an example output after the request is compared with, or why nothing is."""
        self._status = exchange.response.status
        if step.filtered:
            self._no_answer = "jq prints only a part of the answer"
            return
        try:
            self._answer = exchange.response.json()
        except ValueError:
            self._no_answer = "the answer is a stream of events"

    def _compare(self, step: ExpectedOutput) -> StepResult:
        if (found := _STATUS_LINE.search(step.text)) and self._status is not None:
            good = found[1] == str(self._status)
            told = [] if good else [f"expected status {found[1]}, got {self._status}"]
            return self._compared(step, "its status", told, good=good)
        reason = self._no_answer if self._answer is None else "" if step.is_json else "it is no JSON"
        if reason:
            return StepResult("not run", _title(step), step.position, (reason,))
        differences = shape_differences(step.value, self._answer)
        own = [one for one in differences if is_vendors_own(one)]
        notes = [f"{one.path}: the vendor's own, which its lookalike does not send" for one in own]
        notes += [str(one) for one in differences if one not in own]
        return self._compared(step, "compared in shape", notes, good=len(own) == len(differences))

    def _compared(self, step: ExpectedOutput, how: str, told: list[str], *, good: bool) -> StepResult:
        title = f"{_title(step)}, {how}"
        if good:
            return StepResult("ok", title, step.position, tuple(told))
        # A rate limit's 429, for instance, takes the policy that sets the limit.
        outcome: Outcome = "not run" if self._applying.decisive else "failed"
        return StepResult(outcome, title, step.position, (*told, *self._applying.without))


_HARMLESS = frozenset(
    {"silent", "show-error", "verbose", "include", "insecure", "globoff", "no-progress-meter", "no-buffer"}
)


def _is_chat(request: ClientRequest) -> bool:
    try:
        body = request.json()
    except ValueError:
        return False
    return request.method == "POST" and isinstance(body, dict) and isinstance(body.get("messages"), list)


def _told(refuted: Refuted) -> list[str]:
    told = [f"{one.about}: expected {one.expected}, observed {one.observed}" for one in refuted.mismatches]
    exchange = refuted.exchange
    if exchange is None or exchange.arrivals:
        return told
    # Whatever was expected of a request that never arrived, its line would say the first one's words again.
    place = f"{exchange.expected.host}:{exchange.expected.port}"
    return [told[0], f"nothing arrived at {place}, so nothing is told of the request itself"]


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
            return excerpt(step.text.strip().splitlines()[0], 100) if step.text.strip() else ""
