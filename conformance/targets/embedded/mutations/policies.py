"""Defects in what is made of AgentgatewayPolicies, and of the keys that newer Backends have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import steered
from conformance.targets.reference.controller.attached import Fields, with_traffic
from conformance.targets.reference.controller.view import Object
from conformance.targets.reference.gateway.config import Credential, LlmProvider

__all__ = ["POLICIES"]


def _without(field: str) -> Callable[[Object, Fields], Object]:
    """A rule with all that policies say but this."""
    return lambda rule, said: with_traffic(rule, {name: one for name, one in said.items() if name != field})


def requests_only(rule: Object, said: Fields) -> Object:
    """Transformations of answers are left out."""
    namespace, both = said.get("transformation", ("", {}))
    kept = {side: changes for side, changes in both.items() if side != "response"}
    return with_traffic(rule, {**said, "transformation": (namespace, kept)})


def one_key(provider: LlmProvider, llm: Object) -> LlmProvider:
    """The Backend's own key, and no other."""
    return replace(provider, further=())


def in_authorization(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A key that belongs elsewhere goes into Authorization."""
    credential = provider.credential
    if not isinstance(credential, Credential) or credential.place == "header":
        return provider
    return replace(provider, credential=Credential("Authorization", "Bearer", credential.value))


POLICIES = (
    steered(
        "transformation-ignored",
        "A policy's transformation has no effect.",
        with_traffic=_without("transformation"),
    ),
    steered("answers-not-transformed", "A policy transforms requests only.", with_traffic=requests_only),
    steered(
        "direct-response-ignored", "A policy's directResponse is ignored.", with_traffic=_without("directResponse")
    ),
    steered("callers-not-asked", "API keys are asked of nobody.", with_traffic=_without("apiKeyAuthentication")),
    steered("host-rewrite-ignored", "A policy's hostRewrite is ignored.", with_traffic=_without("hostRewrite")),
    steered("further-keys-ignored", "auth.credentials are not sent.", provider=one_key),
    steered("key-location-ignored", "Keys for the query or a cookie go into a header.", provider=in_authorization),
)
