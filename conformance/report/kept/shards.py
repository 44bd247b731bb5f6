"""shard.json: all that a shard of a run found; and the report of the whole run, made of those of its shards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from conformance.core.files import read_regular
from conformance.core.fixtures import shown
from conformance.core.problems import InputProblem, Position
from conformance.report.digests import redacted
from conformance.report.facts import RunFacts
from conformance.report.kept.reading import alterations, read_kept
from conformance.report.kept.typed import fits
from conformance.stage.arrangement.shards import Shard, shard_named
from conformance.stage.case import Level
from conformance.stage.target import Implementation
from conformance.verdict.evidence import ExchangeData
from conformance.verdict.extent import extents_of, whole_catalogue
from conformance.verdict.results import Result, Verdict

__all__ = ["FILE", "kept_seconds", "merged", "shard_record"]

FILE = "shard.json"

_LARGEST = 256 << 20
"""Bytes, as of a report.yaml."""
_RECORD = {"shard": str, "facts": RunFacts, "unknown": Mapping[str, list[str]], "results": list[Result]}
_NAMES = {"ExchangeData": ExchangeData}
_ALIKE = ("command", "target", "dialect", "level", "implementation", "gateway", "inputs", "tested", "network")
"""What the shards of one run have in common."""


def shard_record(shard: Shard, verdict: Verdict, facts: RunFacts) -> str:
    """What a shard found, as JSON, redacted."""
    data = {
        "shard": str(shard),
        "facts": asdict(facts),
        "unknown": {name: list(hosts) for name, hosts in verdict.unknown.items()},
        "results": [one.as_data() for one in verdict.results],
    }
    return json.dumps(redacted(data), ensure_ascii=True, indent=1) + "\n"


def merged(places: Sequence[Path]) -> tuple[Verdict, RunFacts]:
    """The verdict and the facts of the run whose shards left reports in these folders.

    Raises InputProblem for what is no shard's report, was altered, belongs to another run, is given twice or missing.
    """
    records = {place: _read(place) for place in places}
    first_place, first = next(iter(records.items()))
    count = shard_named(first["shard"]).count
    seen: dict[int, Path] = {}
    for place, record in records.items():
        index = _index(place, record, count)
        if index in seen:
            raise _problem(place, f"is shard {index}, and so is {shown(seen[index])}", "give each shard once")
        seen[index] = place
        if different := [name for name in _ALIKE if record["facts"].get(name) != first["facts"].get(name)]:
            message = f"is of another run than {shown(first_place)}: {', '.join(different)} differ"
            raise _problem(place, message, "merge shards of one run, on one version of the gateway")
    if missing := [str(one) for one in range(1, count + 1) if one not in seen]:
        raise InputProblem(f"report merge: no report of shard {', '.join(missing)} of {count}", remedy="give it, too")
    return _whole([records[seen[index]] for index in sorted(seen)])


def kept_seconds(place: Path) -> dict[str, float]:
    """By test: what it took when the report in a folder was made. Raises InputProblem."""
    file = place / "junit.xml" if place.is_dir() else place
    try:
        root = ElementTree.fromstring(read_regular(file, _LARGEST))
        return {_test(case.attrib["name"]): float(case.attrib["time"]) for case in root.iter("testcase")}
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        position = Position(shown(file))
        raise InputProblem(
            "is no junit.xml of ours", position=position, remedy="give the folder of a report"
        ) from error


def _test(name: str) -> str:
    """The test alone: before it may stand its case."""
    return name.partition(" ")[2] if " " in name.partition("[")[0] else name


def _read(place: Path) -> dict[str, Any]:
    folder, report = read_kept(place)
    if changed := alterations(folder, report):
        raise _problem(place, f"is not as it was written: {changed[0]}", "run this shard again")
    if FILE not in report["files"]:
        raise _problem(place, "is no shard's report", "make it with `run --shard 1/2 --report DIR`")
    try:
        data = json.loads(read_regular(folder / FILE, _LARGEST))
    except (ValueError, RecursionError) as error:
        raise _problem(folder / FILE, "is not JSON", "run this shard again") from error
    if not isinstance(data, dict) or not all(fits(data.get(name), kind, _NAMES) for name, kind in _RECORD.items()):
        raise _problem(folder / FILE, "holds what no shard of this version records", "run this shard again")
    found: dict[str, Any] = data
    return found


def _index(place: Path, record: Mapping[str, Any], count: int) -> int:
    shard = shard_named(record["shard"])
    if shard.count != count:
        raise _problem(place, f"is shard {shard}, others are of {count}", "merge the shards of one run")
    return shard.index


def _whole(records: Sequence[Mapping[str, Any]]) -> tuple[Verdict, RunFacts]:
    """One verdict of them all. The run ended with its last shard; where the set-up of one failed, so did it."""
    every = [_facts(one["facts"]) for one in records]
    last = max(every, key=lambda one: one.date)
    problem = next((one.problem for one in every if one.problem), "")
    results = [Result.from_data(one) for record in records for one in record["results"]]
    results.sort(key=lambda one: (one.case, one.test))
    unknown = {name: tuple(hosts) for record in records for name, hosts in record["unknown"].items()}
    verdict = Verdict(last.level, results, unknown=unknown)
    tests = whole_catalogue(last.dialect)
    verdict.extents = extents_of(verdict, dict.fromkeys(verdict.providers, tests))
    return verdict, replace(last, problem=problem)


def _facts(data: Mapping[str, Any]) -> RunFacts:
    tested = data["implementation"]
    return RunFacts(
        **{
            **data,
            "level": Level(data["level"]),
            "implementation": Implementation(**{**tested, "contact": tuple(tested["contact"])}),
        }
    )


def _problem(place: Path, message: str, remedy: str) -> InputProblem:
    return InputProblem(message, position=Position(shown(place)), remedy=remedy)
