"""Who is left out, after what, for how long, and who is chosen instead."""

from __future__ import annotations

import pytest

from conformance.targets.reference.gateway.config import Eviction, LlmBackend, LlmProvider
from conformance.targets.reference.gateway.health import Health, is_unhealthy


@pytest.mark.parametrize(
    ("condition", "unhealthy"),
    [
        ("", [500, 503, None]),
        ("response.code == 429", [429]),
        ("response.code >= 500 || response.code == 429", [429, 500, 503, None]),
        ("response.code > 500 && response.code != 503", []),
        ("response.headers['x'] == 'y'", [500, 503, None]),
    ],
)
def test_what_counts_as_failure(condition: str, unhealthy: list[int | None]) -> None:
    policy = Eviction(condition=condition)
    assert [one for one in (200, 404, 429, 500, 503, None) if is_unhealthy(policy, one)] == unhealthy


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def provider(name: str, eviction: Eviction | None = None) -> LlmProvider:
    return LlmProvider(name, f"{name}.test", 443, eviction=eviction)


def names(backend: LlmBackend) -> list[str]:
    (group,) = backend.groups
    return [one.name for one in group]


def test_a_group_is_left_when_all_of_it_are_out_and_for_longer_each_time() -> None:
    clock = Clock()
    health = Health(is_unhealthy, clock)
    policy = Eviction(failures=2, seconds=10)
    a, b, c = provider("a", policy), provider("b", policy), provider("c")
    backend = LlmBackend("x", ((a, b), (c,)))
    for status in (500, 200, 500):
        health.note(a, status)
    assert names(health.active(backend)) == ["a", "b"]
    health.note(a, None)
    assert names(health.active(backend)) == ["b"]
    health.note(b, 500)
    health.note(b, 500)
    assert names(health.active(backend)) == ["c"]
    clock.time += 10
    assert names(health.active(backend)) == ["a", "b"]
    health.note(a, 500)
    clock.time += 10
    assert names(health.active(backend)) == ["b"]


def test_who_has_no_policy_is_never_left_out() -> None:
    health = Health(is_unhealthy)
    alone = provider("a")
    for _ in range(5):
        health.note(alone, 503)
    assert names(health.active(LlmBackend("x", ((alone,), (provider("b"),))))) == ["a"]


def test_where_all_are_out_the_first_group_is_asked_all_the_same() -> None:
    health = Health(is_unhealthy)
    a, b = provider("a", Eviction()), provider("b", Eviction())
    for one in (a, b):
        health.note(one, 503)
    assert names(health.active(LlmBackend("x", ((a,), (b,))))) == ["a"]
