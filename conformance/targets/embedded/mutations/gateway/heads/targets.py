"""Defects in the path that goes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, unquote

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import (
    LlmProvider,
    UrlRewrite,
)
from conformance.targets.reference.gateway.messages import ClientRequest, Selected

__all__ = ["TARGETS"]


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


TARGETS: tuple[Mutant, ...] = (
    gateway(
        "rewrite-doubles-slash",
        "A replaced prefix that ends in a slash doubles it.",
        "path",
        "GW HTTPPathModifier",
        "doubled a slash of the path",
        target=doubled_slash,
    ),
    gateway(
        "rewrite-decodes",
        "A rewritten path is decoded and encoded anew.",
        "path",
        "RFC 3986 section 2.4",
        "changed the path's percent-encoding",
        target=_rewriting(decoded),
    ),
    gateway(
        "rewrite-loses-query",
        "A rewritten path goes up without query.",
        "path",
        "RFC 3986 section 3.4",
        "lost or changed the query string",
        target=_rewriting(queryless),
    ),
    gateway(
        "path-not-replaced",
        "The client's path goes up although path.full is set.",
        "path",
        "SEED table path",
        "the client's own path went upstream",
        target=client_target,
    ),
    gateway(
        "query-kept",
        "The client's query goes up although path.full is set.",
        "path",
        "SEED Mistral 4; AGW pathOverride",
        "the client's query string was kept",
        target=target_with_query,
    ),
    gateway(
        "path-default-missing",
        "Without path the client's path goes up (FACTS D2).",
        "path",
        "SEED table path: defaults to /v1/chat/completions",
        "the client's own path went upstream",
        target=client_target_by_default,
    ),
    gateway(
        "route-prefix-kept",
        "The route's prefix stays in front of the upstream path.",
        "path",
        "SEED table path",
        "another path than configured",
        target=prefixed_target,
    ),
    gateway(
        "custom-path-ignored",
        "path.full is ignored in favour of /v1/chat/completions.",
        "path",
        "SEED table path",
        "another path than configured",
        target=standard_target,
    ),
    gateway(
        "version-doubled",
        "/v1 is put before a path that does not begin with it.",
        "path",
        "SEED table path",
        "another path than configured",
        target=doubled_version_target,
    ),
)
