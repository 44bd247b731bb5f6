"""The remote control of a run's lookalikes: JSON over HTTP, behind a bearer token."""

from __future__ import annotations

import asyncio
import hmac
import json
import math
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from conformance.core.problems import SetupProblem
from conformance.core.redaction import Key
from mock_providers.connection.in_process import http_config
from mock_providers.dns import NameServer
from mock_providers.identities import Authority
from mock_providers.remote.changes import ALL
from mock_providers.remote.commands import Commands
from mock_providers.remote.wire import Malformed

__all__ = ["LONGEST_WAIT", "MOST_BODY", "Control"]

LONGEST_WAIT = 30.0
"""Seconds that a question about the journal may wait for a change; whoever wants more asks again."""
MOST_BODY = 64 * 1024 * 1024
"""Bytes of a command: as long as the longest answer that a lookalike can be told to give."""
# Commands are done in milliseconds and waits are told to end; what lasts longer is a client that sends no more.
_STOP_SECONDS = 2.0

N = TypeVar("N", int, float)


class _CommandError(Exception):
    """An answer that is an error: its status, and why."""

    def __init__(self, status: int, error: str, *, remedy: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"remedy": remedy} if remedy else {})


class Control:
    """Runs lookalikes, and a name server for their hosts, as it is told. Use on one event loop.

    `bind` and `port` are where the control itself listens, `lookalikes_at` the IP of lookalikes and name server.
    `address` is the control's once started; `ended` is done when somebody asked it to shut down.
    """

    def __init__(
        self,
        token: Key,
        *,
        bind: str = "127.0.0.1",
        port: int = 0,
        lookalikes_at: str = "127.0.0.1",
        dns_port: int = 0,
        authority: Authority | None = None,
    ) -> None:
        self.address: tuple[str, int] = (bind, port)
        self.names = NameServer(bind=lookalikes_at, port=dns_port)
        self.ended = asyncio.Event()
        self._token = token
        self._asked = (bind, port)
        self._commands = Commands(lookalikes_at, authority or Authority(), self.names, self.ended.set)
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises SetupProblem when an address cannot be had."""
        config = http_config(self, HttpToolsProtocol, keep_alive=300, server_header=False)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: HttpToolsProtocol(config, self._state, {}), *self._asked)
        except OSError as error:
            where = f"the control cannot listen on {self._asked[0]}:{self._asked[1]}: {error.strerror}"
            raise SetupProblem(where, remedy="choose another address or port") from error
        self.address = cast("tuple[str, int]", self._server.sockets[0].getsockname()[:2])
        try:
            await self.names.start()
        except SetupProblem:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take everything down; harmless when repeated."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        self._stopping.set()
        if tasks := set(self._state.tasks):
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        for connection in list(self._state.connections):
            connection.transport.abort()
        if tasks := set(self._state.tasks):
            await asyncio.wait(tasks)
        while self._state.connections:  # noqa: ASYNC110 - a few turns of the loop; uvicorn has no event
            await asyncio.sleep(0)
        await server.wait_closed()
        await self._commands.stop()
        await self.names.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one command."""
        try:
            status, answer = 200, await self._answer(scope, receive)
        except _CommandError as refused:
            status, answer = refused.status, refused.body
        except _ClientGone:
            return
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Any:
        path, method = scope["path"], scope["method"]
        if path == "/health":
            return {"status": "ok"}
        if not self._is_allowed(scope):
            raise _CommandError(401, "the bearer token is missing or wrong")
        try:
            if path == "/journal" and method == "GET":
                return await self._journal(scope, receive)
            return await self._command(path, method, receive)
        except Malformed as problem:
            raise _CommandError(400, str(problem)) from problem
        except ValueError as problem:
            raise _CommandError(422, str(problem)) from problem
        except SetupProblem as problem:
            raise _CommandError(409, problem.message, remedy=problem.remedy) from problem

    def _is_allowed(self, scope: Scope) -> bool:
        given = b"".join(value for name, value in scope["headers"] if name == b"authorization")
        return hmac.compare_digest(given, f"Bearer {self._token.reveal()}".encode())

    async def _command(self, path: str, method: str, receive: Receive) -> Any:
        wanted = self._commands.method_of(path)
        if wanted is None:
            raise _CommandError(404, f"there is no {path!r}")
        if method != wanted:
            raise _CommandError(405, f"{path} takes {wanted}")
        return await self._commands.run(path, await _read(receive))

    async def _journal(self, scope: Scope, receive: Receive) -> Any:
        """What changed after version `after`, of what was seen since `mark`; waits for it, up to `wait` seconds."""
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        mark, after = _number(query, "mark", 0), _number(query, "after", ALL)
        wait = min(_number(query, "wait", 0.0), LONGEST_WAIT)
        changes = self._commands.changes
        gone = asyncio.ensure_future(_until_gone(receive))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            end = asyncio.get_running_loop().time() + wait
            while True:
                found = changes.after(after, mark)
                left = end - asyncio.get_running_loop().time()
                over = left <= 0 or gone.done() or stopping.done() or changes is not self._commands.changes
                if found["requests"] or found["connections"] or over:
                    return found
                awaited: set[asyncio.Future[Any]] = {changes.change(), gone, stopping}
                await asyncio.wait(awaited, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            stopping.cancel()


class _ClientGone(Exception):
    """The client closed the connection before its command was whole."""


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BODY:
            raise _CommandError(413, f"a command has at most {MOST_BODY} bytes")
        if not message.get("more_body"):
            return b"".join(chunks)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _number(query: dict[str, str], name: str, default: N) -> N:
    try:
        number = type(default)(query.get(name, default))
    except ValueError:
        raise Malformed(f"{name}: expected a number") from None
    if not math.isfinite(number):
        raise Malformed(f"{name}: expected a number")
    return number
