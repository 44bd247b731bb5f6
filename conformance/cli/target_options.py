"""The options of all targets, as each states its own: declared, checked and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from conformance.core.problems import InputProblem
from conformance.stage.settings import DEFAULT_TARGET, TargetOptions
from conformance.targets.declaration import Option
from conformance.targets.registry import TARGETS, target_named

__all__ = ["add_target_options", "read_target_options"]


class _Group(Protocol):
    """Where options are declared."""

    def addoption(self, name: str, **rest: Any) -> None:
        """As argparse's add_argument."""


def add_target_options(group: _Group) -> None:
    """Declare the options in a group, each with the targets that have it."""
    for option, targets in _options():
        words: dict[str, Any] = {"help": f"{', '.join(targets)}: {option.help}"}
        if option.metavar is None:
            words |= {"action": "store_true"}
        elif option.repeatable:
            words |= {"action": "append", "default": [], "metavar": option.metavar}
        else:
            words |= {"default": None, "metavar": option.metavar}
        group.addoption(option.flag, **words)


def read_target_options(target: str, values: Mapping[str, Any]) -> TargetOptions:
    """What the values of options come to on a target. Raises InputProblem, also for those that it does not have."""
    kind = target_named(target)
    for option, targets in _options():
        if values[option.name] and target not in targets:
            reason = option.elsewhere or TARGETS[targets[0]].elsewhere
            remedy = "leave out --target" if targets == [DEFAULT_TARGET] else f"add --target {' or '.join(targets)}"
            raise InputProblem(f"{option.flag}: {reason}", remedy=remedy)
    options: TargetOptions = kind.read(values)
    return options


def _options() -> Iterator[tuple[Option, list[str]]]:
    """Each option once, with the names of the targets that have it."""
    every = dict.fromkeys(option for kind in TARGETS.values() for option in kind.options)
    return ((option, [name for name, kind in TARGETS.items() if option in kind.options]) for option in every)
