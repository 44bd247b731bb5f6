"""Drafts: manifests on their way to becoming a variation, and how they are kept apart from all others."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document
from conformance.manifests.dialects import dialect_of
from conformance.manifests.dialects.dialect import set_or_remove
from conformance.manifests.objects import BACKEND, Manifest, ManifestSet
from conformance.manifests.secrets import secret_value
from conformance.stage.scenario.paths import variation_path

__all__ = ["Draft", "Material", "isolate", "rename_host", "variation_host"]

_LONGEST_LABEL = 63  # RFC 1035
_LONGEST_NAME = 253  # of a Kubernetes object: RFC 1123 subdomain


@dataclass(frozen=True)
class Material:
    """What changes may put into manifests: the authorities' certificates (PEM), the gateway's coordinates, and under
    which name (`host_here`) a documented host is to be had where it runs.
    """

    trusted_ca: str
    other_ca: str
    gateway_namespace: str
    gateway_name: str
    host_here: Callable[[str], str] = str
    # A listener that routes attach to, and whether it takes those of all namespaces.
    listener: str = "http"
    takes_all: bool = True


class Draft:
    """Manifests on their way to becoming a variation; changes edit it in place."""

    def __init__(self, manifests: ManifestSet, provider: Provider, name: str, material: Material) -> None:
        self.manifests = manifests
        self.provider = provider
        self.name = name
        self.material = material
        self.dialect = dialect_of(manifests)
        self._further: list[Manifest] = []  # Backends that second_backend has added

    @property
    def backend(self) -> dict[str, Any]:
        """The Backend, as plain data."""
        return self.manifests.one(BACKEND).data

    @property
    def llm(self) -> dict[str, Any]:
        """The Backend's provider entry. Raises LookupError where it has groups of them."""
        return self.dialect.single(self.backend)

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
        """The BackendTLSPolicy, as plain data. Raises LookupError where the Backend's own TLS outranks it."""
        if self.own_tls:
            raise LookupError("BackendTLSPolicy that would be in force: the Backend has TLS settings of its own")
        return self.manifests.one("BackendTLSPolicy").data

    @property
    def own_tls(self) -> bool:
        """Whether a Backend says by itself that its provider is reached by TLS."""
        return any(self.dialect.own_tls(one.data) for one in self.manifests.of_kind(BACKEND))

    @property
    def namespace(self) -> str:
        """The Backend's namespace; the first one's when there are several."""
        return self.manifests.of_kind(BACKEND)[0].namespace

    @property
    def host(self) -> str:
        """The Backend's host, as this variation has it."""
        return str(self.llm.get("host", self.provider.host))

    def change_backend(self, **changes: Any) -> None:
        """Set or (with None) remove host, port, path, model, header_name, header_prefix of the Backend's provider."""
        self.dialect.change_llm(self.backend, self.llm, changes)

    def change_auth(self, kind: str, value: str | None = None) -> None:
        """Authenticate by "secret" (value: its name), "inline" (value: the token) or "passthrough"."""
        self.dialect.change_auth(self.backend, self.llm, kind, value)

    def change_tls(self, **changes: Any) -> None:
        """Change what makes the connection TLS, the Backend's own settings or else the BackendTLSPolicy.

        `hostname` is the server name, `alt_names` (type, value) are verified in its place, and `authority` (kind, name)
        is trusted instead of the system's. Raises LookupError where there is none, or it has no way to say so.
        """
        if self.own_tls:
            for one in self.manifests.of_kind(BACKEND):
                self.dialect.change_tls(one.data, changes)
        else:
            change_policy(self.policy, changes)

    def end_tls(self) -> None:
        """Nothing says any longer that the connection is TLS."""
        self.remove("BackendTLSPolicy")
        for one in self.manifests.of_kind(BACKEND):
            self.dialect.end_tls(one.data)

    @property
    def secret_key(self) -> str:
        """The name under which the Secret has the key."""
        return self.dialect.secret_key(self.manifests.of_kind(BACKEND)[0].data)

    @property
    def key(self) -> str:
        """What the Secret holds for the Backend, as it is written there. Raises LookupError without it."""
        value = secret_value(self.secret, self.secret_key)
        if value is None:
            raise LookupError(f"the Secret has nothing under {self.secret_key}")
        return value

    def change_key(self, value: str | None, *, name: str | None = None, encoded: bool = False) -> None:
        """Let the Secret hold only this value, under this name or the one that the Backend names: in stringData, or
        `encoded` in data; None: nothing.
        """
        secret, name = self.secret, name or self.secret_key
        for field in ("data", "stringData"):
            secret.pop(field, None)
        if value is not None and encoded:
            secret["data"] = {name: base64.b64encode(value.encode()).decode()}
        elif value is not None:
            secret["stringData"] = {name: value}

    def second_backend(self, suffix: str, **changes: Any) -> dict[str, Any]:
        """Add a copy of the Backend with these changes, under the same policy; returns a backendRef to it.

        Raises LookupError where the manifests have several.
        """
        manifest = self.manifests.without(*self._further).one(BACKEND)
        first = manifest.data
        old, name = first["metadata"]["name"], f"{first['metadata']['name']}-{suffix}"
        second = copy.deepcopy(first)
        second["metadata"]["name"] = name
        self.dialect.change_llm(second, self.dialect.single(second), changes)
        for policy in self.manifests.of_kind("BackendTLSPolicy"):
            targets = policy.data["spec"]["targetRefs"]
            targets += [{**one, "name": name} for one in targets if (one["kind"], one["name"]) == (manifest.kind, old)]
        for grant in self.manifests.of_kind("ReferenceGrant"):
            named = grant.data["spec"].get("to") or []
            named += [
                {**one, "name": name} for one in named if (one.get("kind"), one.get("name")) == (manifest.kind, old)
            ]
        self.add(second)
        self._further.append(self.manifests.manifests[-1])
        return {"group": manifest.group, "kind": manifest.kind, "namespace": self.namespace, "name": name}

    def change_host(self, host: str) -> None:
        """Another host in the Backend, the route's rewrite and the policy at once."""
        old, host = self.host, self.material.host_here(host)
        self.change_backend(host=host, port=self.llm.get("port", self.provider.port))
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


def variation_host(host: str, name: str) -> str:
    """The host of a variation: its first label extended, so that *.parent still matches. IP addresses stay."""
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    first, dot, rest = host.partition(".")
    label = f"{first}-{name}"
    if len(label) > _LONGEST_LABEL:
        label = f"{label[: _LONGEST_LABEL - 11]}-{hashlib.sha256(label.encode()).hexdigest()[:10]}"
    return f"{label}{dot}{rest}"


def variation_name(name: str, suffix: str) -> str:
    """An object's name in a variation; one that would be too long is cut, and told apart by a digest."""
    longer = f"{name}-{suffix}"
    if len(longer) <= _LONGEST_NAME:
        return longer
    cut = _LONGEST_NAME - len(suffix) - 12
    return f"{name[:cut]}-{hashlib.sha256(name.encode()).hexdigest()[:10]}-{suffix}"


def isolate(manifests: ManifestSet, provider: Provider, name: str) -> None:
    """Append `-name` to the names, path prefixes and hosts of a whole set, and to what refers to them within it."""
    names = {(manifest.kind, manifest.name) for manifest in manifests}
    for manifest in manifests:
        _rename(manifest.data, names, name)
        manifest.data["metadata"]["name"] = variation_name(manifest.name, name)
        manifest.part = None  # it is an object of its own now
    for route in manifests.of_kind("HTTPRoute"):
        for rule in route.data["spec"].get("rules", []):
            for match in rule.setdefault("matches", [{"path": {"type": "PathPrefix", "value": "/"}}]):
                path = match.setdefault("path", {"type": "PathPrefix", "value": "/"})
                path["value"] = variation_path(path.get("type"), path.get("value", "/"), name)
    dialect = dialect_of(manifests)
    for backend in manifests.of_kind(BACKEND):
        for llm in dialect.raw_llms(backend.data):
            if host := llm.get("host"):
                llm["host"] = variation_host(host, name)
                rename_host(manifests, host, llm["host"])


# What a reference under these fields is to when it names no kind.
_REFERENCES = {
    "backendRefs": "Service",
    "targetRefs": None,
    "caCertificateRefs": "ConfigMap",
    "mtlsCertificateRef": "Secret",
    "to": None,
}


def _rename(node: Any, names: set[tuple[str, str]], suffix: str) -> None:
    """Extend the names in references to objects of the same set."""
    if isinstance(node, list):
        for item in node:
            _rename(item, names, suffix)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "secretRef" and isinstance(value, dict) and ("Secret", value.get("name")) in names:
                value["name"] = variation_name(value["name"], suffix)
            elif key in _REFERENCES and isinstance(value, list):
                for ref in value:
                    if isinstance(ref, dict) and (ref.get("kind", _REFERENCES[key]), ref.get("name")) in names:
                        ref["name"] = variation_name(ref["name"], suffix)
                    _rename(ref, names, suffix)
            else:
                _rename(value, names, suffix)


def rename_host(manifests: ManifestSet, old: str, new: str) -> None:
    """Follow a changed host where it is repeated: the route's rewrite, the policy's hostname, the Backend's own TLS."""
    dialect = dialect_of(manifests)
    for backend in manifests.of_kind(BACKEND):
        dialect.rename_host(backend.data, old, new)
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


def change_policy(policy: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """`Draft.change_tls` on a BackendTLSPolicy."""
    validation = policy["spec"]["validation"]
    if "hostname" in changes:
        validation["hostname"] = changes["hostname"]
    if "alt_names" in changes:
        field = {"Hostname": "hostname", "URI": "uri"}
        names = [{"type": kind, field[kind]: value} for kind, value in changes["alt_names"]]
        set_or_remove(validation, "subjectAltNames", names or None)
    if "authority" in changes:
        kind, name = changes["authority"]
        validation.pop("wellKnownCACertificates", None)
        validation["caCertificateRefs"] = [{"group": "", "kind": kind, "name": name}]
