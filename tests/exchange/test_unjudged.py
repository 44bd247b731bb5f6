"""What of an exchange nobody can judge: the aspects that fields in force on it change in ways that are not known."""

from __future__ import annotations

import pytest

from conformance.exchange.oracle.unjudged import open_sides, unjudged
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.fields.table import EVERYTHING, Aspect
from tests.support.nimbus_agentgateway_1 import TLS, configured

POLICY = """---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: p, namespace: llm}
spec:
  targetRefs: [{kind: HTTPRoute, name: stratus}]
  %s
"""


def told(configuration: Configuration) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    (route,) = configuration.routes
    for one in unjudged(configuration, route, route.rules[0]):
        found.setdefault(f"{one.field} {one.where.position}", set()).add(one.aspect)
    return found


@pytest.mark.parametrize(
    ("said", "field", "aspects"),
    [
        ("traffic: {jwtAuthentication: {providers: []}}", "jwtAuthentication", {"who may call"}),
        ("traffic: {transformation: {response: {body: x}}}", "transformation.response.body", {"answer"}),
        ("traffic: {extProc: {}}", "extProc", {"body", "model", "headers", "path", "answer"}),
        ("backend: {ai: {promptGuard: {request: []}}}", "ai.promptGuard.request", {"body", "answer"}),
        ("backend: {tunnel: {backendRef: {name: x}}}", "tunnel.backendRef", {"connection"}),
        ("traffic: {brandNew: {a: 1}}", "brandNew", set(EVERYTHING)),
        (
            "traffic: {transformation: {request: {set: [{name: x-a, value: a + b}]}}}",
            "%s.request.set",
            {"headers", "path"},
        ),
        ("traffic: {transformation: {request: {remove: [':path']}}}", "%s.request.remove", {"headers", "path"}),
        (
            "traffic: {phase: PreRouting, transformation: {request: {set: [{name: x-a, value: '\"b\"'}]}}}",
            "%s.request.set",
            {"headers", "path", "connection"},
        ),
        (
            "backend: {transformation: {request: {set: [{name: a, value: '\"b\"'}]}}}",
            "%s.request.set",
            {"headers", "path"},
        ),
        ("backend: {http: {version: HTTP2}}", "http.version", {"connection"}),
    ],
)
def test_opaque_fields_of_a_policy(said: str, field: str, aspects: set[str]) -> None:
    (place,) = found = told(configured(extra=POLICY % said))
    assert place.startswith(f"{field.replace('%s', 'transformation')} stratus.yaml:")
    assert found[place] == aspects


@pytest.mark.parametrize(
    "said",
    [
        "frontend: {accessLog: {filter: x}, http: {maxBufferSize: 1Mi}}",
        "traffic: {rateLimit: {local: [{requests: 1, unit: Seconds}]}, cors: {allowOrigins: ['*']}}",
        "backend: {tcp: {connectTimeout: 5s}, auth: {secretRef: {name: x, kind: Secret, group: ''}}}",
        "traffic: null",
        "traffic: {transformation: {request: {set: [{name: x-a, value: '\"b\"'}], remove: [x-b]}}}",
        "traffic: {hostRewrite: {mode: None}, directResponse: {status: 418}}",
        "backend: {http: {version: HTTP1}}",
        "backend: {auth: {credentials: [{location: {header: {name: x}}, secretRef: {name: s}}], key: k}}",
        "backend: {auth: {key: k, location: {queryParameter: {name: key}}}}",
    ],
)
def test_inert_and_modelled_fields_take_nothing_away(said: str) -> None:
    assert not told(configured(extra=POLICY % said))


def test_fields_of_the_backend_itself() -> None:
    found = told(configured((TLS, TLS + "    ai: {promptGuard: {response: []}}\n")))
    assert list(found.values()) == [{"answer"}]


def test_what_is_attached_to_another_route_takes_nothing_away() -> None:
    assert not told(configured(extra=(POLICY % "traffic: {extProc: {}}").replace("stratus", "other")))


def test_the_sides_that_are_open_by_any_rule() -> None:
    configuration = configured(extra=POLICY % "traffic: {extAuth: {}}")
    ((backend, llm),) = configuration.llms()
    assert open_sides(configuration, backend, llm) == {Aspect.CALLERS, Aspect.HEADERS}
    assert not open_sides(configured(), backend, llm)
