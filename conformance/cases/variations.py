"""Variations of the manifests that several areas need: without policy, with a twin, with other authorities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.cases import (
    BACKEND,
    GROUP,
    WRONG_NAME,
    Change,
    Draft,
    Material,
    Scenario,
    Stage,
    isolate,
    new_key,
    rename_host,
    variation_host,
)

__all__ = [
    "CA_GARBAGE",
    "CA_MISSING",
    "CA_OF_OTHER_KIND",
    "CA_WITHOUT_KEY",
    "ELSEWHERE",
    "GROUPED_UNLIKE",
    "KEY_LOWER_CASE",
    "KEY_OTHER_NAME",
    "LISTENER",
    "NO_POLICY",
    "ONE_HOST",
    "OTHER_CA",
    "SHORT_TIMEOUT",
    "TWIN",
    "admitting",
    "all_elsewhere",
    "another_match",
    "authorities",
    "evicting",
    "for_one_host",
    "grouped",
    "limit_time",
    "needs_tls",
    "other_hostname",
    "own_gateway",
    "paths",
    "policy_on_route",
    "secured",
    "twin_host",
    "verified",
    "with_twin",
    "with_twin_at_host",
    "without_policy",
]


def without_policy(draft: Draft) -> None:
    """No BackendTLSPolicy, and no TLS settings in the Backend either."""
    draft.end_tls()


def other_hostname(draft: Draft) -> None:
    """A server name that is not the Backend's host, and which is what is verified."""
    draft.change_tls(hostname=WRONG_NAME, alt_names=())


def authorities(content: Callable[[Material], dict[str, str] | None], kind: str = "ConfigMap") -> Change:
    """Trust what a ConfigMap with this content says, instead of the system's authorities; None: there is no such."""

    def change(draft: Draft) -> None:
        draft.remove("ConfigMap")
        name = f"{draft.backend['metadata']['name']}-ca"
        draft.change_tls(authority=(kind, name))
        if (data := content(draft.material)) is not None:
            draft.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})

    return change


def with_twin(draft: Draft) -> None:
    """A second of everything: another host, path prefix, key and, where the provider has several, another model."""
    second = draft.manifests.copy()
    isolate(second, draft.provider, "twin")
    twin = Draft(second, draft.provider, "twin", draft.material)
    key = new_key(f"{draft.provider.name}-twin").reveal()
    if second.of_kind("Secret"):
        twin.change_key(key)
    for backend in second.of_kind(BACKEND):
        for llm in draft.dialect.raw_llms(backend.data):
            _other_model(backend.data, llm, draft)
            if draft.dialect.auth_kind(backend.data, llm) == "inline":
                draft.dialect.change_auth(backend.data, llm, "inline", key)
    draft.manifests.manifests.extend(second)


def with_twin_at_host(draft: Draft) -> None:
    """A second of everything at the same host: two Backends for one provider, each with a key of its own."""
    host = draft.llm["host"]
    with_twin(draft)
    for backend in draft.manifests.of_kind(BACKEND):
        for llm in draft.dialect.raw_llms(backend.data):
            rename_host(draft.manifests, llm["host"], host)
            llm["host"] = host


def _other_model(backend: dict[str, Any], llm: dict[str, Any], draft: Draft) -> None:
    model = llm.get("openai", {}).get("model")
    if model is None:
        return
    others = [one for one in draft.provider.models if one != model]
    if draft.provider.any_model:
        others.append(f"{model}-twin")
    draft.dialect.change_llm(backend, llm, {"model": others[0] if others else model})


def grouped(draft: Draft) -> None:
    """The provider as the first of two priority groups; the second has another host, `first` and `second` by name."""
    host = draft.llm["host"]
    draft.dialect.group(draft.backend, {"first": host, "second": variation_host(host, "second")})


def grouped_unlike(draft: Draft) -> None:
    """Priority groups whose providers have another path and model than documented."""
    draft.change_backend(path="/grouped/v1/chat", model="grouped")
    grouped(draft)


def evicting(draft: Draft) -> None:
    """A provider that fails is left out for a while."""
    draft.dialect.evict(draft.backend)


def paths(stage: Stage) -> tuple[str, str]:
    """Of a scene with a twin: the path of the first route, and that of its twin."""
    found = [route.rules[0].matches[0].path for route in stage.configuration.routes]
    return found[0], found[len(found) // 2]


def twin_host(stage: Stage) -> str:
    """Of a scene with a twin: the host of the twin, where the request of the first route must never come."""
    backends = stage.configuration.backends
    host = backends[len(backends) // 2].providers[0].host or ""
    stage.only_if(host and host != stage.llm.host, "the Backend and its twin share one host")
    return host


def another_match(route: dict[str, Any]) -> None:
    """One more path for the first rule: a change of the spec that disturbs nothing."""
    matches = route["spec"]["rules"][0].setdefault("matches", [])
    matches.append({"path": {"type": "PathPrefix", "value": f"/{route['metadata']['name']}-more"}})


ELSEWHERE = "agw-conformance-routes"


def all_elsewhere(draft: Draft) -> None:
    """Everything in another namespace than the Gateway's."""
    if not draft.material.takes_all:
        raise LookupError("Gateway whose listener takes routes of all namespaces")
    old = draft.route["metadata"]["namespace"]
    for manifest in draft.manifests:
        manifest.data["metadata"]["namespace"] = ELSEWHERE
    for parent in draft.route["spec"]["parentRefs"]:
        parent.setdefault("namespace", old)
    for rule in draft.route["spec"]["rules"]:
        for ref in rule.get("backendRefs", []):
            ref["namespace"] = ELSEWHERE


def policy_on_route(**traffic: Any) -> Change:
    """An AgentgatewayPolicy on the route, with this `traffic`."""

    def change(draft: Draft) -> None:
        kind = draft.dialect.POLICY_KIND
        if not kind:
            raise LookupError(f"policies of its own for routes: {draft.dialect.NAME} has none that are modelled")
        for rule in draft.route["spec"]["rules"]:
            rule.pop("filters", None)  # what a rewrite says of the Host outranks the policy
        name = draft.route["metadata"]["name"]
        target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name}
        policy = {"apiVersion": draft.backend["apiVersion"], "kind": kind, "metadata": {"name": name}}
        draft.add({**policy, "spec": {"targetRefs": [target], "traffic": traffic}})

    return change


LISTENER = "http"
"""The listener of the set-up page; where manifests have a Gateway of their own it stands for its listener."""


def own_gateway(draft: Draft, suffix: str, **listener: Any) -> None:
    """A Gateway of its own that the route attaches to, with one such listener."""
    name = f"agw-conformance-{draft.provider.name}-{suffix}"
    listener = {"name": LISTENER, "protocol": "HTTP", "port": draft.dialect.GATEWAY.port, **listener}
    draft.add(
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": draft.material.gateway_namespace},
            "spec": {"gatewayClassName": "agentgateway", "listeners": [listener]},
        }
    )
    draft.route["spec"]["parentRefs"] = [{"name": name, "namespace": draft.material.gateway_namespace}]


def admitting(draft: Draft, suffix: str, namespaces: Mapping[str, Any]) -> None:
    """A Gateway of its own that takes routes of these namespaces, and everything else in another namespace."""
    all_elsewhere(draft)
    own_gateway(draft, suffix, allowedRoutes={"namespaces": namespaces})


ONE_HOST = "one.agw-conformance.internal"


def for_one_host(draft: Draft) -> None:
    """A Gateway of its own whose listener is for one host; the route says nothing of hosts."""
    own_gateway(draft, "one-host", hostname=ONE_HOST, allowedRoutes={"namespaces": {"from": "All"}})


def limit_time(draft: Draft) -> None:
    """The route gives an answer half a second."""
    draft.rule["timeouts"] = {"request": "500ms"}


NO_POLICY = Scenario("no-policy", (without_policy,))
TWIN = Scenario("pair", (with_twin,))
GROUPED_UNLIKE = Scenario("grouped-unlike", (grouped_unlike,))
SHORT_TIMEOUT = Scenario("short-timeout", (limit_time,))

KEY_LOWER_CASE = Scenario("key-lower-case", (lambda draft: draft.change_key(draft.key, name="authorization"),))
KEY_OTHER_NAME = Scenario("key-other-name", (lambda draft: draft.change_key(draft.key, name="api-key"),))

OTHER_CA = authorities(lambda material: {"ca.crt": material.other_ca})
CA_MISSING = Scenario("ca-missing", (authorities(lambda material: None),))
CA_WITHOUT_KEY = Scenario("ca-without-key", (authorities(lambda material: {"tls.crt": material.trusted_ca}),))
CA_GARBAGE = Scenario("ca-garbage", (authorities(lambda material: {"ca.crt": "no certificate"}),))
CA_OF_OTHER_KIND = Scenario("ca-of-other-kind", (authorities(lambda material: None, kind="Secret"),))


def secured(stage: Stage) -> None:
    """For cases about TLS: something in the manifests must ask for it."""
    stage.only_if(stage.expected.tls, "neither a BackendTLSPolicy nor the Backend itself asks for TLS")


def verified(stage: Stage) -> None:
    """For cases about certificates: TLS must be asked for, and nothing of the certificate be left unverified."""
    secured(stage)
    assert stage.expected.tls is not None
    stage.only_if(not stage.expected.tls.unverified, "the Backend says to accept what its provider shows as it is")


def needs_tls(stage: Stage) -> None:
    """For cases about the lack of a policy: the provider must speak TLS, and not be the default one."""
    stage.only_if(stage.provider.tls, "the provider speaks plaintext")
    stage.only_if(stage.llm.host, "the Backend has no host, and the default provider is always reached by TLS")
