"""The head of the request that goes up: path, authority, headers, credential."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from conformance.targets.reference.gateway.apis import CHAT, default_path, path_of
from conformance.targets.reference.gateway.config import (
    DEFAULT_PATH,
    Credential,
    GatewayConfig,
    HeaderModifier,
    LlmProvider,
    Passthrough,
    Redirect,
    UpstreamTls,
    UrlRewrite,
)
from conformance.targets.reference.gateway.messages import (
    ClientRequest,
    Headers,
    ProxyError,
    Selected,
    values_of,
    without,
)

__all__ = [
    "address",
    "authorise",
    "authority",
    "credential_of",
    "end_to_end",
    "further",
    "modified",
    "redirect_target",
    "rewritten_path",
    "target",
    "transport",
]

_HOP_BY_HOP = (
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)


def host_of(headers: Headers) -> str:
    """The host that a request asks for; empty without any. Raises ProxyError 400 when it names more than one."""
    hosts = values_of(headers, "host")
    if len(hosts) > 1:
        raise ProxyError(400, "invalid request")
    return hosts[0] if hosts else ""


def end_to_end(headers: Headers) -> Headers:
    """The headers without those meant for one connection only, also those that `Connection` names (RFC 9110, 7.6.1)."""
    named = [token.strip() for value in values_of(headers, "connection") for token in value.split(",")]
    return without(headers, (*_HOP_BY_HOP, *named))


def target(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Path and query that go up.

    `path.full` replaces the client's path and query (the page; FACTS D3). Without it a path rewritten by the route
    goes up (CASES 38), else the documented default; both keep the query, as agentgateway 1.4 does. To the default host
    it is always the default (agentgateway `set_default_path` without a host override, 0.10 and 1.4). A prefix of the
    Backend's takes the place of the default's /v1, whatever the route rewrites (FACTS 6.1). Other APIs than chat
    completions have endpoints of their own; where nothing says which, the default is OpenAI's.
    """
    default, query = DEFAULT_PATH, _query(provider.credential, request.query)
    if selected.api != CHAT:
        own = path_of(provider.apis, selected.api, rewritten_path(selected, request.path) or request.path)
        if own is not None:
            return own if own == provider.apis.path or query is None else f"{own}?{query}"
        default = default_path(selected.api)
    elif provider.path is not None:
        return provider.path
    if provider.path_prefix is not None:
        path = f"{provider.path_prefix.rstrip('/')}/chat/completions"
    else:
        path = (None if provider.default_host else rewritten_path(selected, request.path)) or default
    return path if query is None else f"{path}?{query}"


def _query(credential: Credential | Passthrough | None, query: str | None) -> str | None:
    """The client's query, and the key where that goes into it: a whole path of the Backend's leaves no query at all."""
    if not isinstance(credential, Credential) or credential.place != "query":
        return query
    kept = [one for one in parse_qsl(query or "", keep_blank_values=True) if one[0] != credential.header]
    return urlencode([*kept, (credential.header, credential.value)])


def rewritten_path(selected: Selected, path: str) -> str | None:
    """What the route's URLRewrite makes of a path; None where it leaves it."""
    for one in selected.filters:
        if isinstance(one, UrlRewrite) and (one.replace_full is not None or one.replace_prefix is not None):
            return _replaced(one, selected, path)
    return None


def _replaced(one: UrlRewrite | Redirect, selected: Selected, path: str) -> str:
    if one.replace_full is not None:
        return one.replace_full
    if one.replace_prefix is None:
        return path
    # What follows the prefix begins with a slash or is empty, and stays: /foo/ becomes /xyz/ (GW HTTPPathModifier).
    rest = path[len(selected.match.path.value.rstrip("/")) :]
    return one.replace_prefix.rstrip("/") + rest or "/"


def authority(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """The Host header that goes up.

    Exactly the route's URLRewrite hostname when there is one (the page, step 5), else the Backend's host, with the
    port unless that is the usual one, 443 by TLS and 80 in plaintext (CASES 69, 70, 152). What the client sent, only
    where a policy says so.
    """
    for one in selected.filters:
        if isinstance(one, UrlRewrite) and one.hostname:
            return one.hostname
    if any(isinstance(one, UrlRewrite) and one.keeps_host for one in selected.filters):
        return request.authority
    host = f"[{provider.host}]" if ":" in provider.host else provider.host
    usual = 80 if provider.tls is None else 443
    return host if provider.port == usual else f"{host}:{provider.port}"


def address(provider: LlmProvider, request: ClientRequest) -> tuple[str, int]:
    """The host and port to connect to: the Backend's, whatever the request says (CASES 71, 74)."""
    return provider.host, provider.port


def transport(provider: LlmProvider) -> UpstreamTls | None:
    """Whether and how to speak TLS: as the BackendTLSPolicy says; without one in plaintext, also to port 443."""
    return provider.tls


def credential_of(provider: LlmProvider, config: GatewayConfig) -> Credential | Passthrough | None:
    """The credential for a provider: its own."""
    return provider.credential


def authorise(headers: Headers, credential: Credential | Passthrough | None) -> Headers:
    """The headers with the Backend's key in its one place.

    A client's Authorization never goes up beside or instead of a Backend's key, whichever header that key has; nor
    does a client's own header of the key's name. Without a credential of the Backend, or with Passthrough, the
    client's stays. Raises ProxyError 503 for a key that no header can carry, with agentgateway 1.4's text.
    """
    if not isinstance(credential, Credential) or credential.place == "query":
        return headers
    if credential.place == "cookie":
        return _with_cookie(headers, credential)
    return (*without(headers, ("authorization", credential.header)), (credential.header, sendable(credential)))


def further(headers: Headers, credentials: tuple[Credential, ...]) -> Headers:
    """The headers with more keys, each in place of what has its header (agentgateway 1.4, apply_backend_auth)."""
    for one in credentials:
        headers = (*without(headers, (one.header,)), (one.header, sendable(one)))
    return headers


def sendable(credential: Credential) -> str:
    """A header's value as it goes out. Raises ProxyError 503 where none can be."""
    value = f"{credential.prefix}{credential.glue}{credential.value}" if credential.prefix else credential.value
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ProxyError(503, "processing failed: failed to parse header value")
    # A key beyond Latin-1 is sent as its UTF-8 bytes.
    return value.encode("utf-8").decode("latin-1")


def _with_cookie(headers: Headers, credential: Credential) -> Headers:
    """One cookie more, in place of those of its name, all in one line (agentgateway 1.4, set_request_cookie)."""
    cookies = [one.strip() for line in values_of(headers, "cookie") for one in line.split(";") if one.strip()]
    kept = [one for one in cookies if one.partition("=")[0] != credential.header]
    return (*without(headers, ("cookie",)), ("cookie", "; ".join([*kept, f"{credential.header}={credential.value}"])))


def modified(headers: Headers, selected: Selected, of: str) -> Headers:
    """The headers after the route's RequestHeaderModifier or ResponseHeaderModifier filters."""
    for one in selected.filters:
        if isinstance(one, HeaderModifier) and one.of == of:
            headers = without(headers, (*(name for name, _ in one.set), *one.remove))
            headers = (*headers, *one.set, *one.add)
    return headers


def redirect_target(selected: Selected, request: ClientRequest) -> tuple[int, str] | None:
    """Status and Location when the route redirects, else None."""
    for one in selected.filters:
        if isinstance(one, Redirect):
            scheme = one.scheme or "http"
            host, _, port = request.authority.partition(":")
            shown_port = str(one.port) if one.port else "" if one.scheme else port
            shown_port = "" if (scheme, shown_port) in (("http", "80"), ("https", "443")) else shown_port
            place = f"{one.hostname or host}{':' if shown_port else ''}{shown_port}"
            query = "" if request.query is None else f"?{request.query}"
            path = quote(_replaced(one, selected, request.path), safe="/%:@!$&'()*+,;=~-._")
            return one.status, f"{scheme}://{place}{path}{query}"
    return None
