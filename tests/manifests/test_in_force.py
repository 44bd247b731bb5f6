"""Which policies are in force on requests to a provider: by what they are attached to, field by field."""

from __future__ import annotations

import pytest

from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.in_force import InForce, in_force
from conformance.manifests.dialects.model import Rule
from conformance.manifests.objects import read_manifests

OBJECTS = """\
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: opal, namespace: llm, labels: {team: llm}}
spec:
  policies: {OWN}
  ai: {groups: [{providers: [{name: one, openai: {}, policies: {ONE}}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: opal, namespace: llm, labels: {team: llm}}
spec:
  parentRefs: [{name: gw, sectionName: http}]
  rules:
  - {name: chat, backendRefs: [{name: opal, group: agentgateway.dev, kind: AgentgatewayBackend}]}
"""
TARGETS = {
    "gateway": "{kind: Gateway, name: gw}",
    "listener": "{kind: Gateway, name: gw, sectionName: http}",
    "route": "{kind: HTTPRoute, name: opal}",
    "rule": "{kind: HTTPRoute, name: opal, sectionName: chat}",
    "backend": "{kind: AgentgatewayBackend, name: opal}",
    "provider": "{kind: AgentgatewayBackend, name: opal, sectionName: one}",
}


def policy(name: str, said: str, target: str, field: str = "targetRefs", namespace: str = "llm") -> str:
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    spec = f"{{{field}: [{TARGETS.get(target, target)}], {said}}}"
    kind = "apiVersion: agentgateway.dev/v1alpha1, kind: AgentgatewayPolicy"
    return f"---\n{{{kind}, metadata: {metadata}, spec: {spec}}}\n"


def found(*policies: str, own: str = "", one: str = "", objects: str = OBJECTS) -> list[InForce]:
    text = "".join([objects.replace("OWN", own).replace("ONE", one), *policies])
    configuration = read_configuration(read_manifests(text, "given.yaml"), "agentgateway-1")
    (route,) = configuration.routes
    backend = configuration.backends[0]
    return in_force(configuration, backend, backend.providers[0], route, route.rules[0])


def owners(fields: list[InForce]) -> dict[str, str]:
    return {f"{one.part}.{one.field}": one.origin.manifest.name for one in fields}


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [("gateway", "listener"), ("listener", "backend"), ("backend", "route"), ("route", "rule"), ("rule", "provider")],
)
def test_the_more_precise_policy_counts(weaker: str, stronger: str) -> None:
    both = [policy(weaker, "backend: {tls: {}, http: {}}", weaker), policy(stronger, "backend: {tls: {}}", stronger)]
    wanted = {"backend.tls": stronger, "backend.http": weaker}
    assert owners(found(*both)) == owners(found(*reversed(both))) == wanted


def test_a_backends_own_policies_outrank_those_on_it_but_not_those_on_its_provider() -> None:
    on_it = policy("p", "backend: {tls: {}, tcp: {}}", "backend")
    assert owners(found(on_it, own="tls: {}")) == {"backend.tls": "opal", "backend.tcp": "p"}
    on_one = policy("p", "backend: {tls: {}}", "provider")
    assert owners(found(on_one, own="tls: {}")) == {"backend.tls": "p"}
    assert owners(found(on_one, one="tls: {}")) == {"backend.tls": "opal"}


def test_of_ai_each_field_is_merged_but_a_providers_own_is_all() -> None:
    gateway = policy("g", "backend: {ai: {prompt: {}, modelAliases: {a: b}}}", "gateway")
    merged = owners(found(gateway, own="ai: {prompt: {}}"))
    assert merged == {"backend.ai.prompt": "opal", "backend.ai.modelAliases": "g"}
    assert owners(found(gateway, one="ai: {defaults: []}")) == {"backend.ai.defaults": "opal"}


def test_of_ai_what_is_on_a_provider_is_all_but_for_its_own() -> None:
    # Measured on agentgateway 1.4.1.
    on_one = policy("p", "backend: {ai: {defaults: []}}", "provider")
    assert owners(found(on_one, own="ai: {prompt: {}}")) == {"backend.ai.defaults": "p"}
    both = found(on_one, own="ai: {prompt: {}}", one="ai: {overrides: []}")
    assert owners(both) == {"backend.ai.defaults": "p", "backend.ai.overrides": "opal"}


@pytest.mark.parametrize(
    ("section", "owner"), [(', sectionName: "443"', "p"), ("", "opal"), (", sectionName: https", "opal")]
)
def test_what_is_on_the_port_of_a_custom_providers_service_outranks_all(section: str, owner: str) -> None:
    objects = OBJECTS.replace("openai: {}", "custom: {backendRef: {name: vllm, port: 443}}")
    on_port = policy("p", "backend: {tls: {}}", f"{{kind: Service, name: vllm{section}}}")
    assert owners(found(on_port, one="tls: {}", objects=objects)) == {"backend.tls": owner}


def test_what_is_attached_to_something_else_does_not_count() -> None:
    said = "traffic: {timeouts: {request: 1s}}"
    others = [
        "{kind: Gateway, name: other}",
        "{kind: Gateway, name: gw, sectionName: https}",
        "{kind: HTTPRoute, name: other}",
        "{kind: HTTPRoute, name: opal, sectionName: other}",
        "{kind: Service, name: opal}",
    ]
    assert not found(*(policy(f"p{number}", said, one) for number, one in enumerate(others)))
    assert not found(policy("p", said, "route", namespace="other"))


def test_targets_by_labels() -> None:
    said = "traffic: {timeouts: {request: 1s}}"
    for kind in ("HTTPRoute", "AgentgatewayBackend", "Gateway"):
        # Of a Gateway that is not given nobody knows the labels.
        assert found(policy("p", said, f"{{kind: {kind}, matchLabels: {{team: llm}}}}", "targetSelectors"))
    assert not found(policy("p", said, "{kind: HTTPRoute, matchLabels: {team: web}}", "targetSelectors"))


def test_an_overriding_policy_shuts_out_more_precise_traffic_policies() -> None:
    strong = policy("g", "strategy: {inheritance: Override}, traffic: {retry: {}}", "gateway")
    weak = policy("r", "traffic: {retry: {}, timeouts: {}}, backend: {tls: {}}", "route")
    assert owners(found(strong, weak)) == {"traffic.retry": "g", "backend.tls": "r"}


def test_policies_of_two_phases_do_not_meet() -> None:
    early = policy("e", "traffic: {phase: PreRouting, extAuth: {}}", "gateway")
    late = policy("l", "traffic: {extAuth: {}}", "route")
    assert [one.origin.manifest.name for one in found(early, late) if one.field == "extAuth"] == ["e", "l"]


TRAFFIC = "traffic: {timeouts: {request: 9s}, headerModifiers: {request: {remove: [x-a]}, response: {remove: [x-b]}}}"


def rule_of(*policies: str, own: str = "") -> Rule:
    text = OBJECTS.replace("OWN", "").replace("ONE", "").replace("name: chat,", f"name: chat, {own}")
    (route,) = read_configuration(read_manifests("".join([text, *policies]), "given.yaml"), "agentgateway-1").routes
    return route.rules[0]


def test_headers_and_timeout_of_a_policy_count_where_the_rule_has_none() -> None:
    rule = rule_of(policy("p", TRAFFIC, "gateway"))
    assert (rule.timeout, [one["type"] for one in rule.filters]) == (
        "9s",
        ["RequestHeaderModifier", "ResponseHeaderModifier"],
    )
    own = "timeouts: {request: 1s}, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-c]}}], "
    rule = rule_of(policy("p", TRAFFIC, "gateway"), own=own)
    assert rule.timeout == "1s"
    assert rule.filters[0]["requestHeaderModifier"] == {"remove": ["x-c"]}
    assert [one["type"] for one in rule.filters] == ["RequestHeaderModifier", "ResponseHeaderModifier"]


def test_the_timeout_of_the_more_precise_policy_counts() -> None:
    gateway = policy("g", "traffic: {timeouts: {request: 1s}}", "gateway")
    route = policy("r", "traffic: {timeouts: {request: 2s}}", "rule")
    assert rule_of(gateway, route).timeout == "2s"
    strong = policy("s", "strategy: {inheritance: Override}, traffic: {timeouts: {request: 3s}}", "gateway")
    assert rule_of(strong, route).timeout == "3s"
