"""One request's way through the gateway: route, body, provider, answer."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.targets.reference.gateway.apis import AS_IS, CHAT, NO_MODELS, NO_MODELS_HEADERS
from conformance.targets.reference.gateway.config import (
    BackendRef,
    Door,
    GatewayConfig,
    InvalidBackend,
    LlmBackend,
    LlmProvider,
    Mirror,
    Rule,
    Server,
)
from conformance.targets.reference.gateway.cors import added, admitted
from conformance.targets.reference.gateway.forwarding import further, modified, redirect_target, rewritten_path
from conformance.targets.reference.gateway.health import Health
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.llm.asked import asked_for, check
from conformance.targets.reference.gateway.messages import (
    Answer,
    ClientRequest,
    Outbound,
    ProxyError,
    Selected,
    values_of,
    without,
)
from conformance.targets.reference.gateway.mirroring import Mirroring
from conformance.targets.reference.gateway.routing import RouteTable, RoutingEntry
from conformance.targets.reference.gateway.seams import Seams
from conformance.targets.reference.gateway.upstreams import UpstreamAnswer, Upstreams

__all__ = ["Answering", "Plan"]

_FAILED = 503

ReadBody = Callable[[int], Awaitable[bytes]]
Note = Callable[[str, LlmProvider | None], None]


class Plan:
    """A configuration made ready for requests; requests in flight keep the one they began with."""

    def __init__(self, config: GatewayConfig, seams: Seams) -> None:
        self.config = config
        self._seams = seams
        self._tables: dict[tuple[Door, str] | None, RouteTable] = {}
        self.turns = itertools.count()

    def table(self, door: Door | None, authority: str) -> RouteTable:
        """The rules that a request falls under at a door. Raises ProxyError 404 when nobody listens there for it."""
        listeners, name = self.config.listeners, None
        if door is not None:
            listener = self._seams.listener_for(
                (one for one in listeners if (one.gateway, one.port) == door), authority
            )
            listeners, name = (listener,), (door, listener.name)
        if name not in self._tables:
            seams = self._seams
            how = seams.path_matches, seams.precedence, seams.parameters, seams.host_matches, seams.rotation
            self._tables[name] = RouteTable(listeners, *how)
        return self._tables[name]


class Answering:
    """Answers one request. `provider` is the one last tried, for whoever writes about a failure."""

    def __init__(
        self,
        plan: Plan,
        seams: Seams,
        upstreams: Upstreams,
        health: Health,
        mirroring: Mirroring,
        note: Note,
        door: Door | None = None,
    ) -> None:
        self._plan = plan
        self._door = door
        self._seams = seams
        self._upstreams = upstreams
        self._health = health
        self._mirroring = mirroring
        self._note = note
        self.provider: LlmProvider | None = None
        self._upstream: UpstreamAnswer | None = None

    async def answer(self, request: ClientRequest, read_body: ReadBody) -> Answer:
        """The answer to a request. Raises ProxyError when it is the gateway's own error.

        When the answer is a stream, `close` must be awaited after it.
        """
        if not request.authority:
            raise ProxyError(503, "processing failed: no authority or host")
        self._table = self._plan.table(self._door, request.authority)
        entry = self._table.find(request)
        cors = self._seams.cors(entry.rule.filters)
        if cors is None:
            return await self._by_rule(request, entry, read_body)
        if (asked := self._seams.preflight(cors, request)) is not None:
            self._note(f"{request.method} {request.path}: route {entry.route} answers a browser", None)
            return asked
        more = added(cors, request)
        try:
            answer = await self._by_rule(request, entry, read_body)
        except ProxyError as refusal:
            # A page is to see what went wrong, too.
            refusal.headers += more
            raise
        return replace(answer, headers=(*without(answer.headers, (name for name, _ in more)), *more))

    async def _by_rule(self, request: ClientRequest, entry: RoutingEntry, read_body: ReadBody) -> Answer:
        rule, request = entry.rule, admitted(request, entry.rule.callers)
        selected = Selected(entry.route, entry.match, rule.filters)
        if (answer := self._redirected(selected, request)) is not None:
            return answer
        backend_ref = self._table.choose(rule)
        if (answer := self._redirected(replace(selected, filters=backend_ref.filters), request)) is not None:
            return answer
        selected = self._with_filters_of(backend_ref, selected)
        if isinstance(backend_ref.backend, InvalidBackend):
            self._note(f"{request.method} {request.path}: route {entry.route} leads to no backend", None)
            raise ProxyError(backend_ref.backend.status, backend_ref.backend.body)
        self._note(f"{request.method} {request.path}: route {entry.route}, backend {backend_ref.backend.name}", None)
        try:
            async with asyncio.timeout(rule.timeouts.request):
                return await self._ask(request, selected, rule, backend_ref.backend, read_body)
        except TimeoutError as error:
            raise ProxyError(504, "request timeout") from error

    def _redirected(self, selected: Selected, request: ClientRequest) -> Answer | None:
        found = redirect_target(selected, request)
        if found is None:
            return None
        status, location = found
        self._note(f"{request.method} {request.path}: route {selected.route} redirects", None)
        return Answer(status, (("location", location), ("content-length", "0")), b"")

    def _with_filters_of(self, reference: BackendRef, selected: Selected) -> Selected:
        if reference.late:
            return replace(selected, late=reference.filters)
        return replace(selected, filters=(*selected.filters, *reference.filters))

    async def close(self) -> None:
        """Let go of the provider's answer; what was not read of it is abandoned."""
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            await upstream.close()

    async def _ask(
        self, request: ClientRequest, selected: Selected, rule: Rule, backend: LlmBackend, read_body: ReadBody
    ) -> Answer:
        sent = await read_body(self._seams.request_limit)
        for mirror in self._seams.mirrors((*selected.filters, *selected.late)):
            if self._mirroring.is_due(mirror):
                self._mirroring.send(self._copied(mirror, request, selected, sent))
        providers = self._seams.provider_order(self._health.active(backend), next(self._plan.turns))
        path = rewritten_path(selected, request.path) or request.path
        selected = replace(selected, api=self._seams.api_of(providers[0].apis, path))
        if selected.api == "Models":
            return Answer(501, NO_MODELS_HEADERS, NO_MODELS)
        asked = asked_for(self._seams, providers[0].apis, selected.api, sent, request.headers)
        if not self._seams.tries_next(_FAILED):
            providers = providers[:1]
        for last, provider in zip([*[False] * (len(providers) - 1), True], providers, strict=True):
            self.provider = provider
            outbound = self._outbound(request, selected, provider, asked.body_for(self._seams, provider))
            try:
                upstream = await self._send(outbound, rule.timeouts.backend_request)
            except ProxyError as refusal:
                self._note(f"provider {provider.name}: {refusal.text}", provider)
                self._health.note(provider, None)
                if last or refusal.status != 503:
                    raise
                continue
            self._note(f"provider {provider.name} answered {upstream.status}", provider)
            self._health.note(provider, upstream.status)
            if last or not self._seams.tries_next(upstream.status):
                self._upstream = await self._followed(upstream, outbound)
                return await self._passed_on(self._upstream, request, selected, asked.is_stream)
            await upstream.close()
        raise ProxyError(503, "no healthy backends")

    def _outbound(self, request: ClientRequest, selected: Selected, provider: LlmProvider, body: bytes) -> Outbound:
        seams = self._seams
        headers = modified(seams.end_to_end(request.headers), selected, "request")
        coded = () if selected.api in AS_IS else ("content-encoding",)
        headers = without(headers, ("host", "content-length", *coded))
        headers = seams.authorise(headers, seams.credential_of(provider, self._plan.config))
        headers = further(headers, provider.further)
        headers = modified(headers, replace(selected, filters=selected.late), "request")
        authority = seams.authority(selected, provider, request)
        return Outbound(
            provider=provider,
            address=seams.address(provider, request),
            tls=seams.transport(provider),
            method=request.method,
            target=seams.target(selected, provider, request),
            headers=(("host", authority), *headers, ("content-length", str(len(body)))),
            body=body,
        )

    async def _copied(self, mirror: Mirror, request: ClientRequest, selected: Selected, body: bytes) -> None:
        """Send a copy as if it alone were the request, but for what its own backend makes of it."""
        try:
            if isinstance(mirror.to, Server):
                provider = LlmProvider(f"{mirror.to.host}:{mirror.to.port}", mirror.to.host, mirror.to.port)
                whole = self._outbound(request, selected, provider, body)
                kept = [one for one in request.headers if one[0].lower() == "content-encoding"]
                query = "" if request.query is None else f"?{request.query}"
                path = rewritten_path(selected, request.path) or request.path
                outbound = replace(whole, target=path + query, headers=(*whole.headers, *kept))
            else:
                provider = self._seams.provider_order(mirror.to, 0)[0]
                edited = self._seams.edit(self._seams.parse(self._seams.decode(body, request.headers)), provider)
                outbound = self._outbound(request, replace(selected, late=()), provider, completions.render(edited))
            answer = await self._send(outbound, None)
            await answer.close()
        except ProxyError as refusal:
            self._note(f"a copy was not taken: {refusal.text}", None)

    async def _send(self, outbound: Outbound, seconds: float | None) -> UpstreamAnswer:
        host, port = outbound.address
        how = "TLS" if outbound.tls else "plaintext"
        self._note(f"{outbound.method} {outbound.target} to {host}:{port} ({how})", outbound.provider)
        try:
            async with asyncio.timeout(seconds):
                return await self._upstreams.send(outbound)
        except TimeoutError as error:
            raise ProxyError(504, "upstream call timeout") from error

    async def _followed(self, upstream: UpstreamAnswer, outbound: Outbound) -> UpstreamAnswer:
        location = self._seams.redirect(upstream.status, upstream.headers)
        if location is None:
            return upstream
        await upstream.close()
        url = urlsplit(location)
        secure = url.scheme != "http"
        host = url.hostname or outbound.address[0]
        port = url.port or (outbound.address[1] if not url.hostname else 443 if secure else 80)
        # A connection of its own: another host's must not be taken for the provider's.
        provider = replace(outbound.provider, name=location, host=host, port=port)
        return await self._upstreams.send(
            replace(outbound, provider=provider, address=(host, port), target=url.path or "/")
        )

    async def _passed_on(
        self, upstream: UpstreamAnswer, request: ClientRequest, selected: Selected, stream: bool
    ) -> Answer:
        """The provider's answer for the client.

        Streams and everything that is no success pass piece by piece; a success that should be a chat completion is
        read whole first, because agentgateway answers 503 when it is none.
        """
        both = replace(selected, filters=(*selected.filters, *selected.late))
        headers = modified(self._seams.answer_headers(upstream.headers), both, "response")
        if request.method == "HEAD":
            return Answer(upstream.status, headers, b"")
        succeeded = 200 <= upstream.status < 300
        if selected.api in AS_IS:
            return Answer(upstream.status, headers, self._seams.relay(upstream.pieces))
        if stream and succeeded:
            headers, pieces = self._seams.streamed(headers, upstream.pieces)
            return Answer(upstream.status, headers, self._seams.relay(pieces))
        body = await _whole(upstream.pieces, self._seams.answer_limit)
        if succeeded and selected.api == CHAT:
            body = self._seams.check_answer(body, upstream.headers)
        elif succeeded and (plain := completions.uncompressed(body, upstream.headers)) is not None:
            check(selected.api, plain)
        status, headers, body = self._seams.answered(upstream.status, headers, body)
        if not values_of(headers, "content-length") and status not in (204, 304):
            headers = (*headers, ("content-length", str(len(body))))
        return Answer(status, headers, body)


async def _whole(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """A whole body. Raises ProxyError 503 when it is larger than the limit, or ends early."""
    body = bytearray()
    try:
        async for piece in pieces:
            body += piece
            if len(body) > limit:
                raise ProxyError(503, "processing failed: response was too large")
    except ConnectionError as error:
        raise ProxyError(
            503, "upstream call failed: SendRequest: connection closed before message completed"
        ) from error
    return bytes(body)
