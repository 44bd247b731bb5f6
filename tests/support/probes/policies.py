"""Probes of AgentgatewayPolicies, and of the keys of AgentgatewayBackends."""

from __future__ import annotations

from typing import Any

from conformance.targets.reference.controller import Controller
from conformance.targets.reference.controller.flavours import FLAVOURS
from tests.support.gateway import KEYS, NAMESPACE_NAME, Bench, catches, secret
from tests.support.gateway_objects import route

HERE = {"namespace": NAMESPACE_NAME}


def on_route(**traffic: Any) -> dict[str, Any]:
    target = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "mistral"}
    return {
        "apiVersion": "agentgateway.dev/v1alpha1",
        "kind": "AgentgatewayPolicy",
        "metadata": {"name": "p", **HERE},
        "spec": {"targetRefs": [target], "traffic": traffic},
    }


@catches("transformation-ignored", "answers-not-transformed")
async def policies_transform_headers(one: Bench) -> None:
    changes = {"set": [{"name": "x-set", "value": "'it'"}], "remove": ["x-gone"]}
    await one.apply(on_route(transformation={"request": changes, "response": changes}))
    answer = await one.send(headers={"x-gone": "1"})
    assert (one.only().values("x-set"), one.only().values("x-gone")) == (["it"], [])
    assert answer.headers.get("x-set") == "it"


@catches("direct-response-ignored")
async def policies_answer(one: Bench) -> None:
    await one.apply(on_route(directResponse={"status": 418, "body": "closed"}))
    answer = await one.send()
    assert (answer.status_code, answer.text, one.seen()) == (418, "closed", [])


@catches("callers-not-asked")
async def policies_ask_callers_for_keys(one: Bench) -> None:
    await one.apply(secret("callers", '{"key": "k-1"}', key="client"))
    location = {"header": {"name": "x-caller"}}
    await one.apply(on_route(apiKeyAuthentication={"secretRef": {"name": "callers"}, "location": location}))
    assert ((await one.send()).status_code, one.seen()) == (401, [])
    assert (await one.send(headers={"x-caller": "k-2"})).status_code == 401
    assert (await one.send(headers={"x-caller": "k-1"})).status_code == 200
    assert one.only().values("x-caller") == []


@catches("host-rewrite-ignored")
async def policies_keep_the_host(one: Bench) -> None:
    plain = route("mistral")
    await one.apply(plain, on_route(hostRewrite={"mode": "None"}))
    await one.send(headers={"host": "kept.example"})
    assert one.only().values("host") == ["kept.example"]


async def with_auth(one: Bench, **auth: Any) -> None:
    """An AgentgatewayBackend with these keys behind the prefix /newer, by a controller of its own."""
    await one.controller.stop()
    one.controller = Controller(one.store, one.gateway.configure, seams=one.seams, flavour=FLAVOURS["agentgateway-1"])
    gateway_class = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "newer"},
        "spec": {"controllerName": "agentgateway.dev/agentgateway"},
    }
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "newer", **HERE},
        "spec": {"gatewayClassName": "newer", "listeners": [listener]},
    }
    llm = {"openai": {}, "host": "api.mistral.ai", "port": 443, "pathPrefix": "/v1"}
    policies = {"auth": {"secretRef": {"name": "mistral-secret"}, **auth}, "tls": {"sni": "api.mistral.ai"}}
    backend = {
        "apiVersion": "agentgateway.dev/v1alpha1",
        "kind": "AgentgatewayBackend",
        "metadata": {"name": "newer", **HERE},
        "spec": {"ai": {"provider": llm}, "policies": policies},
    }
    ref = {"group": "agentgateway.dev", "kind": "AgentgatewayBackend", "name": "newer"}
    await one.controller.start()
    await one.apply(gateway_class, gateway, backend, secret("second", "other-key", key="k"))
    await one.apply(route("newer", ref, parent={"name": "newer"}))


@catches("further-keys-ignored")
async def several_keys_arrive(one: Bench) -> None:
    further = {"location": {"header": {"name": "x-org", "prefix": "Org "}}, "secretRef": {"name": "second", "key": "k"}}
    await with_auth(one, credentials=[further])
    await one.send("/newer")
    assert one.only().values("authorization") == [f"Bearer {KEYS['mistral']}"]
    assert one.only().values("x-org") == ["Org other-key"]


@catches("key-location-ignored")
async def keys_go_where_their_location_says(one: Bench) -> None:
    await with_auth(one, location={"cookie": {"name": "key"}})
    await one.send("/newer", headers={"cookie": "a=1; key=old"})
    assert one.only().values("cookie") == [f"a=1; key={KEYS['mistral']}"]
    await with_auth(one, location={"queryParameter": {"name": "key"}})
    await one.send("/newer?a=1&key=old")
    assert one.only().target == f"/v1/chat/completions?a=1&key={KEYS['mistral']}"
    assert not one.only().values("authorization")
