"""Defects in what the gateway does where it has no answer, or a bad one."""

from __future__ import annotations

from collections.abc import Callable

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import LlmBackend, LlmProvider
from conformance.targets.reference.gateway.messages import ProxyError

__all__ = ["REFUSALS"]


def _refusal(change: Callable[[ProxyError], ProxyError]) -> Callable[[ProxyError, LlmProvider | None], ProxyError]:
    return lambda refusal, provider: change(refusal)


def twice(backend: LlmBackend, turn: int) -> list[LlmProvider]:
    """The same provider once more."""
    return [backend.groups[0][0]] * 2


def _own(old: int, new: int) -> Callable[[ProxyError, LlmProvider | None], ProxyError]:
    return _refusal(lambda one: ProxyError(new, one.text, one.headers) if one.status == old else one)


def cut_short(refusal: ProxyError) -> ProxyError:
    """As many bytes as the text has characters."""
    return ProxyError(
        refusal.status, refusal.text.encode()[: len(refusal.text)].decode(errors="ignore"), refusal.headers
    )


REFUSALS: tuple[Mutant, ...] = (
    gateway(
        "retried-on-500",
        "A request goes up again when the provider answers 500 or 503.",
        "errors",
        "RFC 9110 section 9.2.2",
        "the gateway sent the request 2 times",
        provider_order=twice,
        tries_next=lambda status: status in (500, 503),
    ),
    gateway(
        "retried-on-429",
        "A request goes up again when the provider answers 429 or 503.",
        "errors",
        "RFC 9110 section 9.2.2",
        "the gateway sent the request 2 times",
        provider_order=twice,
        tries_next=lambda status: status in (429, 503),
    ),
    gateway(
        "own-errors-cut",
        "The length of the gateway's own errors counts characters, not bytes.",
        "errors",
        "RFC 9110 section 8.6",
        "a part of the gateway's own error",
        refused=_refusal(cut_short),
    ),
    gateway(
        "unreachable-is-502",
        "A provider that cannot be reached is answered with 502.",
        "errors",
        "FACTS 2.3, 6.6",
        "502",
        refused=_own(503, 502),
    ),
    gateway(
        "timeout-is-500",
        "A timeout is answered with 500.",
        "errors",
        "GW HTTPRouteTimeouts.request",
        "answered 500 instead of 504",
        refused=_own(504, 500),
    ),
    gateway(
        "no-route-is-503",
        "A request that no route is for is answered with 503.",
        "routing",
        "GW HTTPRoute",
        "the gateway answered 503 instead of 404",
        refused=_own(404, 503),
    ),
    gateway(
        "no-route-is-200",
        "A request that no route is for is answered with 200.",
        "routing",
        "GW HTTPRoute",
        "the gateway answered 200 instead of 404",
        refused=_own(404, 200),
    ),
)
