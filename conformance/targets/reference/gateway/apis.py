"""The APIs of a provider: which a request is for, and where that is upstream.

Source: agentgateway 1.4, `Policy::resolve_route`, `AIProvider::set_default_path`.
"""

from __future__ import annotations

from conformance.core.startup.records import dataclass

__all__ = ["AS_IS", "CHAT", "NO_MODELS", "NO_MODELS_HEADERS", "OPENAIS", "Apis", "api_of", "default_path", "path_of"]

CHAT = "Completions"
AS_IS = frozenset({"Passthrough", "Detect"})
"""What is not looked at: the body goes up as it came, and so comes the answer."""
NO_MODELS = b'{"error":"Route \'Models\' not implemented"}'
NO_MODELS_HEADERS = (("content-type", "application/json"), ("content-length", str(len(NO_MODELS))))
"""What is answered with 501: agentgateway 1.4 has no list of models."""

OPENAIS = {CHAT: "/chat/completions", "Responses": "/responses", "Embeddings": "/embeddings", "Rerank": "/rerank"}
_ANTHROPICS = {"Messages": "/messages", "AnthropicTokenCount": "/messages/count_tokens"}


@dataclass(frozen=True, slots=True)
class Apis:
    """What a provider's configuration says of APIs: by which end of a path each is asked for, longest first.

    `path` is the one for all of them, `prefix` what goes before. `formats` are those of a custom provider, each with
    the path of its own, if it has one; None: those of OpenAI.
    """

    routes: tuple[tuple[str, str], ...] = ()
    path: str | None = None
    prefix: str | None = None
    formats: tuple[tuple[str, str | None], ...] | None = None


def api_of(apis: Apis, path: str) -> str:
    """The API that a request is for, by its path as the route has left it."""
    anything = CHAT
    for suffix, api in apis.routes:
        if suffix == "*":
            anything = api
        elif path.endswith(suffix):
            return api
    return anything


def path_of(apis: Apis, api: str, path: str) -> str | None:
    """The path upstream of an API; None where nothing is configured that says so."""
    if apis.path is not None:
        return apis.path
    prefix = apis.prefix.rstrip("/") if apis.prefix is not None else None
    if api in AS_IS:
        if prefix is None:
            return path
        based = apis.formats is None and (path == "/v1" or path.startswith("/v1/"))
        return prefix + (path[len("/v1") :] if based else path)
    own = dict(apis.formats or ()).get(api)
    if own is not None:
        return own
    if prefix is None:
        if apis.formats is None:
            return None
        prefix = "/v1"
    return prefix + default_path(api).removeprefix("/v1")


def default_path(api: str) -> str:
    """OpenAI's endpoint of an API, or Anthropic's."""
    return "/v1" + {**OPENAIS, **_ANTHROPICS}.get(api, OPENAIS[CHAT])
