"""Variations of the manifests that several areas need: without policy, with a twin, with other authorities."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from conformance.dialects import kgateway_2_1
from conformance.profile import new_key
from conformance.scenario import Change, Draft, Material, Scenario, isolate, variation_host
from conformance.stage import Stage
from mock_providers.identities import WRONG_NAME

__all__ = [
    "NO_POLICY",
    "TWIN",
    "another_match",
    "authorities",
    "grouped",
    "needs_tls",
    "other_hostname",
    "paths",
    "secured",
    "twin_host",
    "validation",
    "with_twin",
    "without_policy",
]


def without_policy(draft: Draft) -> None:
    """No BackendTLSPolicy."""
    draft.remove("BackendTLSPolicy")


def validation(draft: Draft) -> dict[str, Any]:
    """The policy's validation, to be changed."""
    found: dict[str, Any] = draft.policy["spec"]["validation"]
    return found


def other_hostname(draft: Draft) -> None:
    """A policy whose hostname is not the Backend's host, and which is what is verified."""
    validation(draft)["hostname"] = WRONG_NAME
    validation(draft).pop("subjectAltNames", None)


def authorities(content: Callable[[Material], dict[str, str] | None], kind: str = "ConfigMap") -> Change:
    """Trust what a ConfigMap with this content says, instead of the system's authorities; None: there is no such."""

    def change(draft: Draft) -> None:
        draft.remove("ConfigMap")
        name = f"{draft.policy['metadata']['name']}-ca"
        rules = validation(draft)
        rules.pop("wellKnownCACertificates", None)
        rules["caCertificateRefs"] = [{"group": "", "kind": kind, "name": name}]
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
    for backend in second.of_kind(kgateway_2_1.BACKEND_KIND):
        for llm in kgateway_2_1.raw_llms(backend.data):
            _other_model(llm, draft)
            if llm.get("openai", {}).get("authToken", {}).get("kind") == "Inline":
                kgateway_2_1.change_auth(llm, "inline", key)
    draft.manifests.manifests.extend(second)


def _other_model(llm: dict[str, Any], draft: Draft) -> None:
    model = llm.get("openai", {}).get("model")
    if model is None:
        return
    others = [one for one in draft.provider.models if one != model]
    if draft.provider.any_model:
        others.append(f"{model}-twin")
    kgateway_2_1.change_llm(llm, {"model": others[0] if others else model})


def grouped(draft: Draft) -> None:
    """The provider as the first of two priority groups; the second has another host, `first` and `second` by name."""
    ai = draft.backend["spec"]["ai"]
    first = ai.pop("llm")
    second = {**copy.deepcopy(first), "host": variation_host(first["host"], "second")}
    named = {"first": first, "second": second}
    ai["priorityGroups"] = [{"providers": [{"name": name, **llm}]} for name, llm in named.items()]


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


NO_POLICY = Scenario("no-policy", (without_policy,))
TWIN = Scenario("pair", (with_twin,))


def secured(stage: Stage) -> None:
    """For cases about the policy: it must be in force on the Backend."""
    stage.only_if(stage.expected.tls, "no BackendTLSPolicy of these manifests is in force on the Backend")


def needs_tls(stage: Stage) -> None:
    """For cases about the lack of a policy: the provider must speak TLS, and not be the default one."""
    stage.only_if(stage.provider.tls, "the provider speaks plaintext")
    stage.only_if(stage.llm.host, "the Backend has no host, and the default provider is always reached by TLS")
