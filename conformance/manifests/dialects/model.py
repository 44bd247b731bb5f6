"""What manifests of any dialect say, in one model; every part knows the object and field it was read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal, NamedTuple

from conformance.core.startup.records import dataclass
from conformance.manifests.dialects.policies import AttachedPolicy, Origin
from conformance.manifests.objects import Manifest, ObjectId

__all__ = [
    "Attached",
    "Auth",
    "Backend",
    "BackendRef",
    "Configuration",
    "Door",
    "Llm",
    "Match",
    "Origin",
    "ParentRef",
    "Route",
    "Rule",
    "Tls",
    "TlsPolicy",
    "ways_or_none",
    "ways_to",
]


@dataclass(frozen=True)
class Auth:
    """How a provider is authenticated to; `header` and `prefix` are None where the manifests leave the default.

    `prefix` is all that stands before the key, the space between them included. `place` is where the key goes if not
    into a header: the query parameter or cookie of that name. `further` are more keys in headers, each of a Secret.
    """

    kind: Literal["secret", "inline", "passthrough", "none"]
    origin: Origin
    secret: str | None = None
    secret_key: str = "Authorization"
    token: str | None = field(default=None, repr=False)
    header: str | None = None
    prefix: str | None = None
    place: tuple[Literal["queryParameter", "cookie"], str] | None = None
    further: tuple[Auth, ...] = ()

    @property
    def secret_id(self) -> ObjectId:
        """The Secret, which is in the namespace of the object that names it; without one it has no name."""
        return ObjectId("", "Secret", self.origin.manifest.namespace, self.secret or "")


@dataclass(frozen=True)
class Tls:
    """TLS as a Backend itself asks for it. `server_name` is the SNI and the verified name; None: the host's.

    `ca_refs` are names of ConfigMaps in the Backend's namespace; None: the system's authorities. `unverified` is what
    of the provider's certificate is not looked at.
    """

    origin: Origin
    server_name: str | None = None
    alt_names: tuple[str, ...] = ()
    ca_refs: tuple[str, ...] | None = None
    unverified: Literal["", "name", "certificate"] = ""
    client_certificate: str | None = None

    @property
    def namespace(self) -> str:
        """Where the ConfigMaps and Secrets are that it names: with the object that it stands in."""
        return self.origin.manifest.namespace


@dataclass(frozen=True)
class Llm:
    """One provider entry of a Backend: single, or a member of a priority group; `name` is what policies call it.

    `absolute`: the host is written with the dot of an absolute name, which is left away here. `path`, `path_prefix`: of
    chat completions; `prefix`: as written, for all APIs; `formats`: those of a custom provider, and a path of its own;
    `service`: the Service beside the Backend that its backendRef leads to.
    """

    origin: Origin
    provider: str  # "openai", "anthropic", ...
    auth: Auth
    name: str | None = None
    group: int = 0
    host: str | None = None
    port: int | None = None
    path: str | None = None
    path_prefix: str | None = None
    model: str | None = None
    tls: Tls | None = None
    absolute: bool = False
    prefix: str | None = None
    formats: tuple[tuple[str, str | None], ...] = ()
    service: str | None = None


@dataclass(frozen=True)
class Backend:
    """A Backend of type AI; `tls` is what holds for its providers that say nothing of it."""

    id: ObjectId
    origin: Origin
    providers: tuple[Llm, ...]
    tls: Tls | None = None


@dataclass(frozen=True)
class TlsPolicy:
    """A BackendTLSPolicy: `targets` are (group, kind, name, sectionName) in the policy's own namespace."""

    id: ObjectId
    origin: Origin
    targets: tuple[tuple[str, str, str, str | None], ...]
    hostname: str
    system_trust: bool
    ca_refs: tuple[tuple[str, str, str], ...]  # (group, kind, name)
    alt_names: tuple[tuple[str, str], ...]  # (type, value)

    def is_on(self, backend: ObjectId, section: str | None) -> bool:
        """Whether it targets a Backend as a whole, or this provider of it."""
        wanted = backend.group, backend.kind, backend.name, section
        return self.id.namespace == backend.namespace and wanted in self.targets


@dataclass(frozen=True)
class Match:
    """One entry of an HTTPRoute rule's `matches`."""

    path: str = "/"
    path_type: str = "PathPrefix"
    method: str | None = None
    headers: tuple[tuple[str, str, str], ...] = ()  # (type, name, value)
    query: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class BackendRef:
    """One backendRef of a rule, its namespace filled in."""

    id: ObjectId
    origin: Origin
    weight: int = 1
    filters: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule of an HTTPRoute. `shared` are backendRefs besides, to Backends that are looked at each by itself.

    `mirrors` are where RequestMirror filters send copies, those of its backendRefs included. By policies the client's
    Host goes up (`keeps_host`), the gateway answers by itself (`answer`), or clients need one of `callers`.
    """

    origin: Origin
    matches: tuple[Match, ...]
    backends: tuple[BackendRef, ...]
    filters: tuple[Mapping[str, Any], ...] = ()
    timeout: str | None = None  # timeouts.request
    shared: tuple[BackendRef, ...] = ()
    mirrors: tuple[BackendRef, ...] = ()
    name: str | None = None
    keeps_host: Origin | None = None
    answer: tuple[int, Origin] | None = None
    callers: tuple[Auth, ...] = ()

    @property
    def rewrite(self) -> Mapping[str, Any]:
        """The URLRewrite filter's content; empty when there is none."""
        return next((one.get("urlRewrite") or {} for one in self.filters if one.get("type") == "URLRewrite"), {})


@dataclass(frozen=True)
class ParentRef:
    """One parentRef of a route, its namespace filled in; `section` is its sectionName."""

    origin: Origin
    group: str
    kind: str
    namespace: str
    name: str
    section: str | None = None
    port: int | None = None


class Door(NamedTuple):
    """Where requests come in: a port of a Gateway (`namespace/name`)."""

    gateway: str
    port: int


@dataclass(frozen=True)
class Attached:
    """A listener that a route is attached to, and the host names that it has there; none: any.

    `rivals` are the host names of the other listeners of that Gateway and port, which take the requests for these.
    """

    door: Door
    listener: str
    hostname: str
    hostnames: tuple[str, ...]
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """An HTTPRoute; `hostnames` are those that it has on the listeners it attaches to, where these are known.

    `attached` are these listeners; none where no Gateway is known, or the route attaches to none.
    """

    id: ObjectId
    origin: Origin
    parents: tuple[ParentRef, ...]
    hostnames: tuple[str, ...]
    rules: tuple[Rule, ...]
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Configuration:
    """All that manifests say about putting providers behind a gateway; of known Gateways the labels by their place."""

    dialect: str
    backends: tuple[Backend, ...]
    routes: tuple[Route, ...]
    policies: tuple[TlsPolicy, ...]
    secrets: Mapping[ObjectId, Manifest]
    config_maps: Mapping[ObjectId, Manifest]
    grants: tuple[Manifest, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    gateway_labels: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def backend(self, wanted: ObjectId) -> Backend | None:
        """The Backend of that id, if it is part of the set."""
        return next((backend for backend in self.backends if backend.id == wanted), None)

    def llms(self) -> Iterator[tuple[Backend, Llm]]:
        """Every provider entry with its Backend."""
        return ((backend, llm) for backend in self.backends for llm in backend.providers)


def ways_to(routes: Iterable[Route], backend: ObjectId) -> Iterator[tuple[Route, Rule]]:
    """The rules of routes that lead to a Backend, each with its route."""
    ways = ((route, rule) for route in routes for rule in route.rules)
    return (way for way in ways if any(ref.id == backend for ref in way[1].backends))


def ways_or_none(routes: Iterable[Route], backend: ObjectId) -> list[tuple[Route | None, Rule | None]]:
    """As `ways_to`; to a Backend that no rule leads to the one way that goes by none."""
    return [*ways_to(routes, backend)] or [(None, None)]
