"""Defects in path, Host and address of what goes up, that come from changing them once too often."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.messages import ClientRequest, Selected, values_of

__all__ = ["REWRITING"]

_FULL = "SEED table path"

_OTHER = "the gateway made another path than configured"

_HOST = "the gateway sent another Host than configured"

_PREFIX = "API LLMProvider.pathPrefix"


def slash_added(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Paths end in a slash."""
    path, mark, query = forwarding.target(selected, provider, request).partition("?")
    return path.rstrip("/") + "/" + mark + query


def lowered(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Paths in lower case."""
    path, mark, query = forwarding.target(selected, provider, request).partition("?")
    return path.lower() + mark + query


def unversioned(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The default path without its version."""
    right = forwarding.target(selected, provider, request)
    return right.removeprefix("/v1") if provider.path is None and provider.path_prefix is None else right


def without_prefix(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """A prefix of the Backend's does not count."""
    return forwarding.target(selected, replace(provider, path_prefix=None), request)


def doubled_prefix(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """What a prefix replaces stays behind it."""
    right = forwarding.target(selected, provider, request)
    prefix = (provider.path_prefix or "").rstrip("/")
    return right.replace(prefix, f"{prefix}/v1", 1) if prefix else right


def sorted_query(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Query parameters are read and written anew, in order of their names."""
    path, mark, query = forwarding.target(selected, provider, request).partition("?")
    return path + mark + urlencode(sorted(parse_qsl(query, keep_blank_values=True)))


def query_without_blanks(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Query parameters without value are lost."""
    path, _, query = forwarding.target(selected, provider, request).partition("?")
    kept = "&".join(one for one in query.split("&") if "=" in one and not one.endswith("="))
    return f"{path}?{kept}" if kept else path


def default_without_query(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Where the default path goes up the query is lost."""
    rewritten = forwarding.rewritten_path(selected, request.path)
    right = forwarding.target(selected, provider, request)
    return right if provider.path is not None or rewritten is not None else right.partition("?")[0]


def decoded_full(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """A configured path is decoded."""
    right = forwarding.target(selected, provider, request)
    return unquote(right).replace(" ", "+") if provider.path is not None else right


def name_of_tls(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The server's name of TLS, where there is one."""
    right = forwarding.authority(selected, provider, request)
    return provider.tls.server_name if provider.tls and right == provider.host else right


def forwarded_host(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """What X-Forwarded-Host says."""
    found = values_of(request.headers, "x-forwarded-host")
    return found[0] if found else forwarding.authority(selected, provider, request)


def absolute_host(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """With a dot at its end."""
    right = forwarding.authority(selected, provider, request)
    return right if ":" in right else f"{right}."


def rewritten_with_port(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """A rewritten Host gets the Backend's port."""
    right = forwarding.authority(selected, provider, request)
    return right if right.partition(":")[0] == provider.host else f"{right}:{provider.port}"


def rewritten_address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """To the port in X-Forwarded-Port, if there is one."""
    found = values_of(request.headers, "x-forwarded-port")
    return provider.host, int(found[0]) if found and found[0].isdigit() else provider.port


def server_named(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """To the host that the policy names."""
    return (provider.tls.server_name if provider.tls else provider.host), provider.port


REWRITING: tuple[Mutant, ...] = (
    gateway("path-slash-added", "A slash is put behind the path.", "path", _FULL, _OTHER, target=slash_added),
    gateway("path-lowered", "The path goes up in lower case.", "path", _FULL, _OTHER, target=lowered),
    gateway(
        "default-path-unversioned",
        "The default path lacks its /v1.",
        "path",
        "SEED table path: defaults to /v1/chat/completions",
        _OTHER,
        target=unversioned,
    ),
    gateway(
        "path-prefix-ignored",
        "pathPrefix is ignored.",
        "path",
        _PREFIX,
        _OTHER,
        only="agentgateway-1",
        target=without_prefix,
    ),
    gateway(
        "path-prefix-before-version",
        "pathPrefix is put before /v1 and not in its place.",
        "path",
        _PREFIX,
        _OTHER,
        only="agentgateway-1",
        target=doubled_prefix,
    ),
    gateway(
        "query-sorted",
        "The query is read and written anew.",
        "path",
        "RFC 3986 section 3.4",
        "the query string",
        target=sorted_query,
    ),
    gateway(
        "query-blanks-lost",
        "Query parameters without value are lost.",
        "path",
        "RFC 3986 section 3.4",
        "the query string",
        target=query_without_blanks,
    ),
    gateway(
        "default-path-loses-query",
        "With the default path the query is lost.",
        "path",
        "FACTS 6.1",
        "the query string",
        target=default_without_query,
    ),
    gateway(
        "configured-path-decoded",
        "A configured path is decoded.",
        "path",
        _FULL,
        "percent-encoding",
        target=decoded_full,
    ),
    gateway(
        "host-from-policy", "Host is the name that TLS verifies.", "host", "FACTS 6.2", _HOST, authority=name_of_tls
    ),
    gateway(
        "host-from-forwarded",
        "Host is what X-Forwarded-Host says.",
        "host",
        "FACTS 6.9",
        _HOST,
        authority=forwarded_host,
    ),
    gateway("host-absolute", "Host has a dot at its end.", "host", "RFC 9110, 7.2", _HOST, authority=absolute_host),
    gateway(
        "rewritten-host-with-port",
        "A rewritten Host gets the Backend's port.",
        "host",
        "GW HTTPURLRewriteFilter hostname",
        "the gateway put the port into Host",
        authority=rewritten_with_port,
    ),
    gateway(
        "port-from-forwarded",
        "X-Forwarded-Port decides where to connect.",
        "secrets",
        "FACTS 6.9",
        "it never connected to",
        address=rewritten_address,
    ),
    gateway(
        "address-from-policy",
        "The connection goes to the host that the policy names.",
        "host",
        "SEED table host",
        "it never connected to",
        address=server_named,
    ),
)
