"""The reference gateway: an HTTP server on loopback that does what the documentation says agentgateway does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from conformance.targets.reference.gateway.answering import Answering, Plan
from conformance.targets.reference.gateway.config import Door, GatewayConfig, LlmProvider
from conformance.targets.reference.gateway.health import Health
from conformance.targets.reference.gateway.messages import Answer, ClientRequest, Headers, ProxyError
from conformance.targets.reference.gateway.mirroring import Mirroring
from conformance.targets.reference.gateway.seams import REFERENCE, Seams
from conformance.targets.reference.gateway.upstreams import Dial, Upstreams
from mock_providers.connection.in_process import http_config

__all__ = ["ReferenceGateway"]

KEEP_ALIVE = 75
"""Seconds an idle connection of a client stays open."""

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[dict[str, Any]], Any]

# uvicorn's complaints about broken requests belong in no one's terminal.
_logger = logging.getLogger("conformance.targets.reference.gateway")
_logger.addHandler(logging.NullHandler())


class ReferenceGateway:
    """Serves one GatewayConfig at a time on an ephemeral port of 127.0.0.1.

    `url` leads to all listeners alike, whatever their Gateways and ports, for whoever has but one of them; `open` gives
    the way in to one Gateway and port, as it really is. `dial` maps a documented host
    and port to the real address (None: the name does not resolve); `system_trust` gives the PEM text of the
    authorities that "system" means; `log` gets redacted lines, several a request.
    """

    def __init__(
        self,
        *,
        seams: Seams = REFERENCE,
        dial: Dial,
        system_trust: Callable[[], str],
        log: Callable[[str], None],
        bind: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._seams = seams
        self._log = log
        self._bind = (bind, port)
        self._upstreams = Upstreams(dial=dial, system_trust=system_trust, seams=seams)
        self._health = Health(seams.is_unhealthy)
        self._mirroring = Mirroring()
        self._plan = Plan(GatewayConfig(), seams)
        self._state = ServerState()
        self._slots = asyncio.Semaphore(seams.slots) if seams.slots else contextlib.nullcontext()
        self._servers: dict[Door | None, asyncio.Server] = {}
        self._work: set[asyncio.Future[None]] = set()
        self.address: tuple[str, int] = ("", 0)

    @property
    def url(self) -> str:
        """Where it listens, once started: `http://127.0.0.1:PORT`."""
        return f"http://{self.address[0]}:{self.address[1]}"

    @property
    def config(self) -> GatewayConfig:
        """What it serves."""
        return self._plan.config

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if not self._servers:
            self.address = await self._listen(None, *self._bind)

    async def open(self, gateway: str, port: int) -> str:
        """Where a port of a Gateway (`namespace/name`) is reached, as `http://127.0.0.1:PORT`."""
        door = (gateway, port)
        if door in self._servers:
            address = self._servers[door].sockets[0].getsockname()
        else:
            address = await self._listen(door, self._bind[0], 0)
        return f"http://{address[0]}:{address[1]}"

    async def _listen(self, door: Door | None, host: str, port: int) -> tuple[str, int]:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(_Conversation(scope, receive, send), door)

        config = http_config(serve, _Protocol, keep_alive=KEEP_ALIVE)
        loop = asyncio.get_running_loop()

        def make() -> _Protocol:
            return _Protocol(config, self._state, {}, loop, lenient=self._seams.lenient_framing)

        server = self._servers[door] = await loop.create_server(make, host, port)
        address: tuple[str, int] = server.sockets[0].getsockname()[:2]
        return address

    async def stop(self) -> None:
        """Stop listening, abandon what is in flight, close every connection."""
        servers, self._servers = list(self._servers.values()), {}
        if not servers:
            return
        for server in servers:
            server.close()
        for connection in list(self._state.connections):
            assert isinstance(connection, _Protocol)
            connection.hang_up()
        for work in self._work:
            work.cancel()
        while self._state.tasks or self._work:
            await asyncio.wait({*self._state.tasks, *self._work})
        await self._mirroring.aclose()
        await self._upstreams.aclose()
        for server in servers:
            await server.wait_closed()

    def configure(self, config: GatewayConfig) -> None:
        """Serve this configuration from the next request on; requests in flight keep theirs and their connections."""
        self._plan = Plan(config, self._seams)
        self._upstreams.retain(self._identities(config))

    def _identities(self, config: GatewayConfig) -> set[Any]:
        return {self._seams.identity(provider) for provider in config.providers()}

    async def _serve(self, conversation: _Conversation, door: Door | None) -> None:
        """One request from its head to the end of its answer."""
        exchange = Answering(self._plan, self._seams, self._upstreams, self._health, self._mirroring, self._note, door)
        work = asyncio.ensure_future(self._converse(conversation, exchange))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        watch = asyncio.ensure_future(conversation.until_gone())
        try:
            awaited = {work, watch} if self._seams.watches_client else {work}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and not conversation.finished:
                self._note("the client went away", exchange.provider)
                work.cancel()
            await asyncio.wait({work})
        finally:
            watch.cancel()
        if not work.cancelled():
            work.result()

    async def _converse(self, conversation: _Conversation, exchange: Answering) -> None:
        try:
            async with self._slots, asyncio.timeout(self._seams.exchange_seconds):
                answer = await exchange.answer(conversation.request(self._seams), conversation.read_body)
                await conversation.send_answer(answer)
        except ProxyError as refusal:
            self._note(f"own answer {refusal.status}: {refusal.text}", exchange.provider)
            own = self._seams.refused(refusal, exchange.provider)
            text = own.text.encode()
            headers = (("content-type", "text/plain"), ("content-length", str(len(text))), *own.headers)
            await conversation.send_answer(Answer(own.status, headers, text))
        except (ConnectionError, TimeoutError) as error:
            # The head of the answer is out: all that is left is not to end it as if it were whole.
            self._note(f"the answer was broken off: {error or 'timed out'}", exchange.provider)
            conversation.break_off()
        finally:
            await exchange.close()

    def _note(self, text: str, provider: LlmProvider | None) -> None:
        self._log(self._seams.log_line(text, provider))


class _Conversation:
    """ASGI's three arguments, as the gateway thinks of them."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body_read = asyncio.Event()
        self.finished = False

    def request(self, seams: Seams) -> ClientRequest:
        """The head of the request. Raises ProxyError 400 when it names more than one host."""
        headers: Headers = tuple(
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in self._scope["headers"]
        )
        query = self._scope["query_string"].decode("latin-1")
        target: bytes = self._scope["extensions"]["conformance.target"]
        # Of a target in absolute form only path and query count; where it leads is never the client's choice.
        return ClientRequest(
            method=self._scope["method"],
            path=self._scope["raw_path"].decode("latin-1"),
            query=query if query or target.endswith(b"?") else None,
            authority=seams.host_of(headers),
            headers=headers,
        )

    async def read_body(self, limit: int) -> bytes:
        """The whole body. Raises ProxyError 503 when it is larger than the limit."""
        body = bytearray()
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client went away before its request was complete")
            body += message["body"]
            more = message["more_body"]
            if len(body) > limit:
                raise ProxyError(503, "processing failed: request was too large")
        self._body_read.set()
        return bytes(body)

    async def until_gone(self) -> None:
        """Return when the client has gone away; listens only once the body is read."""
        await self._body_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def send_answer(self, answer: Answer) -> None:
        """Send an answer, piece by piece when it is a stream."""
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if isinstance(answer.body, bytes):
            self.finished = True
            await self._send({"type": "http.response.body", "body": answer.body})
            return
        async for piece in answer.body:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        self.finished = True
        await self._send({"type": "http.response.body", "body": b""})

    def break_off(self) -> None:
        """Close the client's connection without ending the answer."""
        self.finished = True
        self._scope["extensions"]["conformance.close"]()


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, with the request's target as it was sent and a way to hang up."""

    def __init__(self, *args: Any, lenient: bool) -> None:
        super().__init__(*args)
        self.logger = _logger
        if lenient:
            self.parser.set_dangerous_leniencies(lenient_chunked_length=True, lenient_data_after_close=True)

    def on_headers_complete(self) -> None:
        extensions: Any = {"conformance.target": self.url, "conformance.close": self.transport.close}
        self.scope["extensions"] = extensions
        super().on_headers_complete()

    def hang_up(self) -> None:
        """Drop the connection, and the timer that would have."""
        self._unset_keepalive_if_required()
        self.transport.abort()
