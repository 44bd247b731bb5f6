"""The stage: what a case plays on. It sends requests, changes objects and waits; a case does nothing else."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from conformance.core import deadlines
from conformance.core.providers.provider import Provider
from conformance.core.redaction import redact
from conformance.exchange.client import GatewayClient, OnChunk
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import Change, Expectation, Refuted
from conformance.exchange.expectations.sharing import is_anothers
from conformance.exchange.expectations.statuses import condition_of
from conformance.exchange.messages import ClientRequest, ClientResponse
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.sharing import in_vain, share_of
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.exchange.ways import MOST_SPLIT
from conformance.manifests.objects import BACKEND, Manifest
from conformance.stage.arrangement.arrangement import DEFAULT_PLACE, Arrangement
from conformance.stage.arrangement.scene import Scene
from conformance.stage.case import NotApplicable
from conformance.stage.entering import StageWays
from conformance.stage.requests import JSON, expected_of, told_apart
from conformance.stage.scenario.scenario import Scenario
from conformance.stage.settling import goes_on, settled, unfollowed
from conformance.stage.streaming import releasing
from conformance.stage.target import Operations
from mock_providers.behaviour import Behaviour
from mock_providers.journal import Entries

__all__ = ["Stage", "condition_of"]

_SURELY = 1e-6
"""What happens by chance with a smaller probability does not."""


class Stage(StageWays):
    """One scene with the means to act on it."""

    def __init__(self, arrangement: Arrangement, scene: Scene, client: GatewayClient, only: str = "") -> None:
        super().__init__(arrangement, scene, only)
        self._client = client
        self._sent = ""  # the id of what was sent last
        self.observations: list[str] = []
        self.exchanges: list[Exchange] = []
        self._before: Exchange | None = None  # the last one before the last change

    @property
    def scenario(self) -> Scenario:
        """What the case plays in."""
        found = self._scene.key.scenario
        return replace(found, identity=self.shown) if self.shown else found

    @property
    def curl(self) -> str | None:
        """The page's own request, where the page has one for this provider."""
        return self._scene.profile.curl

    @property
    def operations(self) -> Operations:
        """The gateway's pods, for a case that declares to need them."""
        operations = self.target.operations
        assert operations is not None, 'the case lacks needs=("pods",)'
        return operations

    @property
    def route_names(self) -> list[str]:
        """The scene's routes, as `namespace/name`."""
        return [f"{one.namespace}/{one.name}" for one in self._scene.manifests.of_kind("HTTPRoute")]

    @property
    def lookalike(self) -> Provider:
        """The provider that answers at the Backend's host; at the default host nobody in particular."""
        return self.lookalike_of(self.expected)

    def lookalike_of(self, expected: Expected) -> Provider:
        """Who answers where the oracle expects a request."""
        place = (expected.host, expected.port)
        found = (one.provider for one in self._scene.attachments if (one.host, one.port) == place)
        return next(found, self.provider)

    @property
    def expected(self) -> Expected:
        """What the oracle expects of a plain chat request."""
        return expect(self.configuration, self.request())

    @property
    def key(self) -> str:
        """The API key that the oracle expects upstream; empty when none is."""
        credential = self.expected.credential
        return credential[1].rpartition(" ")[2] if credential else ""

    def other_model(self) -> str:
        """A model that the Backend does not name; one that the provider has, where it has several."""
        names = (*self.provider.models, f"{self.llm.model}-other")
        return next(name for name in names if name != self.llm.model)

    def observe(self, text: str) -> None:
        """Record a behaviour that nothing prescribes."""
        self.observations.append(redact(text))

    async def chat(self, *, behaviour: Behaviour | None = None, **request: Any) -> Exchange:
        """Build a request (see `request`), send it, and return the exchange."""
        return await self.send(self.request(**request), behaviour=behaviour)

    async def again(self, request: ClientRequest) -> Exchange:
        """Send a request once more, as an exchange of its own; for when no route says any longer what to ask."""
        return await self.send(replace(request, correlation_id=secrets.token_hex(8)))

    async def stream(
        self, *, behaviour: Behaviour | None = None, hang_up_after: int | None = None, **request: Any
    ) -> Exchange:
        """A streaming chat; where the behaviour holds chunks back, the arrival of one releases the next."""
        built = self.request(**{"stream": True, **request})

        async def release(part: str) -> None:
            await self.lookalikes.release(self._sent + part)

        on_chunk = releasing(behaviour, release)
        return await self.send(built, behaviour=behaviour, on_chunk=on_chunk, hang_up_after=hang_up_after)

    async def send(
        self,
        request: ClientRequest,
        *,
        behaviour: Behaviour | None = None,
        on_chunk: OnChunk | None = None,
        hang_up_after: int | None = None,
    ) -> Exchange:
        """Send a request as it is and gather the evidence."""
        for _ in range(MOST_SPLIT):
            if request.correlation_id and behaviour is not None:
                await self.lookalikes.plan(request.correlation_id, behaviour)
            sent, self._sent = request, request.correlation_id or ""

            async def deliver(sent: ClientRequest = sent) -> ClientResponse:
                at = self._arrangement.url_of(sent.door)
                return await self._client.send(sent, on_chunk=on_chunk, hang_up_after=hang_up_after, at=at)

            exchange = await self._exchange(sent, deliver)
            if not self._is_anothers(exchange):
                break
            self.exchanges.remove(exchange)
            request = replace(request, correlation_id=secrets.token_hex(8))
        else:
            self.exchanges.append(exchange)
            self._check_chance(request)
        return exchange

    def _check_chance(self, request: ClientRequest) -> None:
        """That all went to others may be chance: then that is all that can be said, and NotApplicable is raised."""
        found = best_rule(self.configuration.routes, request)
        chance = in_vain(share_of(found[1]), MOST_SPLIT) if found else 0.0
        if chance > _SURELY:
            said = f"of {MOST_SPLIT} requests none fell to this Backend, which is chance with a probability of"
            raise NotApplicable(f"{said} {chance:.2g}: not judged")

    def _is_anothers(self, exchange: Exchange) -> bool:
        """Whether a rule that splits traffic by weight gave the request to a Backend that another scene is about."""
        places = {(one.host, one.port) for one in self._scene.attachments}
        return is_anothers(exchange, self.configuration, places, self._arrangement.configurations)

    async def send_raw(self, request: ClientRequest, data: bytes, *, answers: int = 1) -> Exchange:
        """Send bytes that no well-behaved client would; `request` is what they mean, for the oracle.

        Where they are several requests, the connection is kept for as many `answers`, if they come.
        """
        at = self._arrangement.url_of(request.door)
        return await self._exchange(request, lambda: self._client.send_raw(data, answers=answers, at=at))

    async def _exchange(self, request: ClientRequest, deliver: Callable[[], Awaitable[ClientResponse]]) -> Exchange:
        mark, log = await self.lookalikes.mark(), len(self.target.gateway_log())
        began, start = time.time(), deadlines.now()
        response = await deliver()
        seconds = deadlines.now() - start
        seen = await self.lookalikes.since(mark)
        if not self._arrivals(request, seen):
            # Only now is "nothing arrived" more than "nothing has arrived yet".
            await self._fence()
            seen = await self.lookalikes.since(mark)
        places = {DEFAULT_PLACE, *((attachment.host, attachment.port) for attachment in self._scene.attachments)}
        arrivals, copies = told_apart(
            self.configuration, self._arrangement.configurations, request, self._arrivals(request, seen)
        )
        connections = [one for one in seen.connections if (one.host, one.port) in places]
        dialled = [*(one.connection for one in arrivals), *connections]
        exchange = Exchange(
            request=request,
            response=response,
            arrivals=arrivals,
            connections=connections,
            expected=expected_of(self.configuration, request, arrivals, [(one.host, one.port) for one in dialled]),
            gateway_log=self.target.gateway_log()[log:],
            began=began,
            seconds=seconds,
            copies=copies,
        )
        self.exchanges.append(exchange)
        return exchange

    def _arrivals(self, request: ClientRequest, seen: Entries) -> list[Any]:
        return [one for one in seen.requests if one.correlation_id == request.correlation_id]

    async def _fence(self, path: str | None = None) -> ClientResponse:
        """A request by a way of its own, through the same gateway, that is known to arrive."""
        fence, body = self._arrangement.fence, json.dumps(self.body(model="fence")).encode()
        headers = (*fence.headers, *JSON)
        return await self._client.send(ClientRequest("POST", path or fence.path, headers, body, secrets.token_hex(8)))

    def _changed(self, one: Manifest, how: str = "change") -> None:
        self._before = self.exchanges[-1] if self.exchanges else None
        super()._changed(one, how)

    async def settles(self, act: Callable[[], Awaitable[Exchange]], *expectations: Expectation) -> Exchange:
        """Repeat an exchange until it is as expected several times in a row; the last evidence when it never is."""
        await self.target.settle()
        about = f"traffic of {self.provider.name}"
        seconds = self._arrangement.patience.seconds(about, deadlines.PROPAGATION)
        try:
            return await settled(act, expectations, seconds)
        except Refuted as refuted:
            if not self._last_change:
                self._arrangement.patience.lose(about)
                raise
            last = refuted
        began = deadlines.now()
        if await self._arrangement.overtaken(self._fence):
            # It was behind with everything, or does not follow this change alone.
            try:
                return await settled(act, expectations, deadlines.ORDER)
            except Refuted as refuted:
                last = refuted
        self._arrangement.patience.lose(about)
        still = goes_on(self._before, last.exchange)
        change = Change(self._last_change, seconds + deadlines.now() - began, self._how, still)
        raise unfollowed(last, change) from last

    async def end_tls(self, path: str | None = None) -> Callable[[], Awaitable[None]]:
        """Take away what makes connections of requests to a path TLS: the policy, or the Backend's own settings.

        Gives what brings it back.
        """
        taken: list[Manifest] = []
        while (tls := expect(self.configuration, self.request(path=path)).tls) is not None:
            one = tls.origin.manifest
            taken.append(one.copy())
            if one.role == BACKEND:
                assert self.dialect.own_tls(one.data), "the default provider is always reached by TLS"
                await self.change(BACKEND, self.dialect.end_tls, name=one.name)
            else:
                await self.delete(one)

        async def restore() -> None:
            for one in taken:
                await (self.replace(one) if one.role == BACKEND else self.restore(one))

        return restore
