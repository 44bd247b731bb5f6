"""Probes of the controller: attachment, references, statuses, and what changes while it runs."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from conformance.manifests.schemas.kinds import BACKEND, BACKEND_TLS_POLICY, GATEWAY, GATEWAY_CLASS, HTTP_ROUTE, SECRET
from tests.support.gateway import (
    CHAT,
    KEYS,
    NAMESPACE_NAME,
    Bench,
    auth,
    backend,
    backend_ref,
    ca_ref,
    catches,
    documented,
    policy,
    route,
    secret,
)
from tests.support.probes_heads import model


def grant(name: str | None = None) -> dict[str, Any]:
    """A ReferenceGrant in `elsewhere` for HTTPRoutes of the documented namespace."""
    to = {"group": "gateway.kgateway.dev", "kind": "Backend", **({"name": name} if name else {})}
    source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": NAMESPACE_NAME}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "grant", "namespace": "elsewhere"},
        "spec": {"from": [source], "to": [to]},
    }


def route_conditions(one: Bench, name: str) -> dict[str, tuple[str, str, str]]:
    """The conditions of a route's first parent."""
    return one.conditions(HTTP_ROUTE, name, "parents", 0)


async def apply_elsewhere(one: Bench) -> None:
    """A Backend in another namespace and a route to it."""
    inline = {**auth("Inline", inline=KEYS["mistral"]), "model": "mistral-medium-2505"}
    await one.apply(backend("away", {"openai": inline}, namespace="elsewhere"))
    await one.apply(policy("away", namespace="elsewhere"), route("away", backend_ref("away", namespace="elsewhere")))


@catches("reference-grant-not-needed", "route-refs-always-resolved", "route-reason-vague")
async def other_namespaces_need_a_grant(one: Bench) -> None:
    await apply_elsewhere(one)
    await one.apply(grant("another"))
    answer = await one.send("/away")
    assert (answer.status_code, answer.text) == (500, "backend does not exist")
    text = 'backendRef away/elsewhere not accessible to a HTTPRoute in namespace "kgateway-system"'
    refs = route_conditions(one, "away")["ResolvedRefs"]
    assert refs == ("False", "RefNotPermitted", f"{text} (missing a ReferenceGrant?)")


@catches("reference-grant-ignored")
async def a_grant_is_enough(one: Bench) -> None:
    await apply_elsewhere(one)
    for name in ("away", None):
        await one.apply(grant(name))
        assert (await one.send("/away")).status_code == 200
        assert route_conditions(one, "away")["ResolvedRefs"] == ("True", "ResolvedRefs", "")


@catches("allowed-routes-ignored", "route-always-accepted")
async def listeners_let_in_whom_they_allow(one: Bench) -> None:
    inline = {**auth("Inline", inline=KEYS["mistral"]), "model": "mistral-medium-2505"}
    await one.apply(backend("guest", {"openai": inline}, namespace="elsewhere"), policy("guest", namespace="elsewhere"))
    await one.apply(route("guest", namespace="elsewhere"))
    gateway = documented("gateway")[1]
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}
    expressions = [
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["elsewhere"]},
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["x"]},
        {"key": "kubernetes.io/metadata.name", "operator": "Exists"},
        {"key": "y", "operator": "DoesNotExist"},
    ]
    for namespaces, allowed in (
        ({"from": "All"}, True),
        ({"from": "Same"}, False),
        ({"from": "Selector", "selector": selector}, True),
        ({"from": "Selector", "selector": {"matchExpressions": expressions}}, True),
        ({"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}, False),
        ({"from": "None"}, False),
    ):
        gateway["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": namespaces}
        await one.apply(copy.deepcopy(gateway))
        assert (await one.send("/guest")).status_code == (200 if allowed else 404)
        found = one.status(HTTP_ROUTE, "guest", "elsewhere")["parents"][0]["conditions"][0]
        assert (found["status"], found["reason"]) == (
            ("True", "Accepted") if allowed else ("False", "NotAllowedByListeners")
        )


@catches("section-name-ignored")
async def sections_are_found_by_name(one: Bench) -> None:
    for parent, reason in (
        ({"sectionName": "http"}, "Accepted"),
        ({"port": 8080}, "Accepted"),
        ({"sectionName": "nothing"}, "NoMatchingParent"),
        ({"port": 81}, "NoMatchingParent"),
    ):
        await one.apply(route("mistral", parent=parent))
        assert (await one.send()).status_code == (200 if reason == "Accepted" else 404)
        assert route_conditions(one, "mistral")["Accepted"][1] == reason


@catches("weights-ignored")
async def weights_are_shares(one: Bench) -> None:
    refs = [backend_ref("mistral", weight=3), backend_ref("deepseek", weight=1), backend_ref("nobody", weight=0)]
    await one.apply(route("split", *refs))
    hosts: Counter[str] = Counter()
    for _ in range(8):
        assert (await one.send("/split")).status_code == 200
        hosts[one.only().connection.host] += 1
    assert hosts == {"api.mistral.ai": 6, "api.deepseek.com": 2}
    await one.apply(route("split", backend_ref("mistral", weight=0)))
    answer = await one.send("/split")
    assert (answer.status_code, answer.text) == (500, "no valid backends")


@catches("header-match-ignored")
async def all_of_a_match_must_fit(one: Bench) -> None:
    wanted = {
        "path": {"type": "RegularExpression", "value": "/m[a-z]+"},
        "headers": [
            {"name": "X-Tier", "value": "gold"},
            {"name": "x-n", "type": "RegularExpression", "value": "[0-9]"},
        ],
        "queryParams": [{"name": "q", "value": "1"}],
        "method": "POST",
    }
    exact = {"path": {"type": "Exact", "value": "/exact"}}
    await one.apply(route("only", backend_ref("deepseek"), matches=[wanted, exact]))
    headers = {"x-tier": "gold", "x-n": "7"}
    for path, sent, status in (
        ("/mxyz?q=1", headers, 200),
        ("/mxyz?q=2", headers, 404),
        ("/mxyz", headers, 404),
        ("/mxyz?q=1", {"x-n": "7"}, 404),
        ("/mxyz?q=1", {**headers, "x-n": "x"}, 404),
        ("/exact", {}, 200),
        ("/exact/x", {}, 404),
    ):
        assert (await one.send(path, headers=sent)).status_code == status


@catches("post-only")
async def any_method_matches(one: Bench) -> None:
    assert (await one.send(method="GET")).status_code == 503
    assert (await one.send(method="PUT", json=CHAT)).status_code != 404


@catches("localhost-only")
async def any_host_matches_unless_named(one: Bench) -> None:
    assert (await one.send(headers={"host": "whatever.test:1"})).status_code == 200
    await one.apply(route("mistral", spec={"hostnames": ["*.one.test", "two.test"]}))
    for host, status in (("a.one.test", 200), ("TWO.test:8080", 200), ("one.test", 404), ("other.test", 404)):
        assert (await one.send(headers={"host": host})).status_code == status
    gateway = documented("gateway")[1]
    gateway["spec"]["listeners"][0]["hostname"] = "*.test"
    await one.apply(copy.deepcopy(gateway))
    assert (await one.send("/deepseek", headers={"host": "other.test"})).status_code == 200
    assert (await one.send("/deepseek", headers={"host": "other.example"})).status_code == 404
    gateway["spec"]["listeners"][0]["hostname"] = "three.test"
    await one.apply(gateway)
    assert route_conditions(one, "mistral")["Accepted"][1] == "NoMatchingListenerHostname"


@catches("secret-rotation-ignored")
async def a_new_key_is_used(one: Bench) -> None:
    assert (await one.send()).status_code == 200
    await one.apply(secret("mistral-secret", "sk-rotated"))
    assert (await one.send()).status_code == 401
    assert one.only().values("authorization") == ["Bearer sk-rotated"]


@catches("route-change-ignored")
async def routes_follow_their_objects(one: Bench) -> None:
    moved = route("mistral")
    moved["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/moved"
    await one.apply(moved)
    assert [(await one.send(path)).status_code for path in ("/mistral", "/moved")] == [404, 200]
    await one.delete(HTTP_ROUTE, "mistral")
    assert (await one.send("/moved")).status_code == 404


@catches("routes-rewritten")
async def what_people_apply_stays_as_it_is(one: Bench) -> None:
    generations = []
    for _ in range(2):
        await one.apply(route("mistral"))
        found = one.store.get(HTTP_ROUTE, NAMESPACE_NAME, "mistral")
        assert found is not None
        generations.append(found["metadata"]["generation"])
    assert generations[0] == generations[1]


@catches("backend-change-ignored", "backend-deletion-ignored")
async def backends_follow_their_objects(one: Bench) -> None:
    path = {"full": "/other"}
    await one.apply(backend("mistral", {"openai": model("open-mistral-nemo"), "path": path}))
    await one.send()
    assert (one.only().json()["model"], one.only().target) == ("open-mistral-nemo", "/other")
    await one.delete(BACKEND, "mistral")
    answer = await one.send()
    assert (answer.status_code, answer.text) == (500, "service not found")
    assert route_conditions(one, "mistral")["ResolvedRefs"][1] == "BackendNotFound"
    await one.apply(backend("mistral", {"openai": model()}))
    assert (await one.send()).status_code == 200


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
    mirror = {"type": "RequestMirror", "requestMirror": {}}
    own = {"type": "ExtensionRef", "extensionRef": {"group": "a.test", "kind": "B", "name": "c"}}
    regex = {"path": {"type": "RegularExpression", "value": "("}}
    header = {"headers": [{"name": "a", "type": "RegularExpression", "value": "("}]}
    for rule, reason in (
        ({"filters": [mirror]}, "IncompatibleFilters"),
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
