"""Which tests of a run a shard plays: whole scenes, so that each stands on few shards, and shares of equal length."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass

__all__ = ["Shard", "plays", "shard_named"]


@dataclass(frozen=True)
class Shard:
    """One of `count` runs that together are one; `index` counts from 1.

    `seconds`: what tests took before, by their names alone.
    """

    index: int
    count: int
    seconds: Mapping[str, float] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def shard_named(text: str) -> Shard:
    """The shard that `2/4` means. Raises InputProblem."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text, re.ASCII)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count:
        remedy = "give the number of this shard and of all, as 2/4; the first is 1"
        raise InputProblem(f"--shard {text}: no shard", remedy=remedy)
    return Shard(index, count)


def plays(shard: Shard, tests: Mapping[str, str]) -> set[str]:
    """The tests that a shard plays, of all tests by node id, each with the name of its scene.

    All shards of a run come to shares that have every test once, whatever order the tests are in. A test that was not
    there when times were taken counts as the others on average.
    """
    taken = {one: shard.seconds.get(one.rpartition("::")[2]) for one in tests}
    known = [one for one in taken.values() if one is not None]
    usual = sum(known) / len(known) if known else 1.0
    seconds = {one: usual if took is None else took for one, took in taken.items()}
    shares: list[set[str]] = [set() for _ in range(shard.count)]
    loads = [0.0] * shard.count
    pieces = [(sum(map(seconds.__getitem__, piece)), piece) for piece in _pieces(tests, seconds, shard.count)]
    # The longest first: what is short fills up what they leave.
    for weight, piece in sorted(pieces, key=lambda one: (-one[0], one[1])):
        least = loads.index(min(loads))
        shares[least].update(piece)
        loads[least] += weight
    return shares[shard.index - 1]


def _pieces(tests: Mapping[str, str], seconds: Mapping[str, float], count: int) -> Iterator[list[str]]:
    """The tests of each scene; those of one that is longer than a share, in several pieces."""
    most = sum(seconds.values()) / count
    scenes: dict[str, list[str]] = {}
    for test in sorted(tests):
        scenes.setdefault(tests[test], []).append(test)
    for scene in scenes.values():
        piece: list[str] = []
        length = 0.0
        for test in scene:
            if piece and length + seconds[test] > most:
                yield piece
                piece, length = [], 0.0
            piece.append(test)
            length += seconds[test]
        yield piece
