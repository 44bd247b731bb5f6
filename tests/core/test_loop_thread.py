"""A loop in a thread: usable from everywhere while it runs, and gone without trace."""

from __future__ import annotations

import asyncio
import threading

import pytest

from conformance.core.loop_thread import LoopThread


async def where() -> str:
    return threading.current_thread().name


def test_coroutines_run_in_the_thread() -> None:
    loop = LoopThread("test-loop")
    loop.start()
    try:
        assert loop.running
        assert loop.run(where()) == "test-loop"
        assert loop.submit(where()).result() == "test-loop"
    finally:
        loop.stop()
    assert not loop.running
    assert "test-loop" not in [thread.name for thread in threading.enumerate()]


async def test_another_loop_may_await_them() -> None:
    loop = LoopThread("test-loop-awaited")
    loop.start()
    try:
        assert await loop.call(where()) == "test-loop-awaited"
    finally:
        loop.stop()


def test_stop_cancels_what_still_runs_and_may_be_repeated() -> None:
    loop = LoopThread("test-loop-stopped")
    loop.stop()
    ended: list[str] = []
    for _ in range(2):
        loop.start()
        begun = threading.Event()

        async def forever(begun: threading.Event = begun) -> None:
            try:
                begun.set()
                await asyncio.Event().wait()
            finally:
                ended.append("ended")

        future = loop.submit(forever())
        begun.wait(5)
        loop.stop()
        loop.stop()
        assert future.cancelled()
    assert ended == ["ended", "ended"]
    with pytest.raises(RuntimeError, match="test-loop-stopped is not running"):
        _ = loop.loop


def test_errors_come_back() -> None:
    loop = LoopThread("test-loop-errors")
    loop.start()

    async def fail() -> None:
        raise LookupError("nothing there")

    try:
        with pytest.raises(LookupError, match="nothing there"):
            loop.run(fail())
    finally:
        loop.stop()
