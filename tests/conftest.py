"""What tests of several modules are given."""

from __future__ import annotations

import gc
import os
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from conformance.core import host, redaction
from tests.support.kubeapi import Served, serving
from tests.support.nightly import BY_NIGHT
from tests.support.scheduling import Scheduling, takes_long

NO_VERDICT = (
    '"no verdict" is no failure here: `make test` plays each case to one of the two providers only,',
    "and a verdict needs all cases. `make conformance` plays all to both, and gives one.",
)

settings.register_profile(
    "usual", max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("nightly", settings.get_profile("usual"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores, as many a test waits for a deadline or for a process; no quick one does."""
    return (os.cpu_count() or 1) + ("not slow" not in config.option.markexpr)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """In place of `--dist loadscope`."""
    return Scheduling(config, log) if config.option.dist == "loadscope" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In `make test` by day each case is played to one of the providers; `make conformance` plays it to all.

    What takes long is begun first, so that at the end no worker waits for another.
    """
    items.sort(key=lambda one: not ("arrangement" in getattr(one, "fixturenames", ()) or takes_long(one)))
    if not _is_the_day(config):
        return
    alike: dict[str, list[pytest.Item]] = {}
    for item in items:
        spec = getattr(item, "callspec", None)
        if spec is not None and (name := spec.params.get("stage")):
            alike.setdefault(item.nodeid.replace(name, ""), []).append(item)
    left: set[pytest.Item] = set()
    for text, ones in alike.items():
        ones.sort(key=lambda one: one.nodeid)
        del ones[zlib.crc32(text.encode()) % len(ones)]
        left.update(ones)
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


def _is_the_day(config: pytest.Config) -> bool:
    """Whether this is `make test`, not at night."""
    return not BY_NIGHT and {"tests", "conformance/cases"} <= set(config.args)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Below what is said of the cases: that they make no verdict, and are not meant to."""
    if _is_the_day(config):
        terminalreporter.write_line("")
        for line in NO_VERDICT:
            terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Tests and modules are there to the end: each run of pytest in a test would search them for garbage, twice."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_noted() -> Iterator[None]:
    """What a test lets its machine lack is no other's, least of all that of the cases in the same worker."""
    noted = list(host.NOTED)
    yield
    host.NOTED[:] = noted


@pytest.fixture(autouse=True)
def _no_key_of_another() -> Iterator[None]:
    """What a test's Secrets hold is struck from its own output only: it may be words that another test looks for."""
    with redaction.forgotten_after():
        yield


@pytest.fixture
def served() -> Iterator[Served]:
    """The embedded endpoint of the Kubernetes API."""
    with serving() as endpoint:
        yield endpoint
