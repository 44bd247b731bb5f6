"""The dialect agentgateway-1 on the embedded target: what is reported and sent; a run, a certificate."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from conformance.core.fixtures import fixtures
from conformance.manifests.dialects import dialect_named
from conformance.manifests.objects import read_manifests
from conformance.manifests.schemas.kinds import AGENTGATEWAY_BACKEND, HTTP_ROUTE, KINDS, NAMESPACE, kind_for
from conformance.targets.reference.controller.flavours import FLAVOURS, KGATEWAY
from conformance.targets.reference.controller.seams import REFERENCE_CONTROLLER
from conformance.targets.reference.controller.translate import Translation, translate
from conformance.targets.reference.gateway.config import (
    DEFAULT_HOST,
    Credential,
    HeaderModifier,
    LlmBackend,
    LlmProvider,
    Passthrough,
)
from conformance.targets.reference.kubeapi.store import Store, new_namespace
from tests.support.gateway import as_stored, secret
from tests.support.nimbus import command

NAME = "agentgateway-1"
SPACE = "agentgateway-system"


def documented(name: str) -> list[dict[str, Any]]:
    file = fixtures("manifests", NAME, f"{name}.yaml")
    return [as_stored(one.data) for one in read_manifests(file.read_text(), str(file))]


class World:
    """The documented objects in a store, to be changed and translated."""

    def __init__(self) -> None:
        self.store = Store()
        for name in ("gateway", "mistral", "deepseek"):
            for one in documented(name):
                self.apply(one)

    def apply(self, obj: dict[str, Any]) -> None:
        kind = kind_for(obj["apiVersion"], obj["kind"])
        assert kind is not None
        metadata = obj["metadata"]
        if kind.namespaced and self.store.peek(NAMESPACE, None, metadata["namespace"]) is None:
            self.store.create(NAMESPACE, new_namespace(metadata["namespace"]))
        if (live := self.store.get(kind, metadata.get("namespace"), metadata["name"])) is None:
            self.store.create(kind, obj)
        else:
            self.store.update(kind, {**live, "spec": obj["spec"]} if "spec" in obj else {**live, **obj})

    def edit(self, **changes: Any) -> None:
        """Other fields of Mistral's spec: `policies` or `ai`."""
        backend = self.store.get(AGENTGATEWAY_BACKEND, SPACE, "mistral")
        assert backend is not None
        self.apply({**backend, "spec": {**backend["spec"], **changes}})

    def translated(self) -> Translation:
        return translate(self.store, REFERENCE_CONTROLLER, FLAVOURS[NAME], lambda: "2026-01-01T00:00:00Z")

    def status(self, kind: str, name: str) -> dict[str, Any]:
        found = self.translated().statuses
        return next(one.status for one in found if (one.kind.kind, one.object["metadata"]["name"]) == (kind, name))

    def accepted(self) -> tuple[str, str, str, int]:
        """Mistral's Accepted condition."""
        (condition,) = self.status("AgentgatewayBackend", "mistral")["conditions"]
        return condition["status"], condition["reason"], condition["message"], condition["observedGeneration"]

    def provider(self) -> LlmProvider:
        """Mistral, as the gateway is told to reach it."""
        return next(one for one in self.translated().config.providers() if one.name.endswith("/mistral"))

    def backends(self) -> list[str]:
        refs = (
            ref
            for listener in self.translated().config.listeners
            for route in listener.routes
            for rule in route.rules
            for ref in rule.backends
        )
        return [
            ref.backend.name if isinstance(ref.backend, LlmBackend) else f"{ref.backend.status} {ref.backend.body}"
            for ref in refs
        ]


def filtered(world: World, *filters: dict[str, Any]) -> None:
    """Mistral's route, with filters of its backendRef's own."""
    route = world.store.get(HTTP_ROUTE, SPACE, "mistral")
    assert route is not None
    (rule,) = route["spec"]["rules"]
    refs = [{**ref, "filters": list(filters)} for ref in rule["backendRefs"]]
    world.apply({**route, "spec": {**route["spec"], "rules": [{**rule, "backendRefs": refs}]}})


def test_filters_of_a_backend_ref_come_after_its_key() -> None:
    world = World()
    modifier = {"set": [{"name": "Authorization", "value": "x"}]}
    filtered(world, {"type": "RequestHeaderModifier", "requestHeaderModifier": modifier})
    (listener,) = world.translated().config.listeners
    refs = [ref for route in listener.routes for rule in route.rules for ref in rule.backends if ref.filters]
    assert [(ref.late, ref.filters) for ref in refs] == [
        (True, (HeaderModifier("request", (("Authorization", "x"),)),))
    ]


@pytest.mark.parametrize("type_", ["URLRewrite", "CORS"])
def test_filters_that_belong_to_rules_void_the_route(type_: str) -> None:
    world = World()
    filtered(world, {"type": type_})
    (parent,) = world.status("HTTPRoute", "mistral")["parents"]
    told = {one["type"]: (one["status"], one["reason"], one["message"]) for one in parent["conditions"]}
    assert told["Accepted"] == ("False", "IncompatibleFilters", f'unsupported filter type "{type_}"')


def test_the_documented_objects() -> None:
    world = World()
    assert world.accepted() == ("True", "Accepted", "Backend successfully accepted", 1)
    provider = world.provider()
    assert (provider.host, provider.port, provider.path, provider.model) == (
        "api.mistral.ai",
        443,
        "/v1/chat/completions",
        "mistral-medium-2505",
    )
    assert provider.tls is not None
    assert (provider.tls.server_name, provider.tls.roots, provider.tls.unverified) == ("api.mistral.ai", "system", "")
    assert provider.credential == Credential("Authorization", "Bearer", "$MISTRAL_API_KEY")
    (ancestor,) = world.status("BackendTLSPolicy", "deepseek-tls")["ancestors"]
    assert ancestor["controllerName"] == "agentgateway.dev/agentgateway" == dialect_named(NAME).CONTROLLER
    assert ancestor["ancestorRef"]["name"] == "agentgateway-proxy"
    assert [one["reason"] for one in ancestor["conditions"]] == ["Accepted", "ResolvedRefs"]
    assert world.status("GatewayClass", "agentgateway")["conditions"][0]["status"] == "True"
    other = translate(world.store, REFERENCE_CONTROLLER, KGATEWAY, lambda: "")
    assert (other.config.listeners, other.statuses) == ((), [])


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"auth": {"secretRef": {"name": "nobody"}}}, "secret agentgateway-system/nobody not found"),
        (
            {"auth": {"secretRef": {"name": "mistral-secret", "key": "k"}}},
            "secret agentgateway-system/mistral-secret missing k value",
        ),
        ({"tls": {"caCertificateRefs": [{"name": "ca"}]}}, "ConfigMap agentgateway-system/ca not found"),
        ({"auth": {"key": ""}}, "auth has an empty key"),
        ({"tls": {"mtlsCertificateRef": [{"name": "c"}]}}, "secret agentgateway-system/c not found"),
    ],
)
def test_what_cannot_be_had_refuses_the_backend(policies: dict[str, Any], message: str) -> None:
    world = World()
    world.edit(policies=policies)
    status, reason, told, generation = world.accepted()
    assert (status, reason, generation) == ("False", "TranslationError", 2)
    assert told.startswith(f"failed to translate backend: {message}")
    assert "500 service not found" in world.backends()


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        ({"key": "k"}, Credential("Authorization", "Bearer", "k")),
        ({"key": "k", "location": {"header": {"name": "x"}}}, Credential("x", "", "k")),
        ({"key": "k", "location": {"header": {"name": "x", "prefix": "T "}}}, Credential("x", "T", "k")),
        ({"key": "k", "location": {"header": {"name": "x", "prefix": "T:"}}}, Credential("x", "T:", "k", "")),
        ({"secretRef": {"name": "named", "key": "api"}}, Credential("Authorization", "Bearer", "Bearer tok")),
        ({"secretRef": {"name": "named"}}, Credential("Authorization", "Bearer", "tok")),
        ({"passthrough": {}}, Passthrough()),
        (None, Passthrough()),
    ],
)
def test_credentials(auth: dict[str, Any] | None, credential: Credential | Passthrough) -> None:
    world = World()
    named = secret("named", "Bearer tok\n", namespace=SPACE)
    named["data"]["api"] = named["data"]["Authorization"]
    world.apply(named)
    world.edit(policies={"tcp": {}} if auth is None else {"auth": auth})
    assert world.provider().credential == credential


def test_groups_prefixes_and_the_default_host() -> None:
    world = World()
    first = {"name": "first", "openai": {}, "policies": {"tls": {"sni": "own.example"}, "auth": {"key": "own"}}}
    second = {"name": "second", "openai": {}, "host": "h.example", "port": 80, "pathPrefix": "/v2"}
    world.edit(
        ai={"groups": [{"providers": [first]}, {"providers": [second]}]},
        policies={"tls": {"insecureSkipVerify": "All"}},
    )
    one, two = (one for one in world.translated().config.providers() if "/mistral/" in one.name)
    assert (one.host, one.tls and one.tls.server_name, one.credential) == (
        DEFAULT_HOST,
        "own.example",
        Credential("Authorization", "Bearer", "own"),
    )
    assert (two.path_prefix, two.tls and two.tls.unverified, two.credential) == ("/v2", "certificate", Passthrough())


def test_routes_in_its_words() -> None:
    world = World()
    route = next(one for one in documented("mistral") if one["kind"] == "HTTPRoute")
    ref = route["spec"]["rules"][0]["backendRefs"][0]
    for change, message in (
        ({"name": "nobody"}, "Backend not found: agentgateway-system/nobody"),
        (
            {"name": "mistral", "namespace": "other"},
            "backendRef other/mistral not accessible to a HTTPRoute in namespace",
        ),
        (
            {"namespace": SPACE, "kind": "Backend", "group": "gateway.kgateway.dev"},
            "referencing unsupported backendRef",
        ),
    ):
        ref.update(change)
        world.apply(route)
        (parent,) = world.status("HTTPRoute", "mistral")["parents"]
        resolved = next(one for one in parent["conditions"] if one["type"] == "ResolvedRefs")
        assert resolved["message"].startswith(message)


def test_the_kind_as_kubectl_shows_it() -> None:
    assert AGENTGATEWAY_BACKEND in KINDS
    assert AGENTGATEWAY_BACKEND.short_names == ("agbe",)
    assert [column.name for column in AGENTGATEWAY_BACKEND.columns] == ["Name", "Accepted", "Age"]


Capture = pytest.CaptureFixture[str]
CASES = ("path/full-replaces-path", "tls/policy-makes-tls", "auth/key-as-bearer", "admission/own-tls-sound")
CHOSEN = [part for case in CASES for part in ("--case", case)]


@pytest.mark.slow
def test_a_run(capsys: Capture) -> None:
    code, printed = command(capsys, "run", "--dialect", NAME, "-q", *CHOSEN)
    assert code == 0, printed[-3000:]
    assert "mistral: no verdict after" in printed
    assert "deepseek: no verdict after" in printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (
            "sni: api.mistral.ai",
            "sni: wrong.example",
            r"policies\.tls\.sni 'wrong\.example' differs from the Backend's host",
        ),
        ("    tls:\n      sni: api.mistral.ai\n", "", r"set policies\.tls\.sni to api\.mistral\.ai"),
        ("path: /v1/", "path: /v1/v1/", r"'/v1' stands twice in it"),
        (
            "name: mistral-secret\n    tls",
            "name: nobody\n    tls",
            r"there is no Secret nobody in namespace agentgateway-system",
        ),
    ],
    ids=["wrong-sni", "no-tls", "doubled-path", "missing-secret"],
)
def test_usual_mistakes(old: str, new: str, cause: str, tmp_path: Path, capsys: Capture, monkeypatch: Any) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "sk-4711-geheim")
    text = fixtures("manifests", NAME, "mistral.yaml").read_text()
    assert old in text
    (tmp_path / "given.yaml").write_text(text.replace(old, new))
    code, printed = command(capsys, "certify", str(tmp_path / "given.yaml"), "-q", "--case", "auth/key-as-bearer")
    assert code == 1, printed
    assert re.search(cause, " ".join(printed.split())), printed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "case"),
    [
        ("auth-header-override-ignored", "auth/header-name-moves-key"),
        ("bearer-doubled", "auth/bearer-not-doubled"),
        ("ca-references-ignored", "tls/other-authority-refused"),
        ("subject-alt-names-ignored", "tls/alternative-name-accepted"),
        ("path-beside-prefix-accepted", "admission/path-or-prefix"),
        ("custom-without-target-accepted", "admission/custom-provider-complete"),
        ("own-tls-unchecked", "admission/own-tls-sound"),
    ],
)
def test_mutants_are_caught(mutant: str, case: str, capsys: Capture) -> None:
    given = ("--dialect", NAME, "--provider", "mistral", "-q", "--case", case)
    code, printed = command(capsys, "run", *given, "--mutant", mutant)
    assert code == 1, printed[-3000:]
    assert re.search(rf"^(MUST|SHOULD) {case} ", printed, re.MULTILINE)
