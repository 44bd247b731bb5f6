"""Processes that play mutants, each one after another, and hand back what they find."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from conformance.core import deadlines
from conformance.core.interrupts import interrupt_on_sigterm
from conformance.core.problems import SetupProblem
from conformance.core.startup.records import dataclass
from conformance.proof.defects import defects_on
from conformance.proof.finding import Finding
from conformance.proof.playing import Play
from conformance.proof.tests import all_tests, elsewhere
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import DOCUMENTED_PROVIDERS, Settings, TargetOptions
from conformance.targets.embedded.options import EmbeddedOptions

__all__ = ["Order", "findings"]

_PATIENCE = 10.0
"""Seconds for a worker to take its target down; then it is killed."""


@dataclass(frozen=True)
class Order:
    """What is to be played: these mutants, or on the standalone target corruptions, and to which cases first.

    `providers` by name or file: the first plays where one is enough.
    """

    mutants: Sequence[str]
    dialect: str
    providers: Sequence[str] = DOCUMENTED_PROVIDERS
    exhaustive: bool = False
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    on: TargetOptions = field(default_factory=EmbeddedOptions)

    def play(self) -> Play:
        """The order, ready to be carried out in this process. Raises InputProblem for providers that cannot be used."""
        profiles = tuple(documented_profile(name, self.dialect) for name in self.providers)
        settings = Settings(profiles, self.on, dialect=self.dialect)
        names = [one.name for one in profiles]
        return Play(settings, all_tests(names, self.dialect), self.exhaustive, elsewhere(names, self.dialect))


def findings(order: Order, jobs: int) -> Iterator[Finding]:
    """What is found, as it comes. Leaves no process behind.

    Raises SetupProblem when a worker ends before its time.
    """
    context = multiprocessing.get_context("spawn")
    left = list(reversed(order.mutants))
    workers: dict[Connection, BaseProcess] = {}
    busy: set[Connection] = set()
    try:
        for _ in range(min(jobs, len(left))):
            here, there = context.Pipe()
            worker = context.Process(target=_work, args=(there, order), daemon=True)
            worker.start()
            there.close()
            workers[here] = worker
        for here in workers:
            _hand_out(here, left)
        busy |= set(workers)
        while busy:
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                yield _heard(ready)
                if not _hand_out(ready, left):
                    busy.discard(ready)
    finally:
        _end(workers, busy)


def _hand_out(here: Connection, left: list[str]) -> bool:
    """Whether there was another mutant for this worker."""
    if not left:
        return False
    here.send(left.pop())
    return True


def _heard(here: Connection) -> Finding:
    try:
        found = here.recv()
    except (EOFError, ConnectionError) as error:
        raise SetupProblem("a process that plays mutants ended before its time", remedy="was it killed?") from error
    if isinstance(found, str):
        raise SetupProblem(f"a process that plays mutants failed: {found}")
    return Finding.from_data(found)


def _end(workers: Mapping[Connection, BaseProcess], busy: Set[Connection]) -> None:
    """Who waits for a mutant ends by itself when nobody is there any more; a signal would find it on its way out."""
    for here, worker in workers.items():
        here.close()
        if here in busy and worker.is_alive():
            worker.terminate()
    for worker in workers.values():
        worker.join(_PATIENCE)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _work(there: Connection, order: Order) -> None:
    """What a worker does: a mutant comes in, a finding goes out, until nobody is there any more."""
    # A group of its own: whoever presses Ctrl-C interrupts the command, and that ends us, once.
    os.setpgrp()
    try:
        # The process ends with it: nothing needs to be put back.
        interrupt_on_sigterm(lambda _: None)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # All of it is in this process: what takes longer than this never comes.
        deadlines.ANSWER, deadlines.FIRST_CHUNK, deadlines.QUIET_AFTER_HANGUP = 15.0, 2.0, 2.0
        play, defects = order.play(), defects_on(order.on.target)
        while True:
            name = there.recv()
            found = asyncio.run(play.mutant(defects[name], order.known.get(name, ())))
            there.send(found.as_data())
    except (EOFError, BrokenPipeError):
        return
    except KeyboardInterrupt:
        # The target is down by now. A loop that was just being made would complain at an ordinary end.
        os._exit(0)
