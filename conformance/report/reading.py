"""A report.yaml that was kept, read as what somebody may have altered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from conformance.core.files import read_regular
from conformance.core.fixtures import shown
from conformance.core.problems import InputProblem, Position

__all__ = ["read_report"]

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
