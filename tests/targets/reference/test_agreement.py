"""A property: of any legal HTTPRoutes, oracle and reference say of any request the same Backends that it is for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import expectations
from conformance.exchange.ways import Way, fitting_for, ways_of
from conformance.manifests.dialects.model import Configuration, Door
from conformance.targets.reference.gateway.config import LlmBackend
from conformance.targets.reference.gateway.messages import ClientRequest as Received
from conformance.targets.reference.gateway.messages import ProxyError
from tests.support.gateways_and_routes import HOSTS, PATHS, PORTS, VALUES, Standing, gateways, routes
from tests.support.nightly import EXAMPLES

pytestmark = pytest.mark.slow

DOORS = st.builds(Door, st.sampled_from(("llm/public", "llm/internal")), st.sampled_from(PORTS))
REQUESTS = st.builds(
    lambda method, path, query, headers, door: ClientRequest(
        method, path + (f"?{query}" if query else ""), headers, door=door
    ),
    st.sampled_from(("POST", "GET")),
    st.sampled_from(PATHS),
    st.sampled_from(("", "q=red", "q=blue&q=red", "r=1")),
    st.tuples(
        st.sampled_from(HOSTS).map(lambda host: ("Host", host)),
        st.sampled_from(VALUES).map(lambda value: ("X-Team", value)),
    ),
    DOORS,
)
INPUT = st.builds(
    Standing, st.lists(gateways(), min_size=1, max_size=2, unique_by=lambda one: one["metadata"]["name"]), routes()
)


@settings(max_examples=EXAMPLES)
@given(standing=INPUT, requests=st.lists(REQUESTS, min_size=1, max_size=12))
def test_both_say_of_a_request_the_same_backends(standing: Standing, requests: list[ClientRequest]) -> None:
    assume(standing.legal)
    for request in requests:
        assert by_oracle(standing.configuration, request) == by_reference(standing, request), request


@settings(max_examples=EXAMPLES)
@given(standing=INPUT)
def test_what_fits_a_match_goes_to_the_backends_of_its_rule(standing: Standing) -> None:
    assume(standing.legal)
    found = standing.configuration
    for way in ways_of(found):
        if way.door is not None and (request := fitting(found, way)) is not None:
            wanted = sorted(ref.id.name for ref in way.rule.backends if ref.weight)
            assert by_reference(standing, request) == by_oracle(found, request) == (wanted or None), way


def fitting(configuration: Configuration, way: Way) -> ClientRequest | None:
    """A request that goes by a way, if there is one."""
    found = fitting_for(way, configuration.routes, configuration.routes)
    if found is None:
        return None
    path = f"{found.path}?{found.query}" if found.query else found.path
    return ClientRequest(found.method, path, (("Host", way.host or "localhost:8080"), *found.headers), door=way.door)


def by_oracle(configuration: Configuration, request: ClientRequest) -> list[str] | None:
    """The names of the Backends that one of gets it; None: nobody."""
    allowed = expectations(configuration, request)
    return sorted(one.backend.id.name for one in allowed if one.backend) or None


def by_reference(standing: Standing, request: ClientRequest) -> list[str] | None:
    """The same, as the reference gateway sees it."""
    path, mark, query = request.path.partition("?")
    authority = request.values("host")[0]
    received = Received(request.method, path, query if mark else None, authority, _lower(request.headers))
    try:
        entry = standing.plan.table(request.door, authority).find(received)
    except ProxyError:
        return None
    refs: list[Any] = [ref.backend for ref in entry.rule.backends if ref.weight]
    return sorted(one.name.rpartition("/")[2] for one in refs if isinstance(one, LlmBackend)) or None


def _lower(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """As a server hands them on."""
    return tuple((name.lower(), value) for name, value in headers)
