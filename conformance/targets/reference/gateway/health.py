"""Which providers are left out for a while because they failed, where a health policy says so.

Source: agentgateway v1.4.1, API `Health` and http/health.rs. Without such a policy nothing leads to the next priority
group; and who is left out is so for the requests after the one that failed, which is not tried again.
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from conformance.targets.reference.gateway.config import Eviction, LlmBackend, LlmProvider

__all__ = ["Health", "is_unhealthy"]

_COMPARED = re.compile(r"\s*response\.code\s*(==|!=|>=|<=|>|<)\s*(\d{3})\s*")
_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_UNREACHABLE = 503


def is_unhealthy(eviction: Eviction, status: int | None) -> bool:
    """Whether an answer, or that none came (None), counts as failure.

    Of conditions those about `response.code` are understood; others are taken for the default, any 5xx.
    """
    code = _UNREACHABLE if status is None else status
    terms = [[_COMPARED.fullmatch(one) for one in each.split("&&")] for each in eviction.condition.split("||")]
    if not all(one for term in terms for one in term):
        return code >= 500
    return any(all(_OPERATORS[one[1]](code, int(one[2])) for one in term if one) for term in terms)


@dataclass
class _State:
    failures: int = 0
    times: int = 0
    until: float = 0.0


class Health:
    """What became of the providers' last requests."""

    def __init__(
        self, unhealthy: Callable[[Eviction, int | None], bool], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._unhealthy = unhealthy
        self._now = now
        self._states: dict[str, _State] = {}

    def active(self, backend: LlmBackend) -> LlmBackend:
        """A Backend with the providers that may be chosen: of the first group that has any left, else of the first."""
        now = self._now()
        groups = [tuple(one for one in group if self._state(one).until <= now) for group in backend.groups]
        return replace(backend, groups=(next((one for one in groups if one), backend.groups[0]),))

    def note(self, provider: LlmProvider, status: int | None) -> None:
        """What a provider answered; None: nothing."""
        if provider.eviction is None:
            return
        state = self._state(provider)
        if not self._unhealthy(provider.eviction, status):
            state.failures = 0
            return
        state.failures += 1
        if state.failures >= provider.eviction.failures:
            state.times += 1
            state.until = self._now() + provider.eviction.seconds * state.times

    def _state(self, provider: LlmProvider) -> _State:
        return self._states.setdefault(provider.name, _State())
