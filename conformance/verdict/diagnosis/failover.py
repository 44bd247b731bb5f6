"""What a request takes along from the provider that it was meant for to the one that stands in."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.exchange.expectations.facet import Facet
from conformance.manifests.dialects.model import Llm
from conformance.verdict.diagnosis.failure import GATEWAY, Diagnosis, Failure, body_field
from mock_providers.journal import RequestSeen

__all__ = ["taken_along"]


def taken_along(failure: Failure) -> Diagnosis | None:
    """A provider of a later priority group got what only one of an earlier group is to get."""
    arrivals, meant = failure.exchange.arrivals, failure.exchange.expected
    wrong = failure.about(Facet.TARGET, Facet.MODEL, Facet.CREDENTIAL, Facet.LEAK)
    if wrong is None or not arrivals or meant.llm is None or meant.backend is None:
        return None
    every = next((one.providers for one in failure.configuration.backends if one.id == meant.backend.id), ())
    for first in (one for one in every if one.group < meant.llm.group):
        if what := " and ".join(_of_the_first(first, meant.llm, arrivals[0])):
            cause = f"{meant.host}, which stood in for {first.host or first.name}, got what belongs to that: its {what}"
            return Diagnosis(cause, GATEWAY, failure.where("backend"))
    return None


def _of_the_first(first: Llm, second: Llm, arrival: RequestSeen) -> Iterator[str]:
    if first.path not in (None, second.path) and arrival.target == first.path:
        yield "path"
    if first.model not in (None, second.model) and body_field(arrival, "model") == first.model:
        yield "model"
    carried, own = (one.auth.header or "Authorization" for one in (first, second))
    if carried.lower() != own.lower() and arrival.values(carried) and not arrival.values(own):
        yield "key"
