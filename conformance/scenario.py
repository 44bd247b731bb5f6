"""Scenarios: the documented manifests or a named variation of them, plus how the lookalike behaves."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography import x509

from conformance.dialects import kgateway_2_1
from conformance.located import Document
from conformance.manifests import Manifest, ManifestSet, secret_value
from conformance.providers import Provider
from mock_providers.behaviour import VENDOR, Behaviour, Identity

__all__ = ["DOCUMENTED", "Change", "Draft", "Material", "Reach", "Scenario", "draft_of", "isolate"]

_LONGEST_LABEL = 63  # RFC 1035

Reach = Literal["listening", "refused", "unresolvable"]


@dataclass(frozen=True)
class Material:
    """What changes may put into manifests: the authorities' certificates (PEM) and the gateway's coordinates."""

    trusted_ca: str
    other_ca: str
    gateway_namespace: str
    gateway_name: str


class Draft:
    """Manifests on their way to becoming a variation; changes edit it in place."""

    def __init__(self, manifests: ManifestSet, provider: Provider, name: str, material: Material) -> None:
        self.manifests = manifests
        self.provider = provider
        self.name = name
        self.material = material

    @property
    def backend(self) -> dict[str, Any]:
        """The Backend, as plain data."""
        return self.manifests.one(kgateway_2_1.BACKEND_KIND).data

    @property
    def secret(self) -> dict[str, Any]:
        """The Secret, as plain data."""
        return self.manifests.one("Secret").data

    @property
    def route(self) -> dict[str, Any]:
        """The HTTPRoute, as plain data."""
        return self.manifests.one("HTTPRoute").data

    @property
    def rule(self) -> dict[str, Any]:
        """The HTTPRoute's first rule."""
        rule: dict[str, Any] = self.route["spec"]["rules"][0]
        return rule

    def backend_refs(self) -> list[dict[str, Any]]:
        """All backendRefs of the HTTPRoute."""
        return [ref for rule in self.route["spec"].get("rules", []) for ref in rule.get("backendRefs", [])]

    @property
    def policy(self) -> dict[str, Any]:
        """The BackendTLSPolicy, as plain data."""
        return self.manifests.one("BackendTLSPolicy").data

    @property
    def namespace(self) -> str:
        """The Backend's namespace; the first one's when there are several."""
        return self.manifests.of_kind(kgateway_2_1.BACKEND_KIND)[0].namespace

    @property
    def host(self) -> str:
        """The Backend's host, as this variation has it."""
        return str(self.backend["spec"]["ai"]["llm"].get("host", self.provider.host))

    def change_backend(self, **changes: Any) -> None:
        """Set or (with None) remove host, port, path, model, header_name, header_prefix of the Backend's provider."""
        kgateway_2_1.change_llm(self.backend["spec"]["ai"]["llm"], changes)

    def change_auth(self, kind: str, value: str | None = None) -> None:
        """Authenticate by "secret" (value: its name), "inline" (value: the token) or "passthrough"."""
        kgateway_2_1.change_auth(self.backend["spec"]["ai"]["llm"], kind, value)

    @property
    def key(self) -> str:
        """What the Secret holds under `Authorization`, as it is written there. Raises LookupError without one."""
        value = secret_value(self.secret, "Authorization")
        if value is None:
            raise LookupError("the Secret has nothing under Authorization")
        return value

    def change_key(self, value: str | None, *, name: str = "Authorization", encoded: bool = False) -> None:
        """Let the Secret hold only this value, under this name: in stringData, or `encoded` in data; None: nothing."""
        secret = self.secret
        for field in ("data", "stringData"):
            secret.pop(field, None)
        if value is not None and encoded:
            secret["data"] = {name: base64.b64encode(value.encode()).decode()}
        elif value is not None:
            secret["stringData"] = {name: value}

    def second_backend(self, suffix: str, **changes: Any) -> dict[str, Any]:
        """Add a copy of the Backend with these changes, under the same policy; returns a backendRef to it."""
        first, group = self.backend, self.manifests.one(kgateway_2_1.BACKEND_KIND).group
        old, name = first["metadata"]["name"], f"{first['metadata']['name']}-{suffix}"
        second = copy.deepcopy(first)
        second["metadata"]["name"] = name
        kgateway_2_1.change_llm(second["spec"]["ai"]["llm"], changes)
        for policy in self.manifests.of_kind("BackendTLSPolicy"):
            targets = policy.data["spec"]["targetRefs"]
            targets += [{**one, "name": name} for one in targets if (one["kind"], one["name"]) == ("Backend", old)]
        self.add(second)
        return {"group": group, "kind": kgateway_2_1.BACKEND_KIND, "namespace": self.namespace, "name": name}

    def change_host(self, host: str) -> None:
        """Another host in the Backend, the route's rewrite and the policy at once."""
        old = self.host
        self.change_backend(host=host, port=self.backend["spec"]["ai"]["llm"].get("port", self.provider.port))
        rename_host(self.manifests, old, host)

    def remove(self, kind: str) -> None:
        """Take out all objects of a kind."""
        self.manifests = self.manifests.without(*self.manifests.of_kind(kind))

    def add(self, data: Mapping[str, Any]) -> None:
        """Add an object; its namespace is the Backend's unless it says otherwise."""
        data = {**data, "metadata": {"namespace": self.namespace, **data["metadata"]}}
        self.manifests.manifests.append(Manifest(data, Document(None, self._positions())))

    def _positions(self) -> Any:
        return {(): self.manifests.manifests[0].at()}


Change = Callable[[Draft], None]


@dataclass(frozen=True)
class Scenario:
    """What a case plays in.

    `own`: the case changes its objects, so nobody shares them. `invalid`: the API endpoint may refuse some of the
    objects, and what then happens to requests is the case's matter. `one_address`: all hosts of the scene resolve to
    the same address, where they speak TLS.
    """

    name: str = "documented"
    changes: tuple[Change, ...] = ()
    identity: Identity = "good"
    behaviour: Behaviour = VENDOR
    reach: Reach = "listening"
    own: bool = False
    invalid: bool = False
    one_address: bool = False

    def answering(self, **behaviour: Any) -> Scenario:
        """The same manifests with a lookalike that behaves otherwise; fields as in `Behaviour`."""
        return dataclasses.replace(self, behaviour=Behaviour(**behaviour))

    def __str__(self) -> str:
        return self.name


DOCUMENTED = Scenario()
"""The documented manifests, verbatim."""


def draft_of(scenario: Scenario, base: ManifestSet, provider: Provider, name: str, material: Material) -> Draft:
    """The manifests of a variation: a renamed copy of `base` with the scenario's changes made.

    Names, path prefixes and hosts get `-name` appended, so that nothing is shared with any other scenario.
    """
    manifests = base.copy()
    if name != "documented":
        for manifest in manifests:
            manifest.data = _without_nulls(manifest.data)
        isolate(manifests, provider, name)
    _trust_lookalikes(manifests, material)
    draft = Draft(manifests, provider, name, material)
    for change in scenario.changes:
        change(draft)
    return draft


def _without_nulls(node: Any) -> Any:
    """A field that is null is as good as missing, to Kubernetes and then to changes, too."""
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    return [_without_nulls(item) for item in node] if isinstance(node, list) else node


def variation_host(host: str, name: str) -> str:
    """The host of a variation: its first label extended, so that *.parent still matches. IP addresses stay."""
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    first, dot, rest = host.partition(".")
    label = f"{first}-{name}"
    if len(label) > _LONGEST_LABEL:
        label = f"{label[: _LONGEST_LABEL - 11]}-{hashlib.sha256(label.encode()).hexdigest()[:10]}"
    return f"{label}{dot}{rest}"


def _trust_lookalikes(manifests: ManifestSet, material: Material) -> None:
    """A private authority's certificate cannot be had for lookalikes: where it is trusted theirs takes its place.

    What is no certificate stays, for it must be noticed.
    """
    for config_map in manifests.of_kind("ConfigMap"):
        data = config_map.data.get("data")
        if isinstance(data, dict) and _is_certificate(data.get("ca.crt")):
            data["ca.crt"] = material.trusted_ca


def _is_certificate(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(x509.load_pem_x509_certificates(value.encode()))
    except ValueError:
        return False


def isolate(manifests: ManifestSet, provider: Provider, name: str) -> None:
    """Append `-name` to the names, path prefixes and hosts of a whole set, and to what refers to them within it."""
    names = {(manifest.kind, manifest.name) for manifest in manifests}
    for manifest in manifests:
        _rename(manifest.data, names, name)
        manifest.data["metadata"]["name"] = f"{manifest.name}-{name}"
    for route in manifests.of_kind("HTTPRoute"):
        for rule in route.data["spec"].get("rules", []):
            for match in rule.setdefault("matches", [{"path": {"type": "PathPrefix", "value": "/"}}]):
                path = match.setdefault("path", {"type": "PathPrefix", "value": "/"})
                path["value"] = _variation_path(path.get("value", "/"), name)
    for backend in manifests.of_kind(kgateway_2_1.BACKEND_KIND):
        for llm in kgateway_2_1.raw_llms(backend.data):
            if host := llm.get("host"):
                llm["host"] = variation_host(host, name)
                rename_host(manifests, host, llm["host"])


def _variation_path(path: str, name: str) -> str:
    first, slash, rest = path.lstrip("/").partition("/")
    return f"/{first}-{name}{slash}{rest}" if first else f"/{name}"


def _rename(node: Any, names: set[tuple[str, str]], suffix: str) -> None:
    """Extend the names in references to objects of the same set."""
    if isinstance(node, list):
        for item in node:
            _rename(item, names, suffix)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "secretRef" and isinstance(value, dict) and ("Secret", value.get("name")) in names:
                value["name"] = f"{value['name']}-{suffix}"
            elif key in ("backendRefs", "targetRefs", "caCertificateRefs") and isinstance(value, list):
                for ref in value:
                    if isinstance(ref, dict) and (ref.get("kind"), ref.get("name")) in names:
                        ref["name"] = f"{ref['name']}-{suffix}"
                    _rename(ref, names, suffix)
            else:
                _rename(value, names, suffix)


def rename_host(manifests: ManifestSet, old: str, new: str) -> None:
    """Follow a changed host in the places that repeat it: the route's rewrite and the policy's hostname."""
    for route in manifests.of_kind("HTTPRoute"):
        for rule in route.data["spec"].get("rules", []):
            for entry in rule.get("filters", []):
                rewrite = entry.get("urlRewrite") or {}
                if rewrite.get("hostname") == old:
                    rewrite["hostname"] = new
    for policy in manifests.of_kind("BackendTLSPolicy"):
        validation = policy.data["spec"].get("validation") or {}
        for place in (validation, *(validation.get("subjectAltNames") or [])):
            if place.get("hostname") == old:
                place["hostname"] = new
