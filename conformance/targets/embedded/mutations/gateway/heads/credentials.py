"""Defects in keys on their way up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import Credential, GatewayConfig, LlmProvider, Passthrough
from conformance.targets.reference.gateway.messages import Headers, values_of, without

__all__ = ["CREDENTIALS"]

Auth = Credential | Passthrough | None

Authorise = Callable[[Headers, Auth], Headers]

_TOKEN = "SEED table authToken"

_ANOTHER = "the gateway sent another credential than configured"

_END_TO_END = "RFC 9110 7.6; FACTS 6.9"


def _of_value(change: Callable[[str], str]) -> Authorise:
    """Changes the key itself."""

    def authorise(headers: Headers, credential: Auth) -> Headers:
        if isinstance(credential, Credential):
            credential = replace(credential, value=change(credential.value))
        return forwarding.authorise(headers, credential)

    return authorise


def _of_credential(change: Callable[[Credential], Credential]) -> Authorise:
    """Changes what is around the key."""
    return lambda headers, one: forwarding.authorise(headers, change(one) if isinstance(one, Credential) else one)


def in_second_header(headers: Headers, credential: Auth) -> Headers:
    """The key stands in x-api-key, too."""
    done = forwarding.authorise(headers, credential)
    if not isinstance(credential, Credential) or values_of(done, "x-api-key"):
        return done
    return (*done, ("x-api-key", credential.value))


def client_kept_beside_other(headers: Headers, credential: Auth) -> Headers:
    """The client's Authorization stays where the key has another header."""
    done = forwarding.authorise(headers, credential)
    if not isinstance(credential, Credential) or credential.header.lower() == "authorization":
        return done
    return (*done, *(("authorization", value) for value in values_of(headers, "authorization")))


def clients_own_header(headers: Headers, credential: Auth) -> Headers:
    """What the client sends in the key's header stays in front of it, but in Authorization."""
    done = forwarding.authorise(headers, credential)
    if not isinstance(credential, Credential) or credential.header.lower() == "authorization":
        return done
    kept = [(credential.header, value) for value in values_of(headers, credential.header)]
    return (*kept, *done)


def keyless_passthrough(headers: Headers, credential: Auth) -> Headers:
    """With Passthrough only Bearer tokens pass."""
    if not isinstance(credential, Passthrough):
        return forwarding.authorise(headers, credential)
    bearers = [value for value in values_of(headers, "authorization") if value.startswith("Bearer ")]
    return (*without(headers, ("authorization",)), *(("authorization", value) for value in bearers))


def first_only() -> Callable[[LlmProvider, GatewayConfig], Auth]:
    """Each provider's first request has the key, the later ones have none."""
    known: set[str] = set()

    def of(provider: LlmProvider, config: GatewayConfig) -> Auth:
        if provider.name in known and isinstance(provider.credential, Credential):
            return None
        known.add(provider.name)
        return provider.credential

    return of


def last_seen() -> Callable[[LlmProvider, GatewayConfig], Auth]:
    """The key of the request before, if that was for another provider of the same host's domain."""
    before: list[LlmProvider] = []

    def of(provider: LlmProvider, config: GatewayConfig) -> Auth:
        last = before[-1] if before else provider
        before[:] = [provider]
        alike = last.host.split(".")[-2:] == provider.host.split(".")[-2:] and last.port == provider.port
        return last.credential if alike and isinstance(last.credential, Credential) else provider.credential

    return of


CREDENTIALS: tuple[Mutant, ...] = (
    gateway(
        "key-in-second-header", "The key stands in x-api-key, too.", "auth", _TOKEN, "key", authorise=in_second_header
    ),
    gateway(
        "key-cut",
        "Keys are cut after 16 characters.",
        "auth",
        _TOKEN,
        _ANOTHER,
        authorise=_of_value(lambda one: one[:16]),
    ),
    gateway("key-lowered", "Keys go up in lower case.", "auth", _TOKEN, _ANOTHER, authorise=_of_value(str.lower)),
    gateway(
        "key-encoded",
        "Keys go up as base64, as Secrets hold them.",
        "auth",
        _TOKEN,
        _ANOTHER,
        authorise=_of_value(lambda one: base64.b64encode(one.encode()).decode()),
    ),
    gateway(
        "scheme-lowered",
        "Bearer is written in lower case.",
        "auth",
        _TOKEN,
        _ANOTHER,
        authorise=_of_credential(lambda one: replace(one, prefix=one.prefix.lower())),
    ),
    gateway(
        "scheme-glued",
        "Nothing stands between Bearer and the key.",
        "auth",
        _TOKEN,
        _ANOTHER,
        authorise=_of_credential(lambda one: replace(one, glue="")),
    ),
    gateway(
        "scheme-missing",
        "The key goes up without Bearer.",
        "auth",
        _TOKEN,
        _ANOTHER,
        authorise=_of_credential(lambda one: replace(one, prefix="")),
    ),
    gateway(
        "key-header-underscored",
        "Dashes in the name of the key's header become underscores.",
        "auth",
        "API AuthHeader.headerName",
        "the gateway sent no key",
        authorise=_of_credential(lambda one: replace(one, header=one.header.replace("-", "_"))),
    ),
    gateway(
        "client-key-beside-other-header",
        "The client's Authorization goes up where the key has another header.",
        "auth",
        "AGW apply_backend_auth",
        "the client's own Authorization was forwarded beside the key",
        authorise=client_kept_beside_other,
    ),
    gateway(
        "client-key-in-same-header",
        "What the client sends in the key's own header goes up beside it.",
        "auth",
        "AGW apply_backend_auth",
        "the client's own key was forwarded beside",
        authorise=clients_own_header,
    ),
    gateway(
        "passthrough-bearer-only",
        "With Passthrough only Bearer tokens pass.",
        "auth",
        "API SingleAuthToken.kind Passthrough",
        "the gateway sent no key",
        authorise=keyless_passthrough,
    ),
    made(
        "key-sent-once",
        "Only a provider's first request gets the key.",
        "auth",
        _TOKEN,
        "the gateway sent no key",
        "credential_of",
        first_only,
    ),
    made(
        "key-of-request-before",
        "A request gets the key of the one before, to another host of the same domain.",
        "auth",
        _TOKEN,
        "the key of another provider was sent",
        "credential_of",
        last_seen,
    ),
)
