"""What can be played to the cases: mutants of the reference, or corruptions of what passes beside the real gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from conformance.stage.settings import TargetOptions
from conformance.targets.embedded.mutations import MUTANTS
from conformance.targets.embedded.options import EmbeddedOptions
from conformance.targets.standalone.corruptions import CORRUPTIONS
from conformance.targets.standalone.options import StandaloneOptions

__all__ = ["DEFECTS", "Defect", "defects_on", "with_defect"]


class Defect(Protocol):
    """What both are; see Mutant."""

    @property
    def name(self) -> str: ...

    @property
    def area(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def defect(self) -> str: ...

    @property
    def told(self) -> str: ...

    @property
    def share(self) -> float: ...

    @property
    def steps(self) -> Sequence[str]: ...

    def is_of(self, dialect: str) -> bool: ...


DEFECTS: Mapping[str, Defect] = {**MUTANTS, **CORRUPTIONS}
"""All of them, by name; no two have the same."""


def defects_on(target: str) -> Mapping[str, Defect]:
    """By name."""
    return CORRUPTIONS if target == StandaloneOptions.target else MUTANTS


def with_defect(on: TargetOptions, name: str) -> TargetOptions:
    """The target's options with the defect among them."""
    return replace(on, corruption=name) if isinstance(on, StandaloneOptions) else EmbeddedOptions(name)
