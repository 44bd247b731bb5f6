"""Which API a request is for, by `policies.ai.routes`, and where its endpoint is; of the oracle.

Source: agentgateway 1.4 `BackendAI.Routes` (suffixes by ends-with, `*` for any, else Completions), `RouteType`,
`LLMProvider.pathPrefix`, `CustomProviderSettings.formats` (comments); its proxy for what a suffix is compared with
(the path as the route's filters leave it) and which of several counts (the longest).
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.manifests.dialects.in_force import in_force, value_at
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Origin, Route, Rule

__all__ = ["AS_IS", "CHAT", "SUFFIXES", "chat_suffix", "endpoint_path", "is_translated", "kind_of", "routes_of"]

CHAT = "Completions"
AS_IS = ("Passthrough", "Detect")
"""What goes up as the client sent it, key and host apart."""

SUFFIXES: Mapping[str, str] = {
    CHAT: "/chat/completions",
    "Responses": "/responses",
    "Embeddings": "/embeddings",
    "Rerank": "/rerank",
    "Realtime": "/realtime",
    "Messages": "/messages",
    "AnthropicTokenCount": "/messages/count_tokens",
}
_BASE = "/v1"
_ANTHROPICS = ("Messages", "AnthropicTokenCount")


def routes_of(
    configuration: Configuration, backend: Backend, llm: Llm, route: Route | None, rule: Rule | None
) -> tuple[Mapping[str, str], Origin] | None:
    """What `ai.routes` says that is in force for requests by a rule to a provider, and where it stands."""
    for one in in_force(configuration, backend, llm, route, rule):
        if (one.part, one.field) == ("backend", "ai.routes"):
            found = value_at(one.origin)
            return ({str(suffix): str(kind) for suffix, kind in found.items()}, one.origin) if found else None
    return None


def kind_of(routes: Mapping[str, str], path: str) -> str:
    """The API that a path, without query, is of."""
    fitting = [suffix for suffix in routes if suffix != "*" and path.endswith(suffix)]
    return routes[max(fitting, key=len)] if fitting else routes.get("*", CHAT)


def chat_suffix(routes: Mapping[str, str]) -> str:
    """How a path has to end that is to be of chat completions; empty where any will do, or none."""
    if routes.get("*", CHAT) == CHAT:
        return ""
    return next((suffix for suffix, kind in routes.items() if kind == CHAT), "")


def is_translated(llm: Llm, kind: str) -> bool:
    """Whether the gateway makes a request of another API of it, or answers by itself: how, is not known here."""
    native = {name for name, _ in llm.formats} if llm.provider == "custom" else {*SUFFIXES} - {*_ANTHROPICS}
    return kind in SUFFIXES and kind not in native


def endpoint_path(llm: Llm, kind: str, path: str) -> str | None:
    """The path upstream, without query, of a request with this path; None: what holds for chat completions does.

    A whole path of the Backend's is that of every API. What goes up as it is keeps its path, but for the base that a
    prefix takes the place of.
    """
    if llm.path is not None and not any(own for _, own in llm.formats):
        return llm.path
    if kind in AS_IS:
        if llm.prefix is None:
            return path
        rest = path.removeprefix(_BASE) if path == _BASE or path.startswith(f"{_BASE}/") else path
        if llm.provider == "custom":
            rest = path
        return f"{llm.prefix.rstrip('/')}{rest}"
    if kind == CHAT:
        return None
    own = dict(llm.formats).get(kind)
    if own is not None:
        return own
    # Kinds that the API does not have it refuses.
    if kind in SUFFIXES and (llm.prefix is not None or llm.provider == "custom"):
        return f"{(llm.prefix or _BASE).rstrip('/')}{SUFFIXES[kind]}"
    return None
