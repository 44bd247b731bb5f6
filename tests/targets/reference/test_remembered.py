"""What is remembered from one reconcile to the next is what would be made anew, whatever has changed in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.core.fixtures import fixtures
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import read_manifests
from conformance.manifests.schemas.kinds import NAMESPACE, kind_for
from conformance.targets.reference.controller.flavours import FLAVOURS
from conformance.targets.reference.controller.remembered import Memory
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER
from conformance.targets.reference.controller.translate import translate
from conformance.targets.reference.kubeapi import Store
from conformance.targets.reference.kubeapi.store import new_namespace
from tests.support.gateway import as_stored, secret

Json = dict[str, Any]


def documented(dialect: str) -> list[Json]:
    """Gateway and both providers, with a grant, and what may stand beside them."""
    found = []
    for name in ("gateway", "mistral", "deepseek"):
        file = fixtures("manifests", dialect, f"{name}.yaml")
        found += [as_stored(one.data) for one in read_manifests(file.read_text(), str(file))]
    return found


def changed(obj: Json, how: int) -> Json | None:
    """An object in another form; None: it is taken away."""
    spec = obj.get("spec", {})
    namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    match obj["kind"], how % 4:
        case _, 0:
            return None
        case "Secret", _:
            return secret(name, ["", "one", "two", "three"][how % 4], namespace=namespace)
        case "HTTPRoute", 1:
            parents = [{**one, "sectionName": "nothing"} for one in spec["parentRefs"]]
            return {**obj, "spec": {**spec, "parentRefs": parents}}
        case "HTTPRoute", 2:
            refs = [{**one, "namespace": "elsewhere"} for one in spec["rules"][0]["backendRefs"]]
            return {**obj, "spec": {**spec, "rules": [{**spec["rules"][0], "backendRefs": refs}]}}
        case "Gateway", 1:
            listeners = [{**one, "hostname": "a.example.com"} for one in spec["listeners"]]
            return {**obj, "spec": {**spec, "listeners": listeners}}
        case "Gateway", 2:
            own = {"allowedRoutes": {"namespaces": {"from": "Same"}}}
            return {**obj, "spec": {**spec, "listeners": [{**one, **own} for one in spec["listeners"]]}}
        case "BackendTLSPolicy", 1 | 2:
            refs = [{"group": "", "kind": "ConfigMap", "name": "authorities"}]
            kept = {key: value for key, value in spec["validation"].items() if key == "hostname"}
            return {**obj, "spec": {**spec, "validation": {**kept, "caCertificateRefs": refs}}}
        case (("Backend" | "AgentgatewayBackend"), _):
            return {**obj, "metadata": {**obj["metadata"], "labels": {"how": str(how)}}}
    return obj


def besides(dialect: str, backend: Json) -> list[Json]:
    """What stands beside the documented objects at times: a grant, a Backend elsewhere, and policies on a Backend."""
    namespace = backend["metadata"]["namespace"]
    group = backend["apiVersion"].partition("/")[0]
    grant = {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "grant", "namespace": "elsewhere"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": namespace}],
            "to": [{"group": group, "kind": backend["kind"]}],
        },
    }
    there = {**backend, "metadata": {"name": backend["metadata"]["name"], "namespace": "elsewhere"}}
    found: list[Json] = [grant, there]
    if dialect == "agentgateway-1":
        target = {"group": group, "kind": backend["kind"], "name": backend["metadata"]["name"]}
        policy = {"apiVersion": backend["apiVersion"], "kind": "AgentgatewayPolicy"}
        metadata = {"name": "key", "namespace": namespace}
        spec = {"targetRefs": [target], "backend": {"auth": {"key": "a-key-of-a-policy"}}}
        found.append({**policy, "metadata": metadata, "spec": spec})
    return found


def put(store: Store, obj: Json) -> None:
    kind = kind_for(obj["apiVersion"], obj["kind"])
    assert kind is not None
    namespace, name = obj["metadata"].get("namespace"), obj["metadata"]["name"]
    if kind.namespaced and store.peek(NAMESPACE, None, namespace) is None:
        store.create(NAMESPACE, new_namespace(namespace))
    live = store.get(kind, namespace, name)
    if live is None:
        store.create(kind, obj)
    else:
        kept = {key: value for key, value in obj.items() if key != "status"}
        metadata = {**live["metadata"], "labels": obj["metadata"].get("labels", {})}
        store.update(kind, {**kept, "metadata": metadata, **({"status": live["status"]} if "status" in live else {})})


def take(store: Store, obj: Json) -> None:
    kind = kind_for(obj["apiVersion"], obj["kind"])
    assert kind is not None
    namespace, name = obj["metadata"].get("namespace"), obj["metadata"]["name"]
    if store.peek(kind, namespace, name) is not None:
        store.delete(kind, namespace, name)


def assert_as_anew(store: Store, memory: Memory, dialect: str, number: int) -> None:
    """Both ways come to the same, and the statuses are written, as the controller does it."""
    arguments = (store, REFERENCE_CONTROLLER, FLAVOURS[dialect], lambda: f"2026-01-01T00:00:{number:02}Z")
    anew = translate(*arguments)
    assert translate(*arguments, memory=memory) == anew
    for one in anew.statuses:
        metadata = one.object["metadata"]
        store.set_status(one.kind, metadata.get("namespace"), metadata["name"], one.status)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=12))
def test_whatever_changes(dialect: str, steps: list[tuple[int, int]]) -> None:
    store, memory = Store(), Memory()
    objects = documented(dialect)
    backend = next(one for one in objects if one["kind"].endswith("Backend"))
    for one in objects:
        put(store, one)
    objects += besides(dialect, backend)
    for number, (which, how) in enumerate(steps):
        assert_as_anew(store, memory, dialect, number)
        obj = objects[which % len(objects)]
        after = changed(obj, how)
        take(store, obj) if after is None else put(store, after)
    assert_as_anew(store, memory, dialect, len(steps))


def test_what_has_not_changed_is_not_made_anew() -> None:
    store, memory = Store(), Memory()
    for one in documented(DIALECTS[0]):
        put(store, one)
    assert_as_anew(store, memory, DIALECTS[0], 0)
    assert_as_anew(store, memory, DIALECTS[0], 1)
    arguments = (store, REFERENCE_CONTROLLER, FLAVOURS[DIALECTS[0]], lambda: "2026-01-01T00:00:02Z")
    before = translate(*arguments, memory=memory).config.listeners
    put(store, secret("mistral-secret", "another"))
    after = translate(*arguments, memory=memory).config.listeners
    kept = [one is other for one, other in zip(before[0].routes, after[0].routes, strict=True)]
    assert sorted(kept) == [False, True]
