"""The gateway's configuration as agentgateway's local configuration file, in the schema of its version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from conformance.core.startup.records import dataclass
from conformance.core.yaml.dumping import dump
from conformance.targets.reference.gateway.config import (
    DEFAULT_HOST,
    BackendRef,
    Credential,
    Door,
    Eviction,
    Filter,
    GatewayConfig,
    InvalidBackend,
    Listener,
    LlmBackend,
    LlmProvider,
    Match,
    Route,
    Rule,
    UpstreamTls,
    UrlRewrite,
    ValueMatch,
)
from conformance.targets.standalone.filters import (
    Inexpressible,
    written_apis,
    written_body,
    written_filters,
    written_formats,
)

__all__ = ["PROBE", "Inexpressible", "LocalConfiguration", "Writer"]

PROBE = "generation"
"""The name of the route that tells which configuration is in force."""

AddressOf = Callable[[str, int], str]
"""Where the gateway is to dial instead of a documented host and port, as `host:port`."""

_PATHS = {"prefix": "pathPrefix", "exact": "exact", "regex": "regex"}


@dataclass(frozen=True)
class LocalConfiguration:
    """The file's text, and for each route (`namespace/name`) that it cannot express, and answers 500, the reason."""

    text: str
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Writer:
    """Writes for one version. `authorities` makes a file of PEM text; `no_authority` is one of an authority for nobody.

    Keys and TLS stand below `ai` in 0.10, below `ai.policies` in 1.x: types/local.rs of v0.10.5, v1.4.1; FACTS 5.
    """

    line: tuple[int, int]
    port: int
    probe_port: int
    place: AddressOf
    authorities: Callable[[str], str]
    no_authority: str
    # Where hosts are dialled under other names, agentgateway cannot know which name belongs into Host.
    remapped: bool = False

    @property
    def modern(self) -> bool:
        """Whether the schema is that of 1.x."""
        return self.line >= (1, 0)

    def write(
        self, config: GatewayConfig, generation: int, doors: Mapping[Door, int] = MappingProxyType({})
    ) -> LocalConfiguration:
        """The whole file. `generation` is what the probe's port answers once the file is in force.

        `doors` are the ports on which those of Gateways are had, each beside the one that leads to all listeners.
        """
        left_out: dict[str, str] = {}
        everything = [one for listener in config.listeners for one in self._routes(listener, left_out)]
        binds = [self._bind(self.port, everything), self._probe(generation)]
        for door, port in doors.items():
            listeners = [one for one in config.listeners if (one.gateway, one.port) == door]
            binds.append({"port": port, "listeners": [self._listener(one, port, left_out) for one in listeners]})
        # No addresses of its own but the two that are ours: a free port of another test could be taken else.
        loopback = dict.fromkeys(("adminAddr", "statsAddr", "readinessAddr"), "127.0.0.1:0")
        data = {"config": loopback, "binds": binds}
        # The loader expands environment variables in the whole text.
        return LocalConfiguration(dump(data, width=1000).replace("$", "$$"), left_out)

    def _routes(self, listener: Listener, left_out: dict[str, str], apart: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for route in listener.routes:
            named = replace(route, name=f"{route.name}{apart}")
            for number, rule in enumerate(route.rules):
                try:
                    found.append(self._rule(named, number, rule))
                except Inexpressible as reason:
                    left_out[route.name] = f"agentgateway {_dotted(self.line)}: {reason}"
                    found.append(self._unspeakable(named, number, rule))
        return found

    def _listener(self, listener: Listener, port: int, left_out: dict[str, str]) -> dict[str, Any]:
        """A listener as it is; its routes have names of their own, for each counts once."""
        hostname = {"hostname": listener.hostname} if listener.hostname else {}
        routes = self._routes(listener, left_out, f"@{listener.name}.{port}")
        return {"name": listener.name, "protocol": "HTTP", **hostname, "routes": routes}

    def _bind(self, port: int, routes: list[dict[str, Any]]) -> dict[str, Any]:
        return {"port": port, "listeners": [{"name": f"http-{port}", "protocol": "HTTP", "routes": routes}]}

    def _probe(self, generation: int) -> dict[str, Any]:
        answer = {"directResponse": {"status": 200, "body": str(generation)}}
        match = {"path": {"pathPrefix": "/"}}
        return self._bind(self.probe_port, [{"name": PROBE, "matches": [match], "policies": answer}])

    def _rule(self, route: Route, number: int, rule: Rule) -> dict[str, Any]:
        policies = self._policies(rule)
        if self.remapped and "urlRewrite" not in policies and (host := _host(rule)):
            policies["urlRewrite"] = {"authority": {"host": host}}
        if not self.modern and sum(isinstance(ref.backend, LlmBackend) for ref in rule.backends) > 1:
            # Its loader names a backend after the rule, so that the last one takes the place of all (local.rs).
            raise Inexpressible("all backends of a rule are taken for the last one")
        refused = [ref.backend for ref in rule.backends if isinstance(ref.backend, InvalidBackend) and ref.weight]
        backends: list[dict[str, Any]] = []
        if refused and all(isinstance(ref.backend, InvalidBackend) for ref in rule.backends if ref.weight):
            policies["directResponse"] = {"status": refused[0].status, "body": refused[0].body}
        else:
            backends = [self._backend(ref) for ref in rule.backends]
        return self._frame(route, number, rule) | ({"policies": policies} if policies else {}) | {"backends": backends}

    def _unspeakable(self, route: Route, number: int, rule: Rule) -> dict[str, Any]:
        answer = {"status": 500, "body": "agw-conformance: the local configuration cannot express this rule"}
        try:
            frame = self._frame(route, number, rule)
        except Inexpressible:
            frame = {"name": f"{route.name}.{number}", "hostnames": ["inexpressible.invalid"]}
        return {**frame, "policies": {"directResponse": answer}}

    def _frame(self, route: Route, number: int, rule: Rule) -> dict[str, Any]:
        frame = {"name": f"{route.name}.{number}", "matches": [self._match(match) for match in rule.matches]}
        return frame | ({"hostnames": list(route.hostnames)} if route.hostnames else {})

    def _own_filters(self, rule: Rule) -> tuple[Filter, ...]:
        """What backends' own filters make the rule's: all in 0.10, which runs them right after the rule's.

        In 1.x they are policies of the backend, and run after its credential is set (httpproxy.rs).
        """
        if self.modern or not any(ref.filters for ref in rule.backends):
            return ()
        if len(rule.backends) > 1:
            raise Inexpressible("no filters for one of several backends")
        return rule.backends[0].filters

    def _match(self, match: Match) -> dict[str, Any]:
        path: Any = match.path.value
        if match.path.kind == "regex" and not self.modern:
            path = [path, len(path)]
        found: dict[str, Any] = {"path": {_PATHS[match.path.kind]: path}}
        for name, values in (("headers", match.headers), ("query", match.query)):
            if values:
                found[name] = [_value(one) for one in values]
        return found | ({"method": match.method} if match.method else {})

    def _policies(self, rule: Rule) -> dict[str, Any]:
        found = written_filters((*rule.filters, *self._own_filters(rule)), rule.callers)
        limits = {"requestTimeout": rule.timeouts.request, "backendRequestTimeout": rule.timeouts.backend_request}
        if given := {name: f"{seconds * 1000:.0f}ms" for name, seconds in limits.items() if seconds is not None}:
            found["timeout"] = given
        return found

    def _backend(self, ref: BackendRef) -> dict[str, Any]:
        if isinstance(ref.backend, InvalidBackend):
            return {"weight": ref.weight, "invalid": None}
        found: dict[str, Any] = {"weight": ref.weight}
        if self.modern and ref.filters:
            if any(isinstance(one, UrlRewrite) for one in ref.filters):
                raise Inexpressible("no urlRewrite of a backend's own")
            found["policies"] = written_filters(ref.filters)
        groups = [[self._provider(one) for one in group] for group in ref.backend.groups]
        if len(groups) == 1 and len(groups[0]) == 1:
            return found | {"ai": groups[0][0]}
        return found | {"ai": {"groups": [{"providers": group} for group in groups]}}

    def _provider(self, provider: LlmProvider) -> dict[str, Any]:
        model = {} if provider.model is None else {"model": provider.model}
        # A name is one segment; its own slashes would make another provider of it.
        found: dict[str, Any] = {"name": provider.name.replace("/", "-"), "provider": {"openAI": model}}
        own_host = provider.host != DEFAULT_HOST
        if own_host or self.remapped:
            found["hostOverride"] = place = self.place(provider.host, provider.port)
            if place.count(":") > 1:  # the loader takes the first one to be before the port
                raise Inexpressible("no host with a colon")
        if provider.apis.routes and provider.apis.formats is not None and self.modern:
            return self._custom(found, provider, own_host=own_host)
        default = self.remapped and not own_host
        prefix = provider.path_prefix or ("/v1" if default and provider.apis.routes else None)
        if path := provider.path or ("/v1/chat/completions" if default and not prefix else None):
            found["pathOverride"] = path
        if prefix and not provider.path:
            if not self.modern:
                raise Inexpressible("no prefix of the path")
            found["pathPrefix"] = prefix
        policies = self._of_provider(provider, own_host=own_host)
        if self.modern:
            return found | ({"policies": policies} if policies else {})
        return found | policies

    def _custom(self, found: dict[str, Any], provider: LlmProvider, *, own_host: bool) -> dict[str, Any]:
        """A provider that says which APIs it has."""
        apis = provider.apis
        found["provider"] = {"custom": {**found["provider"]["openAI"], "formats": written_formats(apis.formats or ())}}
        found |= {"policies": self._of_provider(provider, own_host=own_host)}
        found |= {"pathOverride": apis.path, "pathPrefix": apis.prefix}
        return {name: value for name, value in found.items() if value}

    def _of_provider(self, provider: LlmProvider, *, own_host: bool) -> dict[str, Any]:
        policies: dict[str, Any] = {}
        if auth := self._auth(provider):
            policies["backendAuth"] = auth
        if provider.tls is not None and (own_host or self.remapped or provider.tls != UpstreamTls(DEFAULT_HOST)):
            policies["backendTLS"] = self._tls(provider.tls)
        if provider.eviction is not None:
            policies["health"] = _health(provider.eviction)
        if said := {**written_body(provider.body), **written_apis(provider.apis)}:
            if not self.modern:
                raise Inexpressible("no changes of the body, and no APIs but chat completions")
            policies["ai"] = said
        return policies

    def _auth(self, provider: LlmProvider) -> dict[str, Any] | None:
        further = [{"location": _location(one), "key": one.value} for one in provider.further]
        if further and not self.modern:
            raise Inexpressible("one key only")
        credential = provider.credential
        if not isinstance(credential, Credential):
            passed: dict[str, Any] = {} if credential is None else {"passthrough": {}}
            return {**passed, "credentials": further} if further else passed or None
        found: dict[str, Any]
        if (credential.header.lower(), credential.prefix, credential.glue) == ("authorization", "Bearer", " "):
            # Beside others the short form of a key is not understood.
            found = {"key": {"value": credential.value}} if further else {"key": credential.value}
        elif not self.modern:
            raise Inexpressible("a key goes into `Authorization: Bearer` only")
        else:
            found = {"key": {"value": credential.value, "location": _location(credential)}}
        return {**found, "credentials": further} if further else found

    def _tls(self, tls: UpstreamTls) -> dict[str, Any]:
        found: dict[str, Any] = {"hostname": tls.server_name}
        names = [*tls.verify_names, *tls.verify_uris]
        if names and not self.modern:
            raise Inexpressible("no subjectAltNames to verify")
        if any(name.startswith("*.") for name in tls.verify_names):
            raise Inexpressible("a wildcard among subjectAltNames is no name to agentgateway, which refuses it")
        if names:
            found["subjectAltNames"] = names
        if tls.unverified:
            found["insecure" if tls.unverified == "certificate" else "insecureHost"] = True
        if tls.roots == "nothing":
            found["root"] = self.no_authority
        elif tls.roots != "system":
            found["root"] = self.authorities(tls.roots)
        return found


def _location(one: Credential) -> dict[str, Any]:
    if one.place != "header":
        return {"queryParameter" if one.place == "query" else "cookie": {"name": one.header}}
    prefix = {"prefix": f"{one.prefix}{one.glue}"} if one.prefix else {}
    return {"header": {"name": one.header, **prefix}}


def _health(one: Eviction) -> dict[str, Any]:
    lasting = {"duration": f"{one.seconds * 1000:.0f}ms", "consecutiveFailures": one.failures}
    return {"eviction": lasting} | ({"unhealthyExpression": one.condition} if one.condition else {})


def _value(one: ValueMatch) -> dict[str, Any]:
    return {"name": one.name, "value": {"regex" if one.regex else "exact": one.value}}


def _host(rule: Rule) -> str:
    """The host that agentgateway itself would put into Host, were it not remapped: the first provider's."""
    for ref in rule.backends:
        if isinstance(ref.backend, LlmBackend) and not re.fullmatch(r"[\d.]+", ref.backend.groups[0][0].host):
            return ref.backend.groups[0][0].host
    return ""


def _dotted(line: tuple[int, int]) -> str:
    return ".".join(map(str, line))
