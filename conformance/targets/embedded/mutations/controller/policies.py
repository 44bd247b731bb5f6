"""Defects in what is made of AgentgatewayPolicies, and of the keys that newer Backends have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.attached import Fields, merged, with_traffic
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


def with_blank(provider: LlmProvider, llm: Object) -> LlmProvider:
    """A prefix without a blank gets one."""
    found = provider.credential
    if not isinstance(found, Credential) or not found.prefix or found.glue or found.prefix.endswith(" "):
        return provider
    return replace(provider, credential=replace(found, glue=" "))


def bare_of_any_entry(provider: LlmProvider, llm: Object) -> LlmProvider:
    """`Bearer ` is no part of a key, whatever its name in the Secret is."""
    found = provider.credential
    if not isinstance(found, Credential):
        return provider
    return replace(provider, credential=replace(found, value=found.value.removeprefix("Bearer ")))


POLICIES: tuple[Mutant, ...] = (
    steered(
        "blank-put-behind-prefix",
        "A prefix of auth.location without a blank gets one.",
        "auth",
        "API BackendAuth.location, header.prefix; FACTS 6.3",
        "another credential than configured",
        provider=with_blank,
        only="agentgateway-1",
    ),
    steered(
        "bearer-stripped-of-any-entry",
        "`Bearer ` is taken from a key of whatever name in its Secret.",
        "auth",
        "API BackendAuth.secretRef (`Bearer ` is stripped only from the default Authorization key)",
        "another credential than configured",
        provider=bare_of_any_entry,
        only="agentgateway-1",
    ),
    steered(
        "policy-key-before-own",
        "What policies say of a Backend goes before what it says itself.",
        "auth",
        "API agentgateway 1.4, AgentgatewayPolicySpec.backend; FACTS 4.1",
        "goes before what policies say",
        below_own=lambda around, own: merged(own, *around),
        only="agentgateway-1",
    ),
    steered(
        "transformation-ignored",
        "A policy's transformation has no effect.",
        "routing",
        "API AgentgatewayPolicy traffic.transformation",
        "did not pass on the client's header x-set",
        with_traffic=_without("transformation"),
        only="agentgateway-1",
    ),
    steered(
        "answers-not-transformed",
        "A policy transforms requests only.",
        "routing",
        "API AgentgatewayPolicy traffic.transformation",
        "response header x-set",
        with_traffic=requests_only,
        only="agentgateway-1",
    ),
    steered(
        "direct-response-ignored",
        "A policy's directResponse is ignored.",
        "routing",
        "API AgentgatewayPolicy traffic.directResponse",
        "although a policy has it answer directly",
        with_traffic=_without("directResponse"),
        only="agentgateway-1",
    ),
    steered(
        "callers-not-asked",
        "API keys are asked of nobody.",
        "auth",
        "API AgentgatewayPolicy traffic.apiKeyAuthentication",
        "although clients need a key",
        with_traffic=_without("apiKeyAuthentication"),
        only="agentgateway-1",
    ),
    steered(
        "host-rewrite-ignored",
        "A policy's hostRewrite is ignored.",
        "host",
        "API AgentgatewayPolicy traffic.hostRewrite",
        "another Host than configured",
        with_traffic=_without("hostRewrite"),
        only="agentgateway-1",
    ),
    steered(
        "further-keys-ignored",
        "auth.credentials are not sent.",
        "auth",
        "API BackendAuth.credentials",
        "one of several keys did not arrive",
        provider=one_key,
        only="agentgateway-1",
    ),
    steered(
        "key-location-ignored",
        "Keys for the query or a cookie go into a header.",
        "auth",
        "API BackendAuth.location",
        "did not arrive in the",
        provider=in_authorization,
        only="agentgateway-1",
    ),
)
