"""Reports that were kept: read again, and checked against their own digests and against manifests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from conformance.core.files import read_regular
from conformance.core.fixtures import shown
from conformance.core.problems import InputProblem, Place, Position
from conformance.manifests.objects import Manifest
from conformance.report.digests import file_digest, object_digests, report_digest
from conformance.stage.case import Level
from conformance.verdict.results import WARNING, Extent, Outcome, Result, Verdict

__all__ = ["alterations", "kept_verdict", "other_manifests", "read_kept", "read_place", "read_report"]

_LARGEST = 256 << 20
"""Bytes; a report of five hundred providers has about thirty million."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CASE = {"case": str, "test": str, "level": str, "verdict": str, "providers": [str], "observations?": [str]} | {
    f"{name}?": str for name in ("reason", "cause", "remedy", "where")
}
_SHAPE: dict[str, Any] = {
    "target": str,
    "dialect": str,
    "level": str,
    "date": str,
    "tested": str,
    "implementation": {"project": str, "version": str},
    "profiles": [{"name": str, "partial?": {"run": int, "of": int}, "unknownHosts?": [str]}],
    "cases": [_CASE],
    "reproduce?": {"command?": str},
    "setupProblem?": str,
    "files?": {},
    "inputs?": {"objects?": {}},
}
"""What is made use of; `?`: it need not be there."""

_PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?(?: (?P<field>.*))?$")


def read_kept(place: Path) -> tuple[Path, dict[str, Any]]:
    """The folder and the data of a report, given as its folder or its report.yaml. Raises InputProblem."""
    file = place / "report.yaml" if place.is_dir() else place
    return file.parent, read_report(file)


def read_report(path: Path) -> dict[str, Any]:
    """A report.yaml. Raises InputProblem for what is none."""
    try:
        data = yaml.load(read_regular(path, _LARGEST), _LOADER)
    except (yaml.YAMLError, ValueError, LookupError, OverflowError, RecursionError) as error:
        # The others are what PyYAML lets through for numbers that are none, and for what is too deep for it.
        raise InputProblem("is not YAML", position=Position(shown(path))) from error
    if not isinstance(data, dict) or data.get("kind") != "ConformanceReport" or not isinstance(data.get("cases"), list):
        raise InputProblem(
            "is no ConformanceReport", position=Position(shown(path)), remedy="give a report.yaml of ours"
        )
    _check(data, _SHAPE, "", path)
    if _has_aliases(data):
        # Ours have none, and a few lines of them mean more than anybody can hold.
        raise InputProblem("has YAML aliases, and no report of ours does", position=Position(shown(path)))
    return data


def _has_aliases(data: Any) -> bool:
    """Whether a mapping or a list stands in several places."""
    seen, waiting = set[int](), [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            if id(one) in seen:
                return True
            seen.add(id(one))
            waiting += one.values() if isinstance(one, dict) else one
    return False


def _check(data: Any, shape: Any, where: str, path: Path) -> None:
    """Raise InputProblem where data is not as every report of ours has it."""
    wanted = dict if isinstance(shape, dict) else list if isinstance(shape, list) else shape
    if not isinstance(data, wanted):
        kinds = {dict: "a mapping", list: "a list", str: "a text", int: "a number"}
        message = f"is no report of ours: {where} is not {kinds[wanted]}"
        raise InputProblem(message, position=Position(shown(path)))
    if isinstance(data, list):
        for index, one in enumerate(data):
            _check(one, shape[0], f"{where}[{index}]", path)
    elif isinstance(data, dict):
        for name, one in shape.items():
            plain = name.removesuffix("?")
            if plain in data or plain == name:
                _check(data.get(plain), one, f"{where}.{plain}".removeprefix("."), path)


def kept_verdict(report: dict[str, Any], file: Path) -> Verdict:
    """The verdict that a report.yaml tells of; statements, sources and evidence are not in it. Raises InputProblem."""
    try:
        extents = {one["name"]: Extent(**one["partial"]) for one in report["profiles"] if "partial" in one}
        unknown = {one["name"]: tuple(one["unknownHosts"]) for one in report["profiles"] if "unknownHosts" in one}
        results = [_result(one) for one in report["cases"]]
        return Verdict(Level(report["level"]), results, extents=extents, unknown=unknown)
    except (KeyError, TypeError, ValueError) as error:
        raise InputProblem(f"is no report of ours: {error!r}", position=Position(shown(file))) from error


def _result(data: dict[str, Any]) -> Result:
    return Result(
        test=data["test"],
        case=data["case"],
        area=data["case"].partition("/")[0],
        level=Level(data["level"]),
        statement="",
        source="",
        providers=tuple(data["providers"]),
        # A warning is a failure below the report's level, which is read, too.
        outcome=Outcome.FAIL if data["verdict"] == WARNING else Outcome(data["verdict"]),
        **{name: data.get(name, "") for name in ("reason", "cause", "remedy")},
        where=read_place(data.get("where", "")),
        observations=tuple(data.get("observations", ())),
    )


def read_place(text: str) -> Place | None:
    """The place that a report tells as `file:line:column field`; a text of another kind is all taken for the file."""
    if not text:
        return None
    if (found := _PLACE.match(text)) is None:
        return Place(Position(text))
    return Place(Position(found["file"], int(found["line"]), int(found["column"] or 0)), found["field"] or "")


def alterations(folder: Path, report: dict[str, Any], *, alone: bool = False) -> list[str]:
    """What in a report's folder is not as it was written; empty: nothing. Raises InputProblem without digests.

    Of a report.yaml that is kept `alone` the other files need not be there.
    """
    if not isinstance(report.get("digest"), str) or not isinstance(report.get("files"), dict):
        raise InputProblem(
            "has no digests",
            position=Position(shown(folder / "report.yaml")),
            remedy="it was made by an older version; run again with --report",
        )
    found = [] if report_digest(report) == report["digest"] else ["report.yaml was altered"]
    for name, digest in sorted(report["files"].items()):
        # A name from a file: nothing outside of the folder is looked at.
        file = folder / Path(str(name)).name
        try:
            same = file_digest(file) == digest
        except FileNotFoundError:
            found += [] if alone else [f"{name} is missing"]
            continue
        except OSError as error:
            found.append(f"{name} cannot be read: {error.strerror}")
            continue
        found += [] if same else [f"{name} was altered, or is of another run"]
    return found


def other_manifests(report: dict[str, Any], manifests: Iterable[Manifest]) -> list[str]:
    """In what these manifests are not the ones that the report is about; empty: they are."""
    tested = (report.get("inputs") or {}).get("objects") or {}
    given = object_digests(manifests)
    found = [f"{name} was tested and is not among the manifests" for name in tested if name not in given]
    found += [f"{name} is not what was tested" for name in given if name in tested and given[name] != tested[name]]
    return found + [f"{name} was not tested" for name in given if name not in tested]
