"""How long `certify` takes, beside the libraries that it cannot do without."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from tests.benchmarks.timing import seconds

__all__ = ["certifying"]

_ROUNDS = 5
_BARE = """
from conformance.core.startup.libraries import import_what_is_used
import_what_is_used()
import asyncio, httpcore, starlette.applications, trustme, uvicorn.server, yaml
from kubernetes.client.api_client import ApiClient
from kubernetes.dynamic.client import DynamicClient
"""
"""As little of each library as `certify` imports, in the same way."""


def certifying() -> Iterator[str]:
    """Seconds of whole processes, and how much longer than importing the libraries alone they took."""
    one, every = _certify("mistral"), _certify("all")
    with tempfile.TemporaryDirectory() as folder:
        # Nothing compiled yet, not even the libraries: Python writes its caches there instead.
        caches = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        cold = seconds(one, **caches)
        bare = _median([sys.executable, "-c", _BARE], caches)
        warm, all_ = _median(one, caches), _median(every, caches)
    yield f"importing the libraries: {bare:.2f} s"
    yield f"one provider, cold: {cold:.2f} s, ratio {cold / bare:.1f} (aim: under 3 s)"
    yield f"one provider, warm: {warm:.2f} s, ratio {warm / bare:.1f} (aim: under 1 s)"
    yield f"all providers: {all_:.2f} s, ratio {all_ / bare:.1f} (aim: under 10 s)"


def _certify(provider: str) -> list[str]:
    return [sys.executable, "-m", "conformance", "certify", "--provider", provider, "-q"]


def _median(command: Sequence[str], environment: Mapping[str, str]) -> float:
    return statistics.median(seconds(command, **environment) for _ in range(_ROUNDS))
