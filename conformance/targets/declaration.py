"""What each target says of itself: its name and words, its options, and how it is made from what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from conformance.core.startup.records import dataclass
from conformance.stage.settings import Settings, TargetOptions
from conformance.stage.target import Target

__all__ = ["Option", "TargetKind"]

Options = TypeVar("Options", bound=TargetOptions)


@dataclass(frozen=True)
class Option:
    """One option of a target; without `metavar` it is a switch. Targets that share one declare the same."""

    flag: str
    help: str
    metavar: str | None = "REF"
    repeatable: bool = False
    # What is wrong with it on another target; empty: what the target says.
    elsewhere: str = ""

    @property
    def name(self) -> str:
        """Under which it is read."""
        return self.flag.removeprefix("--").replace("-", "_")


@dataclass(frozen=True)
class TargetKind(Generic[Options]):
    """A target that a run can choose. Nothing that it needs is imported before `read` or `make` is called."""

    name: str
    options: tuple[Option, ...]
    elsewhere: str
    """What is told of its options on another target: `only the kind target installs something`."""
    usual: Callable[[], Options]
    """What no option at all comes to."""
    read: Callable[[Mapping[str, Any]], Options]
    """What the values of options come to, its own and pytest-kind's by their names. Raises InputProblem."""
    make: Callable[[Options, Settings, str], Target]
    """The target of a run with this id, not started yet."""
    deviates: bool = True
    """Whether gateways that run there may have known deviations."""
    many: bool = False
    """Whether each of several processes has one of its own."""
    own_network: Callable[[], Callable[[], None] | None] = lambda: None
    """What begins the process again in a network where the documented hosts are its own; None: nothing, or done."""
