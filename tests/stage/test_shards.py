"""Shards of a run: together they play every test once, in shares of nearly equal length."""

from __future__ import annotations

import random

import pytest

from conformance.core.problems import InputProblem
from conformance.stage.arrangement.shards import Shard, plays, shard_named

TESTS = {f"a.py::test_{number}[mistral]": f"scene-{number // 7}" for number in range(60)}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 70])
def test_every_test_is_in_one_shard_whatever_the_order(count: int) -> None:
    other = [*TESTS]
    random.Random(count).shuffle(other)
    shares = [plays(Shard(index, count), TESTS) for index in range(1, count + 1)]
    assert shares == [plays(Shard(index, count), {one: TESTS[one] for one in other}) for index in range(1, count + 1)]
    assert sorted(one for share in shares for one in share) == sorted(TESTS)
    assert max(map(len, shares)) - min(map(len, shares)) <= 7


def test_a_scene_stands_on_one_shard_unless_it_is_longer_than_a_share() -> None:
    scenes = [{TESTS[one] for one in plays(Shard(index, 4), TESTS)} for index in range(1, 5)]
    assert sum(map(len, scenes)) == len(set(TESTS.values()))
    alone = [plays(Shard(index, 4), dict.fromkeys(TESTS, "one")) for index in range(1, 5)]
    assert {len(one) for one in alone} == {15}


def test_times_of_an_earlier_run_make_shares_equal() -> None:
    long, *_ = TESTS
    taken = {one.rpartition("::")[2]: 1.0 for one in TESTS} | {long.rpartition("::")[2]: 20.0}
    shares = [plays(Shard(index, 4, taken), TESTS) for index in range(1, 5)]
    (with_long,) = [one for one in shares if long in one]
    assert len(with_long) == 1
    assert all(17 <= len(one) <= 22 for one in shares if long not in one)
    # Who was not there yet counts as the others.
    few = [plays(Shard(index, 4, {long.rpartition("::")[2]: 20.0}), TESTS) for index in range(1, 5)]
    assert {len(one) for one in few} <= {11, 13, 14, 15, 16, 18}


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "１/２", "1/10000"])
def test_what_names_no_shard(text: str) -> None:
    with pytest.raises(InputProblem, match=f"^--shard {text}: no shard - give the number"):
        shard_named(text)
    assert str(shard_named("2/4")) == "2/4"
