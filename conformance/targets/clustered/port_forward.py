"""A port of this machine that leads to a port of a pod, through the cluster's API endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import cast

from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward
from websocket import WebSocketException

from conformance.stage.arrangement.kube import close_client

__all__ = ["PortForward"]

_PIECE = 64 * 1024


class PortForward:
    """Listens on loopback; each connection there is one to the pod. Use on one event loop."""

    def __init__(self, client: ApiClient, namespace: str, pod: str, port: int) -> None:
        # The library turns a whole client into one for this purpose as long as a connection is made.
        self._client = ApiClient(client.configuration)
        self._namespace = namespace
        self._pod = pod
        self._port = port
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.address: tuple[str, int] = ("", 0)

    async def start(self) -> None:
        """Listen; `address` is where."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = cast("tuple[str, int]", self._server.sockets[0].getsockname()[:2])

    async def stop(self) -> None:
        """Close the port and every connection; harmless when repeated."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        await asyncio.gather(*self._connections)
        await server.wait_closed()
        close_client(self._client)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._connections[task] = writer
        try:
            # Where no connection to the pod can be had, whoever dialled sees that this one is closed.
            with contextlib.suppress(ApiException, WebSocketException, OSError):
                there = await asyncio.to_thread(self._dial)
                pod_reader, pod_writer = await asyncio.open_connection(sock=there)
                await asyncio.gather(_copy(reader, pod_writer), _copy(pod_reader, writer))
        finally:
            del self._connections[task]
            writer.close()

    def _dial(self) -> socket.socket:
        core = CoreV1Api(self._client)
        call = core.connect_get_namespaced_pod_portforward
        forwarded = portforward(call, self._pod, self._namespace, ports=str(self._port))
        # The library's socket is wrapped; its duplicate is a plain one, and ends the forwarding when it is closed.
        plain: socket.socket = forwarded.socket(self._port).dup()
        forwarded.close()
        plain.setblocking(False)
        return plain


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until one side ends, then end the other."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
