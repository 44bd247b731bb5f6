"""Probes of the controller: which statuses objects get, and why."""

from __future__ import annotations

from typing import Any

from conformance.manifests.schemas.kinds import BACKEND, BACKEND_TLS_POLICY, GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, SECRET
from tests.support.gateway import NAMESPACE_NAME, Bench, catches, documented, secret
from tests.support.gateway_objects import auth, backend, backend_ref, ca_ref, policy, route
from tests.support.probes.routes import route_conditions


@catches("backend-status-missing", "key-in-status")
async def a_backend_is_accepted(one: Bench) -> None:
    assert one.conditions(BACKEND, "mistral") == {"Accepted": ("True", "Accepted", "Backend accepted")}


@catches("backend-always-accepted", "late-secret-ignored")
async def a_backend_without_its_secret_is_not(one: Bench) -> None:
    await one.delete(SECRET, "mistral-secret")
    text = 'Backend error: "failed to find secret mistral-secret: Secret "mistral-secret" not found"'
    assert one.conditions(BACKEND, "mistral")["Accepted"] == ("False", "Invalid", text)
    assert route_conditions(one, "mistral")["ResolvedRefs"][0] == "True"
    await one.apply(secret("mistral-secret", "k", key="authorization"))
    text = 'Backend error: "secret kgateway-system/mistral-secret missing Authorization value"'
    assert one.conditions(BACKEND, "mistral")["Accepted"] == ("False", "Invalid", text)
    await one.apply(secret("mistral-secret", "k"))
    assert one.conditions(BACKEND, "mistral")["Accepted"][0] == "True"


@catches("route-status-missing", "route-controller-wrong")
async def a_route_is_accepted(one: Bench) -> None:
    (parent,) = one.status(HTTP_ROUTE, "mistral")["parents"] or [{}]
    assert parent.get("controllerName") == "kgateway.dev/agentgateway"
    assert parent["parentRef"] == {"name": "agentgateway", "namespace": NAMESPACE_NAME}
    assert route_conditions(one, "mistral") == {
        "Accepted": ("True", "Accepted", ""),
        "ResolvedRefs": ("True", "ResolvedRefs", ""),
    }


@catches("route-unaccepted-with-refs")
async def references_do_not_touch_acceptance(one: Bench) -> None:
    foo = {"group": "example.test", "kind": "Foo", "name": "foo"}
    service = {"name": "svc", "port": 80}
    for ref, reason, text, status in (
        (backend_ref("nobody"), "BackendNotFound", "kgateway Backend not found: kgateway-system/nobody", 500),
        (foo, "InvalidKind", 'referencing unsupported backendRef: group "example.test" kind "Foo"', 500),
        (service, "BackendNotFound", "backend(svc.kgateway-system.svc.cluster.local) not found", 500),
    ):
        await one.apply(route("lost", ref))
        assert route_conditions(one, "lost") == {
            "Accepted": ("True", "Accepted", ""),
            "ResolvedRefs": ("False", reason, text),
        }
        assert (await one.send("/lost")).status_code == status


async def what_is_not_supported_is_said(one: Bench) -> None:
    judged = {"type": "ExternalAuth", "externalAuth": {}}
    own = {"type": "ExtensionRef", "extensionRef": {"group": "a.test", "kind": "B", "name": "c"}}
    regex = {"path": {"type": "RegularExpression", "value": "("}}
    header = {"headers": [{"name": "a", "type": "RegularExpression", "value": "("}]}
    for rule, reason in (
        ({"filters": [judged]}, "IncompatibleFilters"),
        ({"filters": [own]}, "IncompatibleFilters"),
        ({"matches": [regex]}, "UnsupportedValue"),
        ({"matches": [header]}, "UnsupportedValue"),
    ):
        await one.apply(route("mistral", **rule))
        assert route_conditions(one, "mistral")["Accepted"][:2] == ("False", reason)
        assert (await one.send()).status_code == 404
    specs: list[dict[str, Any]] = [{"type": "Static"}, {"type": "AI", "ai": {"llm": {"anthropic": {}}}}]
    for spec in specs:
        await one.apply(backend("mistral", **spec))
        assert one.conditions(BACKEND, "mistral")["Accepted"][:2] == ("False", "Invalid")
    for token in (auth("Inline"), auth("SecretRef")):
        await one.apply(backend("mistral", {"openai": token}))
        assert one.conditions(BACKEND, "mistral")["Accepted"][:2] == ("False", "Invalid")


catches()(what_is_not_supported_is_said)


@catches("gateway-not-programmed", "attached-routes-not-counted")
async def a_gateway_is_programmed(one: Bench) -> None:
    found = one.conditions(GATEWAY, "agentgateway")
    assert {kind: one_[:2] for kind, one_ in found.items()} == {
        "Accepted": ("True", "Accepted"),
        "Programmed": ("True", "Programmed"),
    }
    status = one.status(GATEWAY, "agentgateway")
    assert status["addresses"] == [{"type": "IPAddress", "value": "127.0.0.1"}]
    (listener,) = status["listeners"]
    assert (listener["name"], listener["attachedRoutes"]) == ("http", 2)
    assert listener["supportedKinds"] == [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]
    reasons = {condition["type"]: condition["reason"] for condition in listener["conditions"]}
    assert reasons == {
        "Accepted": "Accepted",
        "Programmed": "Programmed",
        "ResolvedRefs": "ResolvedRefs",
        "Conflicted": "NoConflicts",
    }


async def bad_listeners_are_named(one: Bench) -> None:
    gateway = documented("gateway")[1]
    http = gateway["spec"]["listeners"][0]
    kinds = {**http["allowedRoutes"], "kinds": [{"kind": "GRPCRoute"}]}
    gateway["spec"]["listeners"] += [
        {**http, "name": "twin"},
        {"name": "tls", "port": 8443, "protocol": "HTTPS"},
        {"name": "grpc", "port": 81, "protocol": "HTTP", "allowedRoutes": kinds},
        {"name": "raw", "port": 82, "protocol": "TCP"},
    ]
    await one.apply(gateway, route("mistral", parent={"sectionName": "raw"}))
    reasons = [
        {condition["type"]: condition["reason"] for condition in listener["conditions"]}
        for listener in one.status(GATEWAY, "agentgateway")["listeners"]
    ]
    assert [found["Conflicted"] for found in reasons[:2]] == ["HostnameConflict"] * 2
    assert (reasons[2]["Accepted"], reasons[3]["ResolvedRefs"]) == ("UnsupportedProtocol", "InvalidRouteKinds")
    supported = [found["supportedKinds"] for found in one.status(GATEWAY, "agentgateway")["listeners"]]
    assert [bool(kinds) for kinds in supported] == [True, True, True, False, False]
    assert route_conditions(one, "mistral")["Accepted"][1] == "NotAllowedByListeners"


catches()(bad_listeners_are_named)


@catches("class-not-accepted")
async def the_class_is_accepted(one: Bench) -> None:
    assert one.conditions(GATEWAY_CLASS, "agentgateway")["Accepted"][:2] == ("True", "Accepted")


@catches("policy-status-missing")
async def a_policy_in_force_says_so(one: Bench) -> None:
    assert one.status(BACKEND_TLS_POLICY, "mistral-tls")["ancestors"], "no ancestors"
    (ancestor,) = one.status(BACKEND_TLS_POLICY, "mistral-tls")["ancestors"]
    assert ancestor["ancestorRef"]["name"] == "agentgateway"
    assert ancestor["controllerName"] == "kgateway.dev/agentgateway"
    assert one.conditions(BACKEND_TLS_POLICY, "mistral-tls", "ancestors", 0) == {
        "Accepted": ("True", "Accepted", "Configuration is valid"),
        "ResolvedRefs": ("True", "ResolvedRefs", "Configuration is valid"),
    }


@catches("policy-always-accepted")
async def a_policy_not_in_force_says_so(one: Bench) -> None:
    await one.apply(policy("newer", backend_ref("mistral"), hostname="wrong.test"))
    accepted = one.conditions(BACKEND_TLS_POLICY, "newer", "ancestors", 0)["Accepted"]
    text = "policy kgateway-system/mistral-tls matches the same target but with higher priority"
    assert accepted == ("False", "Conflicted", text)
    assert (await one.send()).status_code == 200
    for target in (backend_ref("nobody"), backend_ref("mistral", sectionName="none")):
        await one.apply(policy("newer", target))
        accepted = one.conditions(BACKEND_TLS_POLICY, "newer", "ancestors", 0)["Accepted"]
        assert accepted[:2] == ("False", "TargetNotFound")
    for ref, reason in (
        (ca_ref("none"), "InvalidCACertificateRef"),
        (ca_ref("mistral-secret", "Secret"), "InvalidKind"),
    ):
        await one.apply(policy("mistral-tls", backend_ref("mistral"), caCertificateRefs=ref))
        found = one.conditions(BACKEND_TLS_POLICY, "mistral-tls", "ancestors", 0)
        assert (found["Accepted"][:2], found["ResolvedRefs"][:2]) == (
            ("False", "NoValidCACertificate"),
            ("False", reason),
        )


@catches("observed-generation-stale")
async def statuses_follow_generations(one: Bench) -> None:
    before = one.status(HTTP_ROUTE, "mistral")["parents"][0]["conditions"]
    await one.apply(route("mistral", timeouts={"request": "5s"}))
    after = one.status(HTTP_ROUTE, "mistral")["parents"][0]["conditions"]
    assert [found["observedGeneration"] for found in (*before, *after)] == [1, 1, 2, 2]
    times = [found["lastTransitionTime"] for found in (*before, *after)]
    assert times[:2] == times[2:]
