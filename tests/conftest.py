"""What tests of several modules are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kubeapi import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """The embedded endpoint of the Kubernetes API."""
    with serving() as endpoint:
        yield endpoint
