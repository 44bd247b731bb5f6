"""What releases of agentgateway do otherwise with the head of a request: path, Host, headers, key, query matches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from conformance.targets.reference.gateway.config import Credential, LlmProvider, Passthrough, UrlRewrite
from conformance.targets.reference.gateway.forwarding import rewritten_path
from conformance.targets.reference.gateway.messages import ClientRequest, Headers, Selected, values_of

__all__ = [
    "clients_authorization",
    "clients_host",
    "clients_path",
    "exact_letters",
    "first_host",
    "last_parameter",
    "named_kept",
    "plain_default_host",
    "proxy_authorization_kept",
    "te_kept",
    "without_port",
]

OfRequest = Callable[[Selected, LlmProvider, ClientRequest], str]
OfHeaders = Callable[[Headers], Headers]
Authorise = Callable[[Headers, Credential | Passthrough | None], Headers]


def clients_path(right: OfRequest) -> OfRequest:
    """With a host and no path: the path that the client asked for, or what the route makes of it."""

    def target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        fixed = provider.default_host or provider.path is not None or provider.path_prefix is not None
        if not fixed and rewritten_path(selected, request.path) is None:
            kept = UrlRewrite(replace_full=request.path)
            selected = replace(selected, filters=(*selected.filters, kept))
        return right(selected, provider, request)

    return target


def plain_default_host(right: OfRequest) -> OfRequest:
    """Without host: the default path, whatever path is configured and whatever the client's query is."""

    def target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        if provider.default_host:
            provider, request = replace(provider, path=None), replace(request, query=None)
        return right(selected, provider, request)

    return target


def _is_rewritten(selected: Selected) -> bool:
    return any(isinstance(one, UrlRewrite) and (one.hostname or one.keeps_host) for one in selected.filters)


def without_port(right: OfRequest) -> OfRequest:
    """Host without any port, unless the route rewrites it."""

    def authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        if _is_rewritten(selected):
            return right(selected, provider, request)
        return f"[{provider.host}]" if ":" in provider.host else provider.host

    return authority


def clients_host(right: OfRequest) -> OfRequest:
    """The client's Host, unless the route rewrites it or the provider's host is the default one."""

    def authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
        kept = not (_is_rewritten(selected) or provider.default_host)
        return request.authority if kept else right(selected, provider, request)

    return authority


def exact_letters(right: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    """A host must be written as the route's hostname is."""
    return lambda pattern, host: right(pattern, host) and host.endswith(pattern.removeprefix("*"))


def first_host(right: Callable[[Headers], str]) -> Callable[[Headers], str]:
    """Of several Host lines the first."""
    return lambda headers: next(iter(values_of(headers, "host")), "")


def te_kept(right: OfHeaders) -> OfHeaders:
    """TE goes up with what agentgateway takes of it, trailers."""

    def end_to_end(headers: Headers) -> Headers:
        asked = [token.strip().lower() for value in values_of(headers, "te") for token in value.split(",")]
        return (*right(headers), *((("te", "trailers"),) if "trailers" in asked else ()))

    return end_to_end


def proxy_authorization_kept(right: OfHeaders) -> OfHeaders:
    """What the client shows to a proxy goes up."""
    name = "proxy-authorization"
    return lambda headers: (*right(headers), *((name, value) for value in values_of(headers, name)))


def named_kept(right: OfHeaders) -> OfHeaders:
    """What Connection names is kept; Connection itself, and what is known to be of one hop, is not."""
    return lambda headers: right(tuple(one for one in headers if one[0].lower() != "connection"))


def clients_authorization(right: Authorise) -> Authorise:
    """Where the key has another header, the client's Authorization stays."""

    def authorise(headers: Headers, credential: Credential | Passthrough | None) -> Headers:
        done = right(headers, credential)
        if not isinstance(credential, Credential) or values_of(done, "authorization"):
            return done
        return (*done, *(("authorization", value) for value in values_of(headers, "authorization")))

    return authorise


def last_parameter(right: Callable[[ClientRequest, str], list[str]]) -> Callable[[ClientRequest, str], list[str]]:
    """Of a query parameter that is repeated the last value."""

    def parameters(request: ClientRequest, name: str) -> list[str]:
        pairs = parse_qsl(request.query or "", keep_blank_values=True)
        return [value for key, value in pairs if key == name][-1:]

    return parameters
