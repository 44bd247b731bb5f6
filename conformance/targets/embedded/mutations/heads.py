"""Defects in routing and in the head of what goes up: path, authority, headers, keys."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, unquote

from conformance.targets.embedded.mutations.mutant import gateway, made
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import (
    Credential,
    GatewayConfig,
    LlmBackend,
    LlmProvider,
    Passthrough,
    PathMatch,
    UrlRewrite,
)
from conformance.targets.reference.gateway.messages import ClientRequest, Headers, Selected, values_of, without
from conformance.targets.reference.gateway.routing import RoutingEntry, path_matches, precedence

__all__ = ["HEADS"]

Auth = Credential | Passthrough | None


def substring_matches(match: PathMatch, path: str) -> bool:
    """Prefixes count characters."""
    return path.startswith(match.value) if match.kind == "prefix" else path_matches(match, path)


def caseless_matches(match: PathMatch, path: str) -> bool:
    """Paths compare without case."""
    return path_matches(replace(match, value=match.value.lower()), path.lower())


def every_matches(match: PathMatch, path: str) -> bool:
    """Paths do not count."""
    return True


def exact_matches(match: PathMatch, path: str) -> bool:
    """Prefixes are whole paths."""
    return path == match.value


def shortest_first(entry: RoutingEntry) -> tuple[int | bool, ...]:
    """The less specific path first."""
    return tuple(-part if index == 4 else part for index, part in enumerate(precedence(entry)))


def conditions_first(entry: RoutingEntry) -> tuple[int | bool, ...]:
    """Headers and query parameters are counted before the path's length."""
    *host, exact, length, method, headers, query = precedence(entry)
    return (*host, exact, headers, query, length, method)


def client_target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """What the client asked for."""
    return request.path if request.query is None else f"{request.path}?{request.query}"


def target_with_query(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The right path with the client's query."""
    path = forwarding.target(selected, provider, replace(request, query=None))
    return path if request.query is None else f"{path}?{request.query}"


def client_target_by_default(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """What the client asked for, unless a path is configured."""
    choose = client_target if provider.path is None else forwarding.target
    return choose(selected, provider, request)


def prefixed_target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The right path behind the route's prefix."""
    return selected.match.path.value.rstrip("/") + forwarding.target(selected, provider, request)


def standard_target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The default, whatever is configured."""
    return forwarding.target(selected, replace(provider, path=None), replace(request, query=None))


def doubled_version_target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """`/v1` twice, where the configured path is none of OpenAI's."""
    path = forwarding.target(selected, provider, request)
    return path if path.startswith("/v1/chat/") else f"/v1{path}"


def _rewriting(
    change: Callable[[str], str],
) -> Callable[[Selected, LlmProvider, ClientRequest], str]:
    """Changes a path that the route makes, and no other."""

    def made_of(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        right = forwarding.target(selected, provider, request)
        by_route = provider.path is None and forwarding.rewritten_path(selected, request.path) is not None
        return change(right) if by_route else right

    return made_of


def decoded(path: str) -> str:
    """Without percent-encoding, but where nothing could be sent."""
    head, mark, query = path.partition("?")
    return quote(unquote(head), safe="/") + mark + query


def queryless(path: str) -> str:
    """Without the query."""
    return path.partition("?")[0]


def doubled_slash(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """What is below a prefix is put behind the new one as it is, slash by slash."""
    right = forwarding.target(selected, provider, request)
    for one in selected.filters:
        if provider.path is None and isinstance(one, UrlRewrite) and (new := one.replace_prefix or "").endswith("/"):
            return new + right[len(new) - 1 :] if len(right) > len(new) else right
    return right


def unslashed_matches(match: PathMatch, path: str) -> bool:
    """A prefix that ends in a slash does not match the path without."""
    whole = match.kind == "prefix" and match.value.endswith("/")
    return path.startswith(match.value) if whole else path_matches(match, path)


def client_authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The client's Host, unless the route rewrites it."""
    right = forwarding.authority(selected, provider, request)
    return right if right != provider.host else request.authority


def backend_authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The Backend's host; the route's rewrite is forgotten."""
    return forwarding.authority(replace(selected, filters=()), provider, request)


def authority_with_port(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Host and port, always."""
    right = forwarding.authority(selected, provider, request)
    return right if ":" in right else f"{right}:{provider.port}"


def authority_without_port(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The host alone, always."""
    return forwarding.authority(selected, replace(provider, port=443), request)


def rewritten_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """Where X-Forwarded-Host leads."""
    forwarded = values_of(request.headers, "x-forwarded-host")
    return (forwarded[0].partition(":")[0] if forwarded else provider.host), provider.port


def asked_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """Where the client's Host leads, unless it is what the page's requests have."""
    asked = request.authority.partition(":")[0]
    return (provider.host if asked == "localhost" else asked), provider.port


def always_443(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """The Backend's host at port 443."""
    return provider.host, 443


def openai_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """The default provider."""
    return "api.openai.com", 443


def without_key(headers: Headers, credential: Auth) -> Headers:
    """No key."""
    return without(headers, ("authorization",)) if isinstance(credential, Credential) else headers


def placeholder(headers: Headers, credential: Auth) -> Headers:
    """What stood in the manifest before the variable was filled in."""
    if not isinstance(credential, Credential):
        return headers
    return forwarding.authorise(headers, replace(credential, value="$API_KEY"))


def both_keys(headers: Headers, credential: Auth) -> Headers:
    """The Backend's key beside the client's."""
    sent = [("authorization", value) for value in values_of(headers, "authorization")]
    return (*forwarding.authorise(headers, credential), *(sent if isinstance(credential, Credential) else ()))


def client_first(headers: Headers, credential: Auth) -> Headers:
    """The client's token, when it sends one in any of the usual headers."""
    own = any(values_of(headers, name) for name in ("authorization", "x-api-key"))
    return headers if own else forwarding.authorise(headers, credential)


def one_removed(headers: Headers, credential: Auth) -> Headers:
    """Only the first of the client's Authorization headers makes way."""
    sent = [("authorization", value) for value in values_of(headers, "authorization")[1:]]
    return (*forwarding.authorise(headers, credential), *(sent if isinstance(credential, Credential) else ()))


def nothing_passes(headers: Headers, credential: Auth) -> Headers:
    """The client's token is always taken away."""
    return forwarding.authorise(without(headers, ("authorization",)), credential)


def others_key(provider: LlmProvider, config: GatewayConfig) -> Auth:
    """The key of another provider, if there is one."""
    own = provider.credential
    others = [one.credential for one in config.providers() if isinstance(one.credential, Credential)]
    return next((one for one in others if one != own), own) if isinstance(own, Credential) else own


def sometimes_others_key() -> Callable[[LlmProvider, GatewayConfig], Auth]:
    """Each seventh request gets another provider's key."""
    turns = itertools.count(1)

    def choose(provider: LlmProvider, config: GatewayConfig) -> Auth:
        return others_key(provider, config) if next(turns) % 7 == 0 else provider.credential

    return choose


def hops_kept(headers: Headers) -> Headers:
    """Headers of the client's connection go up; only the framing is our own, or nothing would arrive."""
    return without(headers, ("transfer-encoding", "upgrade", "keep-alive"))


def custom_dropped(headers: Headers) -> Headers:
    """Headers that are no part of OpenAI's API are dropped, all but the suite's own."""
    known = ("content-type", "authorization", "accept", "host", "content-encoding", "x-conformance-exchange")
    return tuple((key, value) for key, value in forwarding.end_to_end(headers) if key.lower() in known)


def twice(backend: LlmBackend, turn: int) -> list[LlmProvider]:
    """The same provider twice."""
    return [backend.groups[0][0]] * 2


HEADS = (
    gateway(
        "prefix-matches-substring", "A path prefix matches inside a segment: /mistralx.", path_matches=substring_matches
    ),
    gateway("path-case-ignored", "Paths match without regard to case.", path_matches=caseless_matches),
    gateway("prefix-slash-counts", "A prefix with a slash at its end misses the path.", path_matches=unslashed_matches),
    gateway("rewrite-doubles-slash", "A replaced prefix that ends in a slash doubles it.", target=doubled_slash),
    gateway("rewrite-decodes", "A rewritten path is decoded and encoded anew.", target=_rewriting(decoded)),
    gateway("rewrite-loses-query", "A rewritten path goes up without query.", target=_rewriting(queryless)),
    gateway("path-ignored", "A route matches every path.", path_matches=every_matches),
    gateway("prefix-matches-exactly", "A path prefix does not match the paths below it.", path_matches=exact_matches),
    gateway("shorter-prefix-wins", "Of two prefixes that match, the shorter wins.", precedence=shortest_first),
    gateway("headers-before-length", "Headers count before the path's length.", precedence=conditions_first),
    gateway("path-not-replaced", "The client's path goes up although path.full is set.", target=client_target),
    gateway("query-kept", "The client's query goes up although path.full is set.", target=target_with_query),
    gateway(
        "path-default-missing", "Without path the client's path goes up (FACTS D2).", target=client_target_by_default
    ),
    gateway("route-prefix-kept", "The route's prefix stays in front of the upstream path.", target=prefixed_target),
    gateway("custom-path-ignored", "path.full is ignored in favour of /v1/chat/completions.", target=standard_target),
    gateway("version-doubled", "/v1 is put before a path that does not begin with it.", target=doubled_version_target),
    gateway(
        "host-not-rewritten", "The client's Host goes up without URLRewrite (FACTS D4).", authority=client_authority
    ),
    gateway("url-rewrite-ignored", "URLRewrite's hostname is ignored.", authority=backend_authority),
    gateway("port-in-authority", "Host carries the port although it is the usual one.", authority=authority_with_port),
    gateway("port-not-in-authority", "Host loses a port that is not the usual one.", authority=authority_without_port),
    gateway("target-from-forwarded-host", "X-Forwarded-Host decides where to connect.", address=rewritten_address),
    gateway("target-from-host", "The client's Host decides where to connect.", address=asked_address),
    gateway("port-ignored", "The connection goes to port 443 whatever the Backend says.", address=always_443),
    gateway("host-ignored", "The connection goes to api.openai.com whatever the Backend says.", address=openai_address),
    gateway("key-not-sent", "No key goes up.", authorise=without_key),
    gateway("key-placeholder-sent", "The key's placeholder goes up in its place.", authorise=placeholder),
    gateway("client-key-forwarded-beside", "The client's Authorization goes up beside the key.", authorise=both_keys),
    gateway(
        "client-key-blocks-injection", "A client's own token keeps the key from being sent.", authorise=client_first
    ),
    gateway(
        "duplicate-authorization-kept",
        "Only one of the client's Authorization headers is replaced.",
        authorise=one_removed,
    ),
    gateway("passthrough-stripped", "With Passthrough the client's token does not go up.", authorise=nothing_passes),
    gateway("wrong-provider-key", "One provider's key is sent to another.", credential_of=others_key),
    made("key-mixed-under-load", "Some requests get another provider's key.", "credential_of", sometimes_others_key),
    gateway("hop-by-hop-forwarded", "Headers meant for one connection go up.", end_to_end=hops_kept),
    gateway("client-headers-dropped", "The client's other headers do not go up.", end_to_end=custom_dropped),
    gateway("no-failover", "A provider that fails is never left out.", is_unhealthy=lambda eviction, status: False),
    gateway("request-sent-twice", "Each request goes up twice.", provider_order=twice, tries_next=lambda status: True),
)
