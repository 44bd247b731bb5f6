"""What tests of several modules are given."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from conformance.core import host
from tests.support.kubeapi import Served, serving

settings.register_profile(
    "usual", max_examples=50, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("nightly", settings.get_profile("usual"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores, as many a test waits for a deadline or for a process; no quick one does."""
    return (os.cpu_count() or 1) + ("not slow" not in config.option.markexpr)


@pytest.fixture(autouse=True)
def _nothing_noted() -> Iterator[None]:
    """What a test lets its machine lack is no other's, least of all that of the cases in the same worker."""
    noted = list(host.NOTED)
    yield
    host.NOTED[:] = noted


@pytest.fixture
def served() -> Iterator[Served]:
    """The embedded endpoint of the Kubernetes API."""
    with serving() as endpoint:
        yield endpoint
