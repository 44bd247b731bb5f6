"""Probes of the controller: attachment, references, and what changes while it runs."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from conformance.manifests.schemas.kinds import BACKEND, HTTP_ROUTE
from tests.support.gateway import CHAT, KEYS, NAMESPACE_NAME, Bench, catches, documented, secret
from tests.support.gateway_objects import auth, backend, backend_ref, policy, route
from tests.support.probes.heads import model


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
