"""Requests per second of a lookalike, beside bare uvicorn with Starlette doing the same, over TLS, in one run."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from multiprocessing.queues import Queue
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from conformance.core.providers.shipped import load_provider
from mock_providers import Attachment, Authority, Lookalikes

__all__ = ["throughput"]

_ROUNDS = 5
_REQUESTS = 4000
_CONNECTIONS = 16
_HOST = "api.mistral.ai"
_KEY = "sk-benchmark"


def throughput() -> Iterator[str]:
    """Rounds of both, one after the other; medians and the median of the rounds' ratios."""
    rounds = asyncio.run(_rounds())
    bare, lookalike = (statistics.median(values) for values in zip(*rounds, strict=True))
    ratio = statistics.median(two / one for one, two in rounds)
    yield f"bare {bare:.0f}/s, lookalike {lookalike:.0f}/s, ratio {ratio:.2f} (aim: at least 0.8)"


async def _rounds() -> list[tuple[float, float]]:
    lookalikes, provider = Lookalikes(), load_provider("mistral")
    listener = await lookalikes.attach(Attachment(_HOST, 443, provider, keys=frozenset({_KEY})))
    try:
        async with _bare(lookalikes.authority) as port:
            pem = lookalikes.authority.pem.decode()
            return [(await _measure(port, pem), await _measure(listener.address[1], pem)) for _ in range(_ROUNDS)]
    finally:
        await lookalikes.stop()


@asynccontextmanager
async def _bare(authority: Authority) -> AsyncIterator[int]:
    async def chat(request: Request) -> JSONResponse:
        body = await request.json()
        message = {"role": "assistant", "content": "A server answers exchange without id."}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 18, "completion_tokens": 15, "total_tokens": 33}
        completion = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
        return JSONResponse({**completion, "choices": choices, "usage": usage})

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with tempfile.TemporaryDirectory() as folder:
        file = _certificate(authority, folder)
        config = uvicorn.Config(app, port=0, ssl_certfile=file, http="httptools", loop="asyncio", log_config=None)
        config.access_log = False
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        yield int(server.servers[0].sockets[0].getsockname()[1])
        await server.shutdown()


def _certificate(authority: Authority, folder: str) -> str:
    certificate, file = authority.certificate(_HOST, "good"), Path(folder, "server.pem")
    file.write_bytes(certificate.key_pem + certificate.chain_pem)
    return str(file)


async def _measure(port: int, pem: str) -> float:
    """Requests per second, as a client in a process of its own sees them."""
    context = multiprocessing.get_context("spawn")
    results: Queue[float] = context.Queue()
    process = context.Process(target=_client, args=(port, pem, results))
    process.start()
    result = await asyncio.to_thread(results.get, timeout=120)
    await asyncio.to_thread(process.join)
    return result


def _client(port: int, pem: str, results: Queue[float]) -> None:
    results.put(asyncio.run(_requests(port, pem)))


async def _requests(port: int, pem: str) -> float:
    context = ssl.create_default_context(cadata=pem)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, context) for _ in range(_CONNECTIONS)))
    return _REQUESTS / (time.perf_counter() - began)


async def _connection(port: int, context: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=_HOST)
    messages = [{"role": "user", "content": "Write a short haiku about artificial intelligence."}]
    body = json.dumps({"model": "mistral-medium-2505", "messages": messages}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {_HOST}\r\nAuthorization: Bearer {_KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(_REQUESTS // _CONNECTIONS):
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode("latin-1"))
        await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    writer.close()
