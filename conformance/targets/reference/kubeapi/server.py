"""The Kubernetes API endpoint as a server: HTTPS on loopback with a bearer token."""

from __future__ import annotations

import asyncio
import base64
import secrets
import socket
import ssl
from collections.abc import Collection
from typing import Any

import trustme
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

from conformance.core.problems import SetupProblem
from conformance.core.redaction import register_key
from conformance.manifests.schemas import Admission
from conformance.targets.reference.kubeapi.app import KubeApi
from conformance.targets.reference.kubeapi.resources import Resources
from conformance.targets.reference.kubeapi.store import Store

__all__ = ["KubeApiServer"]

_HOST = "127.0.0.1"
# Requests are answered in milliseconds and streams are told to end; what lasts longer is a stuck client.
_STOP_SECONDS = 2.0
_NAME = "agw-conformance"


class KubeApiServer:
    """Serves one store. `url`, `token` and `ca_pem` are what a client needs; `kubeconfig()` has them all.

    `port` 0 is an ephemeral one. `authority` signs the certificate (one of its own without it). `without`: the
    (kind, version)s that are not served. `start` and `stop` belong to one event loop; both may be called
    twice. Raises SetupProblem when the port is taken.
    """

    def __init__(
        self,
        store: Store,
        admission: Admission,
        *,
        port: int = 0,
        authority: trustme.CA | None = None,
        token: str | None = None,
        without: Collection[tuple[str, str]] = (),
    ) -> None:
        self.store = store
        self.token = token or secrets.token_urlsafe(24)
        register_key("kubernetes-token", self.token)
        self.url = ""
        self._authority = authority or trustme.CA()
        self._port = port
        self._api = KubeApi(Resources(store, admission), self.token, without)
        self._server: Server | None = None
        self._stopped = True

    def __repr__(self) -> str:
        return f"<KubeApiServer {self.url or 'stopped'}>"

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the authority that clients are to trust."""
        return self._authority.cert_pem.bytes()

    async def start(self) -> None:
        """Listens; `url` is the address from then on."""
        if self._server:
            return
        self._stopped = False
        self._api.allow_watches(True)
        config = Config(
            self._api,
            log_config=None,
            access_log=False,
            http=self._connection(),
            ws="none",
            lifespan="off",
            date_header=False,
            server_header=False,
            timeout_keep_alive=300,
        )
        config.load()
        config.ssl = self._tls()
        server = Server(config)
        server.lifespan = config.lifespan_class(config)
        listening = self._listen()
        await server.startup(sockets=[listening])
        self.url = f"https://{_HOST}:{listening.getsockname()[1]}"
        self._server = server

    def _connection(self) -> type[HttpToolsProtocol]:
        owner = self

        class Connection(HttpToolsProtocol):
            """A connection that was still shaking hands when the server stopped is aborted like the others."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if owner._stopped:
                    transport.abort()

        return Connection

    def _tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(_HOST, "localhost").configure_cert(context)
        return context

    def _listen(self) -> socket.socket:
        # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; without it each answer waits 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            # A fixed port is to be had again at once after a stop.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((_HOST, self._port))
        except OSError as error:
            listening.close()
            raise SetupProblem(
                f"the Kubernetes API endpoint cannot listen on {_HOST}:{self._port}: {error.strerror}",
                remedy="choose another port, or 0 for a free one",
            ) from error
        return listening

    async def stop(self) -> None:
        """Ends the streams, lets requests in flight finish, closes every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        self.url, self._stopped = "", True
        for listener in server.servers:
            listener.close()
        self._api.allow_watches(False)
        if tasks := set(server.server_state.tasks):
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        for task in server.server_state.tasks:
            task.cancel()
        # Aborted, not closed: a client that keeps its connection for later would not answer a farewell in TLS.
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        while server.server_state.connections:  # noqa: ASYNC110 - a few turns of the loop; uvicorn has no event
            await asyncio.sleep(0)
        for listener in server.servers:
            await listener.wait_closed()

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig for kubectl and the Python client; its namespace is `default`."""
        authority = base64.b64encode(self.ca_pem).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _NAME, "cluster": {"server": self.url, "certificate-authority-data": authority}}],
            "users": [{"name": _NAME, "user": {"token": self.token}}],
            "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME, "namespace": "default"}}],
            "current-context": _NAME,
            "preferences": {},
        }
