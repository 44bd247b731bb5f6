"""The oracle: what must arrive upstream for a request under given manifests, by the documented rules.

It shares no code with the reference gateway, so that neither can hide the other's mistake. Sources, by name of the
function: the documented page (its tables), the API types' comments (kgateway 2.1, agentgateway 1.4), Gateway API v1.4
(HTTPRoute, BackendTLSPolicy, ReferenceGrant).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal

from conformance.core.startup.records import dataclass
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.bodies import arriving
from conformance.exchange.oracle.credentials import keys_of, may_call, with_parameter, without_key
from conformance.exchange.oracle.endpoints import AS_IS, CHAT, SUFFIXES, endpoint_path, kind_of, routes_of
from conformance.exchange.oracle.filters import clients_key_after, is_late, key_after, misplaced, without_backend
from conformance.exchange.oracle.matching import best_rule
from conformance.exchange.oracle.rewriting import rewriting_of, rewritten
from conformance.exchange.oracle.tls import DEFAULT_HOST, ExpectedTls, expected_tls
from conformance.manifests.dialects import backend_by, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP as GATEWAY_API
from conformance.manifests.dialects.model import Backend, BackendRef, Configuration, Llm, Origin, Route, Rule

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "Expected",
    "ExpectedTls",
    "GatewayAnswer",
    "Part",
    "expect",
    "expectations",
]

DEFAULT_PORT = 443
_DEFAULT_BASE = "/v1"


Part = Literal["auth", "authority", "backend", "host", "path", "port", "route", "rule", "tls"]
"""What of an expectation some manifest field decides."""


@dataclass(frozen=True)
class GatewayAnswer:
    """The gateway answers by itself; nothing may arrive upstream."""

    status: int
    why: str


@dataclass(frozen=True)
class Expected:
    """What must be seen upstream; `because` names the manifest field behind each part.

    `further` are headers with more keys, `placed` the key (kind, name, value) that goes into no header. `body`: None
    where policies change no more of it than the model.
    """

    answer: GatewayAnswer | None = None
    backend: Backend | None = None
    llm: Llm | None = None
    host: str = ""
    port: int = 0
    tls: ExpectedTls | None = None
    target: str = ""
    authority: str = ""
    credential: tuple[str, str] | None = field(default=None, repr=False)  # (header name, value)
    further: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    placed: tuple[Literal["queryParameter", "cookie"], str, str] | None = field(default=None, repr=False)
    passthrough: bool = False
    model: str | None = None
    body: Mapping[str, Any] | None = None
    because: Mapping[Part, Origin] = field(default_factory=dict)


def expect(configuration: Configuration, request: ClientRequest) -> Expected:
    """What the documented rules demand for this request; where they leave a choice, the first that is named."""
    return expectations(configuration, request)[0]


def expectations(configuration: Configuration, request: ClientRequest) -> list[Expected]:
    """All that the documented rules allow for this request.

    A choice is left among the backendRefs of a rule that have a weight (GW HTTPBackendRef.weight), and among the
    providers of the first priority group (FACTS 1.2).
    """
    found = best_rule(configuration.routes, request)
    if found is None:
        return [Expected(answer=GatewayAnswer(404, "no route matches the request"))]
    route, rule = found
    if (refused := _unsupported(configuration.dialect, route)) is not None:
        return [refused]
    if rule.callers and not may_call(rule.callers, request):
        why = f"clients need a key in the header {rule.callers[0].header}"
        return [Expected(answer=GatewayAnswer(401, why), because={"rule": rule.callers[0].origin})]
    if rule.answer is not None:
        status, where = rule.answer
        return [Expected(answer=GatewayAnswer(status, "a policy has it answer directly"), because={"rule": where})]
    weighted = [ref for ref in rule.backends if ref.weight > 0]
    if not weighted:
        return [Expected(answer=GatewayAnswer(*without_backend(rule)), because={"route": rule.origin})]
    return [one for ref in weighted for one in _through(configuration, route, rule, ref, request)]


def _unsupported(dialect: str, route: Route) -> Expected | None:
    """GW HTTPRouteFilter.extensionRef: one that cannot be resolved must not be skipped, requests get an error.

    In kgateway 2.1 and agentgateway 1.4 (createAgwExtensionRefFilter) the whole route is not accepted then; nor is it
    in agentgateway 1.4 with a filter of a backendRef that belongs to rules.
    """
    refs = [ref for rule in route.rules for ref in (*rule.backends, *rule.shared)]
    for ref in refs:
        if (found := misplaced(dialect, ref)) is not None:
            where, type_ = found
            why = f"the gateway has no {type_} in a backendRef, and does not accept the route"
            return Expected(answer=GatewayAnswer(404, why), because={"backend": where})
    owners = [*((one.origin, one.filters) for one in route.rules), *((one.origin, one.filters) for one in refs)]
    for origin, filters in owners:
        for index, entry in enumerate(filters):
            if entry.get("type") == "ExtensionRef":
                named = _named(entry.get("extensionRef") or {})
                why = f"the gateway knows no filter {named}, and an ExtensionRef that it cannot follow voids the route"
                return Expected(answer=GatewayAnswer(404, why), because={"backend": origin.below("filters", index)})
    return None


def _named(reference: Mapping[str, Any]) -> str:
    return f"{reference.get('kind')}.{reference.get('group')} {reference.get('name')}"


def _through(
    configuration: Configuration, route: Route, rule: Rule, reference: BackendRef, request: ClientRequest
) -> list[Expected]:
    """What is allowed for a request that goes by one backendRef."""
    if (answer := _refused(configuration, route, reference)) is not None:
        return [Expected(answer=answer, because={"backend": reference.origin})]
    backend = configuration.backend(reference.id)
    if backend is None or not backend.providers:
        missing = GatewayAnswer(500, f"{reference.id} does not exist")
        return [Expected(answer=missing, because={"backend": reference.origin})]
    backend = backend_by(configuration, backend, route, rule)
    first = [llm for llm in backend.providers if llm.group == backend.providers[0].group]
    return [_to_provider(configuration, route, rule, reference, backend, llm, request) for llm in first]


def _to_provider(
    configuration: Configuration,
    route: Route,
    rule: Rule,
    reference: BackendRef,
    backend: Backend,
    llm: Llm,
    request: ClientRequest,
) -> Expected:
    """API BackendAI.routes: the end of its path says which API a request is for, of which Models is none yet."""
    said = routes_of(configuration, backend, llm, route, rule)
    kind = CHAT if said is None else kind_of(said[0], _path_of_client(rule, request))
    if said is not None and kind == "Models":
        answer = GatewayAnswer(501, "the gateway has no list of models to answer with")
        return Expected(answer=answer, because={"path": said[1]})
    expected = _forwarded(configuration, rule, reference, backend, llm, request, kind)
    if kind in AS_IS:
        return replace(expected, model=None)
    return _with_body(expected, arriving(configuration, backend, llm, route, rule, request, kind))


def _path_of_client(rule: Rule, request: ClientRequest) -> str:
    """The client's path as the route leaves it, without query."""
    path, rewrite = request.path.partition("?")[0], rule.rewrite.get("path")
    return rewritten(rule, rewrite, path) if isinstance(rewrite, Mapping) else path


def _with_body(expected: Expected, body: dict[str, Any] | None) -> Expected:
    """With what policies make of the body, and of the model in it."""
    if body is None or expected.answer is not None:
        return expected
    model = body.get("model")
    return replace(expected, body=body, model=model if isinstance(model, str) else expected.model)


def _refused(configuration: Configuration, route: Route, reference: BackendRef) -> GatewayAnswer | None:
    """GW HTTPRoute backendRefs: another namespace needs a ReferenceGrant there; an unknown kind is refused."""
    if reference.id.kind != dialect_named(configuration.dialect).BACKEND_KIND:
        return GatewayAnswer(500, f"backendRef of kind {reference.id.kind}")
    if reference.id.namespace == route.id.namespace or _granted(configuration, route, reference):
        return None
    return GatewayAnswer(500, f"no ReferenceGrant lets {route.id.namespace} refer to {reference.id}")


def _granted(configuration: Configuration, route: Route, reference: BackendRef) -> bool:
    for grant in configuration.grants:
        if grant.namespace != reference.id.namespace:
            continue
        source = {"group": GATEWAY_API, "kind": "HTTPRoute", "namespace": route.id.namespace}
        if source not in [dict(entry) for entry in grant.spec.get("from") or []]:
            continue
        for target in grant.spec.get("to") or []:
            same = (target.get("group") or "", target.get("kind")) == (reference.id.group, reference.id.kind)
            if same and (target.get("name") or reference.id.name) == reference.id.name:
                return True
    return False


def _forwarded(
    configuration: Configuration,
    rule: Rule,
    reference: BackendRef,
    backend: Backend,
    llm: Llm,
    request: ClientRequest,
    kind: str,
) -> Expected:
    route_decides = llm.host is not None and llm.path is None and llm.path_prefix is None
    rewriting = rewriting_of(rule, reference) if route_decides else None
    if not is_late(configuration.dialect):
        rule = replace(rule, filters=(*rule.filters, *reference.filters))
    because: dict[Part, Origin] = {
        "backend": llm.origin,
        "host": llm.origin.below("host"),
        "port": llm.origin.below("port"),
        "rule": rule.origin,
    }
    keys = keys_of(configuration, llm.auth)
    because["auth"] = llm.auth.origin
    if keys is None:
        lacking = without_key(configuration, llm.auth)
        because["auth"] = lacking.origin
        why = f"the Secret {lacking.secret} that {backend.id} refers to is missing or has no usable key"
        return Expected(answer=GatewayAnswer(500, why), because=because)
    target, because["path"] = _target(configuration, rule, llm, request, kind)
    because["path"] = rewriting or because["path"]
    if keys.placed is not None and keys.placed[0] == "queryParameter" and llm.path is None:
        target = with_parameter(target, *keys.placed[1:])
    late = is_late(configuration.dialect)
    credential = key_after(reference, keys.header) if late and keys.header is not None else keys.header
    passes = (
        keys.header is None
        and (llm.auth.kind == "passthrough" or llm.auth.place is not None)
        # The gateway keeps what it asked for.
        and not any((one.header or "").lower() == "authorization" for one in rule.callers)
    )
    filters = (*rule.filters, *reference.filters) if late else rule.filters
    if passes and (changed := clients_key_after(filters)) is not None:
        passes, credential = False, ("Authorization", changed) if changed else None
    tls = expected_tls(configuration, backend, llm)
    authority, because["authority"] = _authority(rule, llm, request, 80 if tls is None else 443)
    if tls is not None:
        because["tls"] = tls.origin
    return Expected(
        backend=backend,
        llm=llm,
        host=llm.host or DEFAULT_HOST,
        port=llm.port or DEFAULT_PORT,
        tls=tls,
        target=target,
        authority=authority,
        credential=credential,
        further=keys.further,
        placed=keys.placed,
        passthrough=passes,
        model=llm.model,
        because=because,
    )


def _target(
    configuration: Configuration, rule: Rule, llm: Llm, request: ClientRequest, kind: str
) -> tuple[str, Origin]:
    """The request target upstream.

    SEED table path: `path.full` replaces it whole, query included; "Defaults to /v1/chat/completions". A route that
    rewrites the path (URLRewrite) is more specific than that default, but not where there is no host, either: then
    host and path are the provider's own (measured on 1.4.1). API `LLMProvider.pathPrefix` takes the place of the
    default's `/v1`, and the query is kept (FACTS 6.1). Another API than chat completions has an endpoint of its own.
    """
    path, _, query = request.path.partition("?")
    if kind != CHAT and (own := endpoint_path(llm, kind, _path_of_client(rule, request))) is not None:
        return (f"{own}?{query}" if query and own != llm.path else own), llm.origin
    if llm.path is not None:
        return llm.path, llm.origin.below(*dialect_named(configuration.dialect).PATH.split("."))
    if llm.path_prefix is not None:
        path = f"{llm.path_prefix.rstrip('/')}/chat/completions"
        return (f"{path}?{query}" if query else path), llm.origin.below("pathPrefix")
    rewrite = rule.rewrite.get("path") if llm.host is not None else None
    path = rewritten(rule, rewrite, path) if isinstance(rewrite, Mapping) else f"{_DEFAULT_BASE}{SUFFIXES[kind]}"
    return (f"{path}?{query}" if query else path), llm.origin.below("path")


def _authority(rule: Rule, llm: Llm, request: ClientRequest, usual: int) -> tuple[str, Origin]:
    """SEED step 5: URLRewrite.hostname is the Host sent upstream; without one it should be the Backend's host, with a
    port that is not the `usual` one (RFC 9110 7.2); or the client's, where API `HostnameRewrite.mode` is None."""
    if hostname := rule.rewrite.get("hostname"):
        return str(hostname), rule.origin.below("filters")
    if rule.keeps_host is not None and (kept := request.values("host")):
        return kept[0], rule.keeps_host
    host = f"{llm.host or DEFAULT_HOST}{'.' if llm.absolute else ''}"
    return (host if llm.port in (None, usual) else f"{host}:{llm.port}"), llm.origin.below("host")
