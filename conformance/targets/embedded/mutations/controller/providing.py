"""Defects in what is read of a Backend's provider and of the policies on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Object
from conformance.targets.reference.gateway.config import LlmProvider

__all__ = ["PROVIDING"]

_NEXT = "agentgateway-1"


def port_by_tls(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A Backend's port counts only where it is 80 or 443."""
    return provider if provider.port in (80, 443) else replace(provider, port=443)


def named_by_path(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A path without version gets one."""
    path = provider.path
    return replace(provider, path=f"/v1{path}") if path and "/v" not in path else provider


def short_path(provider: LlmProvider, llm: Object) -> LlmProvider:
    """Paths without a slash at their end lose their last part."""
    return replace(provider, path=provider.path.removesuffix("/completions")) if provider.path else provider


def queryless_path(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A query in a configured path is lost."""
    return replace(provider, path=provider.path.partition("?")[0]) if provider.path else provider


def hostless(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A host in capitals or with a dot at its end is written as names usually are, and the port forgotten."""
    plain = provider.host.lower().rstrip(".")
    return provider if plain == provider.host else replace(provider, host=plain, port=443)


def no_body_changes(provider: LlmProvider, llm: Object) -> LlmProvider:
    """Overrides, defaults, aliases and prompts of policies have no effect."""
    return replace(provider, body=type(provider.body)())


def _of_body(**changes: Any) -> Callable[[LlmProvider, Object], LlmProvider]:
    return lambda provider, llm: replace(provider, body=replace(provider.body, **changes))


def overrides_as_defaults(provider: LlmProvider, llm: Object) -> LlmProvider:
    """Overrides count only where the client says nothing."""
    body = provider.body
    return replace(provider, body=replace(body, overrides=(), defaults=(*body.defaults, *body.overrides)))


def defaults_as_overrides(provider: LlmProvider, llm: Object) -> LlmProvider:
    """Defaults count whatever the client says."""
    body = provider.body
    return replace(provider, body=replace(body, defaults=(), overrides=(*body.overrides, *body.defaults)))


PROVIDING: tuple[Mutant, ...] = (
    steered(
        "unusual-port-ignored",
        "Ports other than 80 and 443 do not count.",
        "host",
        "SEED table port",
        "it never connected to",
        provider=port_by_tls,
    ),
    steered(
        "version-put-before",
        "A path without version gets one.",
        "path",
        "SEED table path",
        "the gateway made another path than configured",
        provider=named_by_path,
    ),
    steered(
        "path-shortened",
        "A configured path loses /completions.",
        "path",
        "SEED table path",
        "the gateway made another path than configured",
        provider=short_path,
    ),
    steered(
        "query-of-path-lost",
        "A query in a configured path is lost.",
        "path",
        "SEED table path",
        "the query string",
        provider=queryless_path,
    ),
    steered(
        "unusual-host-forgets-port",
        "With a host in capitals or with a dot the port is forgotten.",
        "host",
        "SEED table host",
        "it never connected to",
        provider=hostless,
    ),
    steered(
        "body-policies-ignored",
        "Overrides, defaults and prompts of policies have no effect.",
        "body",
        "API BackendAI",
        "of the client's request",
        only=_NEXT,
        provider=no_body_changes,
    ),
    steered(
        "overrides-ignored",
        "Overrides of policies have no effect.",
        "body",
        "API BackendAI.overrides",
        "of the client's request",
        only=_NEXT,
        provider=_of_body(overrides=()),
    ),
    steered(
        "defaults-ignored",
        "Defaults of policies have no effect.",
        "body",
        "API BackendAI.defaults",
        "of the client's request",
        only=_NEXT,
        provider=_of_body(defaults=()),
    ),
    steered(
        "aliases-ignored",
        "Aliases of models have no effect.",
        "model",
        "API BackendAI.modelAliases",
        "another model than configured",
        only=_NEXT,
        provider=_of_body(aliases=()),
    ),
    steered(
        "prompts-ignored",
        "Prompts of policies are not put before the messages.",
        "body",
        "API BackendAI.prompt",
        "messages",
        only=_NEXT,
        provider=_of_body(before=()),
    ),
    steered(
        "overrides-as-defaults",
        "Overrides count only where the client says nothing.",
        "body",
        "API BackendAI.overrides",
        "of the client's request",
        only=_NEXT,
        provider=overrides_as_defaults,
    ),
    steered(
        "defaults-as-overrides",
        "Defaults count whatever the client says.",
        "body",
        "API BackendAI.defaults",
        "of the client's request",
        only=_NEXT,
        provider=defaults_as_overrides,
    ),
)
