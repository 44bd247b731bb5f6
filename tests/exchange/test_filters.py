"""What filters of backendRefs do to what must arrive, and where copies may; from the sources, not the oracle."""

from __future__ import annotations

import pytest

from conformance.core.problems import InputProblem
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.filters import copy_places
from conformance.exchange.oracle.upstream import expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import read_manifests
from tests.support.nimbus import nimbus

SUCCESSOR = """
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: a, namespace: x}
spec:
  ai: {provider: {openai: {model: m}, host: a.test, port: 443}}
  policies: {auth: {key: secret-a}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: a, namespace: x}
spec:
  parentRefs: [{name: g}]
  rules:
  - filters: [{type: RequestMirror, requestMirror: {backendRef: {name: audit, port: 8080}}}]
    backendRefs: [{name: a, group: agentgateway.dev, kind: AgentgatewayBackend, filters: FILTERS}]
"""


def successor(filters: str = "[]") -> Configuration:
    return read_configuration(read_manifests(SUCCESSOR.replace("FILTERS", filters), "a.yaml"))


@pytest.mark.parametrize(
    ("modifier", "credential"),
    [
        ("{}", ("Authorization", "Bearer secret-a")),
        ("{remove: [authorization]}", None),
        ("{set: [{name: AUTHORIZATION, value: x}]}", ("Authorization", "x")),
        ("{set: [{name: x-other, value: x}]}", ("Authorization", "Bearer secret-a")),
    ],
)
def test_filters_of_a_backend_ref_come_after_its_key(modifier: str, credential: tuple[str, str] | None) -> None:
    """FACTS 8: agentgateway 1.4 applies them after the Backend's own auth."""
    found = successor(f"[{{type: RequestHeaderModifier, requestHeaderModifier: {modifier}}}]")
    assert expect(found, ClientRequest("POST", "/", ())).credential == credential


@pytest.mark.parametrize("type_", ["URLRewrite", "CORS"])
def test_filters_that_belong_to_rules_void_the_route(type_: str) -> None:
    found = expect(successor(f"[{{type: {type_}}}]"), ClientRequest("POST", "/", ()))
    assert found.answer is not None
    assert found.answer.status == 404
    assert f"no {type_} in a backendRef" in found.answer.why


def test_copies_go_where_the_filters_say() -> None:
    ref = "{name: a, group: agentgateway.dev, kind: AgentgatewayBackend}"
    more = f"[{{type: RequestMirror, requestMirror: {{backendRef: {ref}}}}}]"
    request = ClientRequest("POST", "/", ())
    assert copy_places(successor(more), (), request) == {("audit.x.svc.cluster.local", 8080), ("a.test", 443)}
    assert copy_places(read_configuration(nimbus()), (), request) == set()


def test_a_filter_that_another_server_decides_about_is_beyond_us() -> None:
    with pytest.raises(InputProblem, match="ExternalAuth"):
        successor("[{type: ExternalAuth}]")


@pytest.mark.parametrize(
    ("modifier", "credential", "passthrough"),
    [
        ("{set: [{name: authorization, value: Bearer x}]}", ("Authorization", "Bearer x"), False),
        ("{remove: [Authorization]}", None, False),
        ("{set: [{name: x-other, value: x}]}", None, True),
    ],
)
@pytest.mark.parametrize("below", [False, True])
def test_a_rule_or_backend_ref_may_write_the_credential_that_its_backend_does_not(
    modifier: str, credential: tuple[str, str] | None, passthrough: bool, below: bool
) -> None:
    filters = f"[{{type: RequestHeaderModifier, requestHeaderModifier: {modifier}}}]"
    text = SUCCESSOR.replace("  policies: {auth: {key: secret-a}}\n", "")
    text = text.replace("FILTERS", filters if below else "[]")
    mirror = "[{type: RequestMirror, requestMirror: {backendRef: {name: audit, port: 8080}}}]"
    text = text.replace(mirror, "[]" if below else filters)
    expected = expect(read_configuration(read_manifests(text, "a.yaml")), ClientRequest("POST", "/"))
    assert (expected.credential, expected.passthrough) == (credential, passthrough)


def test_of_several_credentials_the_one_that_cannot_be_had_is_named() -> None:
    further = "{key: secret-a, credentials: [{location: {header: {name: x-org}}, secretRef: {name: org}}]}"
    text = SUCCESSOR.replace("{key: secret-a}", further).replace("FILTERS", "[]")
    expected = expect(read_configuration(read_manifests(text, "a.yaml")), ClientRequest("POST", "/"))
    assert expected.answer is not None
    assert "Secret org" in str(expected.answer)
    assert expected.because["auth"].path[-3:] == ("credentials", 0, "secretRef")
