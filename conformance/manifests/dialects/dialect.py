"""What every API dialect has to offer; `kgateway_2_1` and `agentgateway_1` are its two implementations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Route, Rule
from conformance.manifests.objects import Manifest

__all__ = ["Dialect", "GatewayPlace", "set_or_remove"]

Object = dict[str, Any]


@dataclass(frozen=True)
class GatewayPlace:
    """The Gateway of the dialect's set-up page: its object and the port of its listener."""

    namespace: str
    name: str
    port: int


class Dialect(Protocol):
    """One API in which manifests put a provider behind the gateway; a module of this package is one.

    `backend` is a whole Backend as plain data, `llm` one of its `raw_llms`. Functions that change raise LookupError
    where the Backend has nothing that could be changed so, or the API no way to say it.
    """

    NAME: str
    BACKEND_GROUP: str
    BACKEND_KIND: str
    POLICY_KIND: str
    """The kind, in the Backend's group, of policies that cases attach to routes; empty: there is none."""
    CONTROLLER: str
    """The controllerName of the GatewayClass."""
    GATEWAY: GatewayPlace
    GATEWAY_VERSION: str
    """The agentgateway that the API was measured on; of a target without a version its known deviations are told."""
    GATEWAY_RELEASES: Mapping[str, str]
    """By release as people call it, of the control plane or of the data plane, the agentgateway that it has."""
    PATH: str
    """What the field of a provider's whole path is called."""
    PROVIDER_HINT: str
    """How a Backend says what its provider is, for who has none."""
    TLS_HINT: str
    """How a Backend itself asks for TLS to {host}; empty where that is a BackendTLSPolicy's matter."""
    MISSING_SECRET: tuple[str, str]
    """How a Backend's status says that its Secret {namespace}/{name} is missing: reason and part of the message."""

    def read_backend(self, manifest: Manifest) -> Backend | None:
        """What a Backend says; None for one that is not about LLM providers. Raises InputProblem."""

    def with_policies(
        self, configuration: Configuration, backend: Backend, route: Route | None, rule: Rule | None
    ) -> Backend:
        """A Backend, as it was read, with what policies say of its providers' credentials and TLS, for requests by a
        rule. Raises InputProblem.
        """

    def rule_with_policies(self, configuration: Configuration, route: Route, rule: Rule) -> Rule:
        """A rule, as it was read, with what policies say of its requests that it does not say itself."""

    def misplaced_fields(self, llm: Llm) -> list[str]:
        """Fields of a provider entry that were indented under its type (`openai`), where they count for nothing."""

    def raw_llms(self, backend: Object) -> list[Object]:
        """The provider entries of a Backend, as the mappings that hold host, port and path."""

    def single(self, backend: Object) -> Object:
        """The entry of a Backend that has one provider and no groups. Raises KeyError for another."""

    def secret_key(self, backend: Object) -> str:
        """Under which name the Backend's Secret has the key."""

    def change_llm(self, backend: Object, llm: Object, changes: Mapping[str, Any]) -> None:
        """Set or (with None) remove host, port, path, model, header_name and header_prefix of a provider entry.

        `header_prefix` is the word before the key, which one space parts from it.
        """

    def change_auth(self, backend: Object, llm: Object, kind: str, value: str | None) -> None:
        """Authenticate by "secret" (value: its name), "inline" (value: the token) or "passthrough"."""

    def auth_kind(self, backend: Object, llm: Object) -> str:
        """How the entry authenticates: as `change_auth` has it, or empty."""

    def empty_path(self, llm: Object) -> None:
        """A path that is there and says nothing."""

    def group(self, backend: Object, hosts: Mapping[str, str]) -> None:
        """Several groups of one provider each, by name, all like the single one but for their hosts."""

    def evict(self, backend: Object) -> None:
        """Leave a provider out for a while after a failure."""

    def own_tls(self, backend: Object) -> bool:
        """Whether the Backend itself, without any BackendTLSPolicy, says that its provider is reached by TLS."""

    def change_tls(self, backend: Object, changes: Mapping[str, Any]) -> None:
        """Change the Backend's own TLS: `hostname`, `alt_names` (type, value), `authority` (kind, name)."""

    def end_tls(self, backend: Object) -> None:
        """Take the Backend's own TLS away."""

    def rename_host(self, backend: Object, old: str, new: str) -> None:
        """Follow a changed host where the Backend repeats it."""


def set_or_remove(mapping: Object, key: str, value: Any) -> None:
    """Set a field; None removes it."""
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value
