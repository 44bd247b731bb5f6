"""Defects in whose key goes up, and in which provider is asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import (
    Credential,
    GatewayConfig,
    LlmBackend,
    LlmProvider,
    Passthrough,
)
from conformance.targets.reference.gateway.messages import Headers, values_of, without

__all__ = ["KEYS"]

Auth = Credential | Passthrough | None


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


def key_by_host() -> Callable[[LlmProvider, GatewayConfig], Auth]:
    """The key that was first sent to a host."""
    known: dict[str, Auth] = {}
    return lambda provider, config: known.setdefault(provider.host, provider.credential)


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


KEYS: tuple[Mutant, ...] = (
    gateway(
        "key-not-sent",
        "No key goes up.",
        "auth",
        "SEED table authToken",
        "the gateway sent no key",
        authorise=without_key,
    ),
    gateway(
        "key-placeholder-sent",
        "The key's placeholder goes up in its place.",
        "auth",
        "SEED table authToken",
        "a placeholder was sent where the key belongs",
        authorise=placeholder,
    ),
    gateway(
        "client-key-forwarded-beside",
        "The client's Authorization goes up beside the key.",
        "auth",
        "SEED table authToken; AGW apply_backend_auth",
        "the client's own key was forwarded beside",
        authorise=both_keys,
    ),
    gateway(
        "client-key-blocks-injection",
        "A client's own token keeps the key from being sent.",
        "auth",
        "SEED table authToken; AGW apply_backend_auth",
        "the client's own key was forwarded in place of",
        authorise=client_first,
    ),
    gateway(
        "duplicate-authorization-kept",
        "Only one of the client's Authorization headers is replaced.",
        "auth",
        "SEED table authToken; AGW apply_backend_auth",
        "the client's own key was forwarded beside",
        authorise=one_removed,
    ),
    gateway(
        "passthrough-stripped",
        "With Passthrough the client's token does not go up.",
        "auth",
        "API SingleAuthToken.kind Passthrough",
        "the gateway sent no key",
        authorise=nothing_passes,
    ),
    gateway(
        "wrong-provider-key",
        "One provider's key is sent to another.",
        "auth",
        "SEED table authToken",
        "the key of another provider was sent",
        credential_of=others_key,
    ),
    made(
        "key-mixed-under-load",
        "Some requests get another provider's key.",
        "auth",
        "SEED Mistral, DeepSeek: both behind one Gateway",
        "the key of another provider was sent",
        "credential_of",
        sometimes_others_key,
        share=1 / 7,
    ),
    made(
        "key-by-host",
        "Keys are remembered by the provider's host.",
        "auth",
        "SEED table authToken",
        "the key of another provider was sent",
        "credential_of",
        key_by_host,
    ),
    gateway(
        "hop-by-hop-forwarded",
        "Headers meant for one connection go up.",
        "auth",
        "RFC 9110 7.6.1",
        "sent a header",
        end_to_end=hops_kept,
    ),
    gateway(
        "client-headers-dropped",
        "The client's other headers do not go up.",
        "auth",
        "RFC 9110 7.6; FACTS 6.9",
        "did not pass on the client's header",
        end_to_end=custom_dropped,
    ),
    gateway(
        "no-failover",
        "A provider that fails is never left out.",
        "isolation",
        "API AIBackend.groups, BackendFull.health; FACTS 8",
        "was not tried",
        is_unhealthy=lambda eviction, status: False,
        only="agentgateway-1",
    ),
    gateway(
        "request-sent-twice",
        "Each request goes up twice.",
        "errors",
        "RFC 9110 section 9.2.2",
        "sent the request 2 times",
        provider_order=twice,
        tries_next=lambda status: True,
    ),
)
