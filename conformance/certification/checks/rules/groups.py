"""Checks of priority groups: what leads from one to the next."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Found, Severity, Sheet
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.manifests.dialects.in_force import InForce, in_force
from conformance.manifests.dialects.model import Backend, Llm, ways_or_none

__all__: list[str] = []


@reports(
    groups_without_health=(
        "nothing says when the first priority group is to be left, so that no later one ever gets a request",
        "agentgateway v1.4.1, http/health.rs: without a health policy with eviction, no provider leaves its group",
    )
)
def groups_without_health(sheet: Sheet) -> Iterator[Found]:
    """Of a group whose every provider can be left out the next one takes the requests."""
    for backend in sheet.configuration.backends:
        first = [llm for llm in backend.providers if llm.group == 0]
        later = next((llm for llm in backend.providers if llm.group > 0), None)
        if later is None or all(_is_left_out(sheet, backend, llm) for llm in first):
            continue
        if sheet.dialect == "agentgateway-1":
            message = "the first group is never left: no policies.health says when its providers are to be left out"
            remedy = "set policies.health: {eviction: {duration: 30s, consecutiveFailures: 1}} in the Backend's spec"
            remedy += ", unless an AgentgatewayPolicy in the cluster has it"
        else:
            message = "the first group is never left: kgateway 2.1 has no policy that says when"
            remedy = "do not rely on it: no other group is tried by itself; agentgateway 1.x has policies.health for it"
        where = later.origin.path[:-2]
        yield Found("groups-without-health", later.origin.manifest, where, message, remedy, Severity.WARNING)


def _is_left_out(sheet: Sheet, backend: Backend, llm: Llm) -> bool:
    """Whether the provider, its Backend, or a policy on either or on the way there says how long."""
    return any(
        _evicts(one)
        for route, rule in ways_or_none(sheet.configuration.routes, backend.id)
        for one in in_force(sheet.configuration, backend, llm, route, rule)
    )


def _evicts(one: InForce) -> bool:
    health = (one.part, one.field) == ("backend", "health")
    return health and dig(one.origin.manifest.data, *one.origin.path, "eviction") is not None
