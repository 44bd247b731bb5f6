"""The agentgateway process: started, configured anew, watched line by line, and ended on every way out."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import trustme

from conformance.core.files import ScratchFolder
from conformance.core.problems import SetupProblem
from conformance.core.redaction import redact
from conformance.targets.reference.gateway.config import Door, GatewayConfig
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.configuration import PROBE, AddressOf, LocalConfiguration, Writer
from conformance.targets.standalone.mounted import MountedFile

__all__ = ["AgentgatewayProcess"]

_READY = 60.0
"""Seconds until the proxy has taken a configuration: measured 0.1 to 0.5 s; the rest is for a busy machine."""
_UNNOTICED = 2.0
"""Seconds after which a written configuration that is not in force counts as not noticed; else it takes 0.3 s."""
_END = 30.0
_ANSWER = 5.0
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH", "RUST_BACKTRACE")
_LEVELS = "info,agentgateway::state_manager=debug"
"""What it logs: 1.4 tells only at debug that a configuration has come into force."""
_REQUEST = re.compile(r"\trequest gateway=")
_PROBED = re.compile(rf" route=(default/)?{PROBE} ")
# Kept alive by nothing but us: should we be killed, the kernel kills it. Set by a small program between us and it,
# because Python may not run code of its own after a fork in a process with threads.
_LAUNCHER = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class AgentgatewayProcess:
    """A data plane for the embedded control plane. Use on one event loop.

    It is launched when the first hosts are there, and again whenever its list of hosts changes: it reads the hosts
    file once. `configure` replaces its file in one step; `loaded` waits until the proxy answers by it.
    """

    def __init__(
        self,
        binary: Binary,
        *,
        trusted: bytes,
        place: AddressOf,
        remapped: bool,
        log: Callable[[str], None],
    ) -> None:
        self._binary = binary
        self._trusted = trusted
        self._log = log
        self._place, self._remapped = place, remapped
        self._config = GatewayConfig()
        self._generation = 0
        self._doors: dict[Door, int] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._follower: asyncio.Task[None] | None = None
        self._answered = -1
        self._news, self._progress = asyncio.Event(), asyncio.Event()
        self.last = LocalConfiguration("")
        self.complaint = ""

    async def start(self) -> None:
        """Make folder and ports ready; the process itself waits for `launch`."""
        self._folder = ScratchFolder()
        self._file = MountedFile(self.folder, "config.yaml")
        self._port, self._probe_port = _free_ports(2)
        self._system = self._pem(self._trusted.decode())
        self._writer = Writer(
            line=self._binary.line,
            port=self._port,
            probe_port=self._probe_port,
            place=self._place,
            authorities=self._pem,
            # It has signed nothing, and nobody has its key.
            no_authority=self._pem(trustme.CA().cert_pem.bytes().decode()),
            remapped=self._remapped,
        )
        self._write()

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def folder(self) -> Path:
        """A folder that goes when the process is stopped."""
        return self._folder.path

    @property
    def running(self) -> bool:
        """Whether it was launched."""
        return self._process is not None

    async def launch(self) -> None:
        """Start the process, anew if it runs, and wait until it answers. Raises SetupProblem when it does not."""
        await self._end()
        self._write()
        command = [self._binary.path, "-f", str(self._file.path)]
        if sys.platform.startswith("linux"):
            command = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**_environment(), "SSL_CERT_FILE": self._system, "RUST_LOG": _LEVELS},
            limit=1 << 24,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        self._follower = asyncio.create_task(self._follow())
        await self.loaded()

    async def stop(self) -> None:
        """End the process and remove its folder."""
        await self._end()
        self._folder.close()

    def configure(self, config: GatewayConfig) -> None:
        """Give it another configuration; requests in flight keep the old one."""
        self._config = config
        self._write()

    async def open(self, gateway: str, port: int) -> str:
        """Where a port of a Gateway (`namespace/name`) is reached, once the configuration is loaded that has it."""
        if (gateway, port) not in self._doors:
            (self._doors[gateway, port],) = _free_ports(1)
            self._write()
        return f"http://127.0.0.1:{self._doors[gateway, port]}"

    def reconfigure(self) -> None:
        """Write the configuration again, because places have changed."""
        self._write()

    async def loaded(self) -> None:
        """Wait until it answers by the latest configuration. Raises SetupProblem when it refuses it or has ended."""
        try:
            async with asyncio.timeout(_READY):
                while self._answered != self._generation:
                    self._check()
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError as error:
            raise SetupProblem("agentgateway does not take its configuration", remedy=self._last_words()) from error

    async def _follow(self) -> None:
        """Ask which configuration is in force whenever it says something about itself, or a new one is written."""
        while True:
            self._news.clear()
            self._answered = await self._answers()
            self._progress.set()
            try:
                async with asyncio.timeout(None if self._answered == self._generation else _UNNOTICED):
                    await self._news.wait()
            except TimeoutError:
                # What is written while it starts, between its reading the file and its watching it, goes unnoticed
                # until it is written again.
                if self._answered != -1 and not self.complaint:
                    self._place_file()

    def check_alive(self) -> None:
        """Raise SetupProblem when it was launched and has ended."""
        if self._process is not None and self._process.returncode is not None:
            raise SetupProblem(f"agentgateway ended with {self._process.returncode}", remedy=self._last_words())

    def _check(self) -> None:
        self.check_alive()
        if self.complaint and self._answered != -1:
            raise SetupProblem("agentgateway refuses its configuration", remedy=self._last_words())

    def _last_words(self) -> str:
        return f"it said: {redact(self.complaint) or 'nothing'}"

    async def _answers(self) -> int:
        """The generation that it answers by; -1 while nothing listens."""
        try:
            async with asyncio.timeout(_ANSWER):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._probe_port)
                with contextlib.closing(writer):
                    writer.write(b"GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
                    body = (await reader.read()).rpartition(b"\r\n\r\n")[2]
        except OSError:  # a TimeoutError is one
            return -1
        return int(body) if body.isdigit() else -1

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            if _PROBED.search(text):
                continue
            self._log(text)
            if "Failed to reload config" in text or "Error:" in text:
                self.complaint = text
            # Requests say nothing about the configuration, and there is no end of them.
            if not _REQUEST.search(text):
                self._news.set()
        await process.wait()
        self._progress.set()

    async def _end(self) -> None:
        if self._process is None or self._reader is None or self._follower is None:
            return
        self._follower.cancel()
        await asyncio.wait({self._follower})
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        async with asyncio.timeout(_END):
            await self._reader
        self._process = self._reader = self._follower = None
        self._answered = -1

    def _write(self) -> None:
        self._generation += 1
        self.complaint = ""
        self.last = self._writer.write(self._config, self._generation, self._doors)
        self._place_file()
        self._news.set()

    def _place_file(self) -> None:
        self._file.put(self.last.text, watched=self._answered != -1)

    def _pem(self, text: str) -> str:
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.pem"
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return str(path)


def _environment() -> dict[str, str]:
    """What any program needs, and no more: our own environment holds keys, proxies, and what would change its logs."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("LC_")}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
