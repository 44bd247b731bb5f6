"""An asyncio event loop in a thread of its own, so that servers run beside blocking clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from conformance.core import host

__all__ = ["LoopThread"]

T = TypeVar("T")


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What nobody else hears of: of a server that cannot accept, the client only sees that nothing comes."""
    if not host.note(context.get("exception")):
        loop.default_exception_handler(context)


class LoopThread:
    """Start it, run coroutines on it from any thread, stop it; leaves no thread and no task behind."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._failure: BaseException | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop. Raises RuntimeError before `start` and after `stop`."""
        if self._loop is None:
            raise RuntimeError(f"{self._name} is not running")
        return self._loop

    @property
    def running(self) -> bool:
        """Whether the loop can be used."""
        return self._loop is not None

    def start(self) -> None:
        """Start the thread and wait until its loop runs. Raises OSError when there can be none."""
        self._failure = None
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._thread = self._loop = self._end = None
            self._ready.clear()
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            if self._ready.is_set():
                raise
            # No loop can be had. Whoever waits for it must hear that.
            self._failure = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_note)
        self._end = asyncio.Event()
        self._ready.set()
        await self._end.wait()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Schedule a coroutine there; returns its future."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for its result, blocking this thread."""
        return self.submit(coroutine).result()

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and await its result on the caller's loop."""
        return await asyncio.wrap_future(self.submit(coroutine))

    def stop(self) -> None:
        """Cancel what still runs there, close the loop and join the thread; harmless when repeated."""
        if self._thread is None or self._loop is None or self._end is None:
            return
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._thread = self._loop = self._end = None
        self._ready.clear()

    async def do(self, work: Callable[[], T]) -> T:
        """Do something there that awaits nothing, and await its result on the caller's loop."""

        async def run() -> T:
            return work()

        return await self.call(run())
