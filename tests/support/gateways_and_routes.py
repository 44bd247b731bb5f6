"""Generated Gateways and HTTPRoutes in which much overlaps, and what oracle and reference make of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from conformance.core.problems import Position
from conformance.core.yaml.located import Document
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.gateways import placed, read_gateway
from conformance.manifests.objects import Manifest
from conformance.manifests.schemas import AdmissionError, SchemaAdmission
from conformance.manifests.schemas.kinds import NAMESPACE, kind_for
from conformance.targets.reference.controller.flavours import KGATEWAY
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER
from conformance.targets.reference.controller.translate import translate
from conformance.targets.reference.gateway import REFERENCE
from conformance.targets.reference.gateway.answering import Plan
from conformance.targets.reference.kubeapi import Store

PORTS = (8080, 8081)
NAMESPACES = ("llm", "apps")
HOSTNAMES = ("a.example.com", "*.example.com", "*.a.example.com", "example.org")
HOSTS = ("localhost:8080", "a.example.com", "b.example.com:8080", "b.a.example.com", "A.Example.com", "example.org")
PREFIXES = ("/", "/v1", "/v1/", "/v1/chat", "/V1", "/v1.", "/v2/chat/")
EXPRESSIONS = ("/.*", "/v[0-9]+", "/v1/chat", "/v1(/chat)?", "/(v1|v2)/.*", "/v1/[a-z]+/x", "/v1.")
PATHS = ("/", "/v1", "/v1/", "/v1/chat", "/v1/chat/x", "/v1x", "/V1", "/v2/chat", "/v2/chat/", "/v2", "/other", "/v1.")
VALUES = ("red", "blue", "", "red,blue")
BACKENDS = ("one", "two", "three")

_GATEWAY_API = "gateway.networking.k8s.io"


def gateways() -> st.SearchStrategy[dict[str, Any]]:
    """A Gateway with one to four listeners, no two of a port with one hostname."""
    places = st.lists(
        st.tuples(st.sampled_from(PORTS), st.sampled_from((None, *HOSTNAMES))), min_size=1, max_size=4, unique=True
    )
    source = st.sampled_from(("All", "All", "Same"))

    def made(name: str, found: list[tuple[int, str | None]], allowed: str) -> dict[str, Any]:
        listeners = [
            {"name": f"l{number}", "port": port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": allowed}}}
            | ({"hostname": hostname} if hostname else {})
            for number, (port, hostname) in enumerate(found)
        ]
        spec = {"gatewayClassName": "agw", "listeners": listeners}
        return _object(f"{_GATEWAY_API}/v1", "Gateway", "llm", name, spec)

    return st.builds(made, st.sampled_from(("public", "internal")), places, source)


def _matches() -> st.SearchStrategy[dict[str, Any]]:
    path = st.one_of(
        st.none(),
        st.builds(lambda value: {"type": "PathPrefix", "value": value}, st.sampled_from(PREFIXES)),
        st.builds(lambda value: {"type": "Exact", "value": value}, st.sampled_from(PATHS)),
        st.builds(lambda value: {"type": "RegularExpression", "value": value}, st.sampled_from(EXPRESSIONS)),
    )

    def named(*names: str) -> st.SearchStrategy[list[dict[str, str]] | None]:
        exact = st.builds(lambda name, value: {"name": name, "value": value}, st.sampled_from(names), st.just("red"))
        kinds = st.builds(
            lambda name, value: {"type": "RegularExpression", "name": name, "value": value},
            st.sampled_from(names),
            st.sampled_from(("red|blue", "[a-z]+", "r.*")),
        )
        return st.none() | st.lists(exact | kinds, min_size=1, max_size=2, unique_by=lambda one: one["name"])

    method = st.sampled_from((None, None, "POST", "GET"))
    keys = ("path", "headers", "queryParams", "method")
    parts = st.tuples(path, named("x-team", "X-Other"), named("q", "r"), method)
    return parts.map(lambda found: {key: value for key, value in zip(keys, found, strict=True) if value is not None})


def _rules() -> st.SearchStrategy[dict[str, Any]]:
    ref = st.builds(
        lambda name, weight: {"group": KGATEWAY.backend.group, "kind": "Backend", "name": name, "weight": weight},
        st.sampled_from(BACKENDS),
        st.sampled_from((1, 1, 3, 0)),
    )
    refs = st.lists(ref, min_size=1, max_size=2, unique_by=lambda one: one["name"])
    return st.builds(
        lambda matches, backends: {"backendRefs": backends} | ({"matches": matches} if matches else {}),
        st.lists(_matches(), max_size=3),
        refs,
    )


def routes() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to four HTTPRoutes of two namespaces."""
    parent = st.builds(
        lambda name, section, port: (
            {"name": name, "namespace": "llm"}
            | ({"sectionName": section} if section else {})
            | ({"port": port} if port else {})
        ),
        st.sampled_from(("public", "internal")),
        st.sampled_from((None, None, "l0", "l1")),
        st.sampled_from((None, None, *PORTS)),
    )
    hostnames = st.lists(st.sampled_from(HOSTNAMES), max_size=2, unique=True)
    created = st.sampled_from((None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))

    def made(place: tuple[str, str], parents: list[Any], names: list[str], rules: list[Any], age: Any) -> Any:
        spec = {"parentRefs": parents, "rules": rules} | ({"hostnames": names} if names else {})
        found = _object(f"{_GATEWAY_API}/v1", "HTTPRoute", *place, spec)
        found["metadata"]["creationTimestamp"] = age or "2026-01-03T00:00:00Z"
        return found

    place = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(("a", "b", "c")))
    one = st.builds(
        made,
        place,
        st.lists(parent, min_size=1, max_size=2),
        hostnames,
        st.lists(_rules(), min_size=1, max_size=3),
        created,
    )
    return st.lists(one, min_size=1, max_size=4, unique_by=lambda made: _place(made))


def _place(made: dict[str, Any]) -> tuple[str, str]:
    return made["metadata"]["namespace"], made["metadata"]["name"]


def _object(version: str, kind: str, namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def _backend(namespace: str, name: str) -> dict[str, Any]:
    token = {"kind": "Inline", "inline": "made-up"}
    llm = {"openai": {"authToken": token}, "host": f"{name}.example", "port": 443}
    return _object("gateway.kgateway.dev/v1alpha1", "Backend", namespace, name, {"type": "AI", "ai": {"llm": llm}})


class Standing:
    """Gateways and routes, each namespace with Backends of its own."""

    def __init__(self, given_gateways: list[dict[str, Any]], given_routes: list[dict[str, Any]]) -> None:
        self.gateways, self.routes = given_gateways, given_routes
        self.backends = [_backend(namespace, name) for namespace in NAMESPACES for name in BACKENDS]

    def __repr__(self) -> str:
        return f"{self.gateways}\n{self.routes}"

    @property
    def legal(self) -> bool:
        """Whether the API takes all of it."""
        try:
            for one in (*self.gateways, *self.routes):
                kind = kind_for(one["apiVersion"], one["kind"])
                assert kind is not None
                SchemaAdmission().admit(kind, one, None)
        except AdmissionError:
            return False
        return True

    @cached_property
    def configuration(self) -> Configuration:
        """What the oracle reads."""
        configuration = read_configuration([_manifest(one) for one in (*self.backends, *self.routes)], "kgateway-2.1")
        found = placed(configuration, [read_gateway(_manifest(one)) for one in self.gateways], {})
        # Of a route that is attached nowhere the oracle leaves it to the gateway to show it.
        return replace(found, routes=tuple(route for route in found.routes if route.attached))

    @cached_property
    def plan(self) -> Plan:
        """What the reference's controller makes of it, ready for requests."""
        store = Store()
        spec = {"controllerName": KGATEWAY.controller}
        gateway_class = {"apiVersion": f"{_GATEWAY_API}/v1", "kind": "GatewayClass", "metadata": {"name": "agw"}}
        names = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one}} for one in NAMESPACES]
        for one in (*names, {**gateway_class, "spec": spec}, *self.gateways, *self.backends, *self.routes):
            kind = kind_for(str(one["apiVersion"]), str(one["kind"]))
            assert kind is not None
            if kind is NAMESPACE and store.peek(NAMESPACE, None, one["metadata"]["name"]):
                continue
            store.create(kind, one)
            if created := one["metadata"].get("creationTimestamp"):
                # The store says when it was created; that is what is generated here.
                stored = store.peek(kind, one["metadata"]["namespace"], one["metadata"]["name"])
                assert stored is not None
                stored["metadata"]["creationTimestamp"] = created
        config = translate(store, REFERENCE_CONTROLLER, KGATEWAY, lambda: "2026-01-01T00:00:00Z").config
        return Plan(config, REFERENCE)


def _manifest(one: dict[str, Any]) -> Manifest:
    return Manifest(one, Document(one, {(): Position("generated.yaml")}))
