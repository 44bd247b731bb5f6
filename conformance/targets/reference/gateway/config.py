"""What the reference gateway is told to do: routes, backends and credentials, with nothing of Kubernetes in it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway.apis import Apis

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PATH",
    "BackendRef",
    "BodyChanges",
    "Cors",
    "Credential",
    "Door",
    "Eviction",
    "Filter",
    "GatewayConfig",
    "HeaderModifier",
    "InvalidBackend",
    "Listener",
    "LlmBackend",
    "LlmProvider",
    "Match",
    "Mirror",
    "Passthrough",
    "PathMatch",
    "Redirect",
    "Route",
    "Rule",
    "Server",
    "Timeouts",
    "UpstreamTls",
    "UrlRewrite",
    "ValueMatch",
]

DEFAULT_HOST = "api.openai.com"
"""Where a provider without `host` leads (API: "the default hostname for the provider is used")."""

DEFAULT_PATH = "/v1/chat/completions"
"""The path of a provider without `path` (the page: "Defaults to /v1/chat/completions if not specified")."""


@dataclass(frozen=True, slots=True)
class PathMatch:
    """How a path must look; prefixes count whole segments, regular expressions must match the whole path."""

    kind: Literal["prefix", "exact", "regex"] = "prefix"
    value: str = "/"


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A header or query parameter that must be there with this value, or with one that the expression matches."""

    name: str
    value: str
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """All of it must fit. `method` None: any."""

    path: PathMatch = PathMatch()
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    method: str | None = None


@dataclass(frozen=True, slots=True)
class UrlRewrite:
    """HTTPRoute's URLRewrite: at most one of the two paths is set; without a hostname perhaps the client's is kept."""

    hostname: str | None = None
    replace_full: str | None = None
    replace_prefix: str | None = None
    keeps_host: bool = False


@dataclass(frozen=True, slots=True)
class HeaderModifier:
    """HTTPRoute's RequestHeaderModifier or ResponseHeaderModifier; `computed`: it was written as expressions."""

    of: Literal["request", "response"]
    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """HTTPRoute's RequestRedirect: what is None stays as the client asked."""

    scheme: str | None = None
    hostname: str | None = None
    port: int | None = None
    replace_full: str | None = None
    replace_prefix: str | None = None
    status: int = 302


@dataclass(frozen=True, slots=True)
class Cors:
    """HTTPRoute's CORS: which pages of other origins may send requests, and what they may see of the answers."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposes: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int = 5


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until the answer's head must have come; None: no limit. A stream that has begun is never cut."""

    request: float | None = None
    backend_request: float | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and where it goes: `header` with `prefix`, glue and `value`; elsewhere that names a parameter or cookie."""

    header: str
    prefix: str
    value: str = field(repr=False)
    glue: str = " "
    place: Literal["header", "query", "cookie"] = "header"


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The client's own Authorization header goes up as it came."""


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How a provider's certificate is checked.

    `server_name` is the SNI and the verified name; when `verify_names` or `verify_uris` are given, one of those must
    be in the certificate instead. `roots`: "system", PEM text, or "nothing" (no certificate is trusted: every
    connection fails, as one must whose CA reference cannot be resolved). `unverified`: what of the certificate is not
    looked at, its names or all of it.
    """

    server_name: str
    verify_names: tuple[str, ...] = ()
    verify_uris: tuple[str, ...] = ()
    roots: str = "system"
    unverified: Literal["", "name", "certificate"] = ""


@dataclass(frozen=True, slots=True)
class Eviction:
    """How a provider that fails is left out: after how many failures in a row, for how long; what counts as one."""

    failures: int = 1
    seconds: float = 3.0
    condition: str = ""


@dataclass(frozen=True, slots=True)
class BodyChanges:
    """What is changed in bodies: fields (values as JSON), names of models, and (role, content) around the messages."""

    overrides: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    behind: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LlmProvider:
    """One OpenAI-compatible API. `tls` None is plaintext; `path`, `path_prefix` and `model` None: not configured.

    `name`: `namespace/backend/provider`, unique. `apis`: all but chat. `default_host`: host and path are its own.
    """

    name: str
    host: str
    port: int
    path: str | None = None
    path_prefix: str | None = None
    model: str | None = None
    credential: Credential | Passthrough | None = None
    further: tuple[Credential, ...] = ()
    tls: UpstreamTls | None = None
    body: BodyChanges = BodyChanges()
    apis: Apis = field(default_factory=Apis)
    eviction: Eviction | None = None
    default_host: bool = False


@dataclass(frozen=True, slots=True)
class LlmBackend:
    """A Backend: groups of providers in order of priority. `name` is `namespace/name`."""

    name: str
    groups: tuple[tuple[LlmProvider, ...], ...]


@dataclass(frozen=True, slots=True)
class InvalidBackend:
    """A reference that leads nowhere: requests for it are answered with this."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is no provider: plaintext to a host and port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Mirror:
    """HTTPRoute's RequestMirror: a share of the requests is copied, and what comes of a copy nobody sees."""

    to: LlmBackend | Server
    share: float = 1.0


Filter = UrlRewrite | HeaderModifier | Redirect | Cors | Mirror


@dataclass(frozen=True, slots=True)
class BackendRef:
    """One way out of a rule, with its share of the requests; `late`: its filters come after the Backend's key."""

    backend: LlmBackend | InvalidBackend
    weight: int = 1
    filters: tuple[Filter, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a route: any match suffices, filters apply in order; clients need one of `callers`, if any."""

    matches: tuple[Match, ...] = (Match(),)
    filters: tuple[Filter, ...] = ()
    backends: tuple[BackendRef, ...] = ()
    timeouts: Timeouts = Timeouts()
    callers: tuple[Credential, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTPRoute on a listener; `hostnames` are what is left after intersection with the listener's. Empty: any."""

    name: str
    rules: tuple[Rule, ...]
    hostnames: tuple[str, ...] = ()


Door = tuple[str, int]
"""Where requests come in: a port of a Gateway (`namespace/name`)."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of a Gateway (`namespace/name`); its routes stand in order of precedence (oldest first, then by name).

    Without a `hostname` it takes what no other listener of the port is for.
    """

    name: str
    port: int
    routes: tuple[Route, ...] = ()
    gateway: str = ""
    hostname: str = ""


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Everything the data plane knows."""

    listeners: tuple[Listener, ...] = ()

    def providers(self) -> tuple[LlmProvider, ...]:
        """Every provider that some rule leads to, in order, without repetition."""
        rules = [rule for listener in self.listeners for route in listener.routes for rule in route.rules]
        refs = [ref for rule in rules for ref in rule.backends]
        filters = [one for owner in (rules, refs) for each in owner for one in each.filters]
        copied = [one.to for one in filters if isinstance(one, Mirror)]
        backends = [one for one in (*(ref.backend for ref in refs), *copied) if isinstance(one, LlmBackend)]
        return tuple(dict.fromkeys(p for one in backends for group in one.groups for p in group))
