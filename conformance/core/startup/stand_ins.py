"""Libraries that another imports for a name or two: while it does, something small stands in for them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

__all__ = ["StandIns", "import_with_stand_ins"]

StandIns = Mapping[str, Mapping[str, object]]
"""What a module is to see of others, by their name: no more than these names."""


def import_with_stand_ins(modules: Mapping[str, StandIns]) -> None:
    """Let modules, by their name, see stand-ins when they are imported. Whoever else asks for a library gets it."""
    if not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder(modules))


class _Finder:
    def __init__(self, modules: Mapping[str, StandIns]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As any finder does; None for all but the few."""
        stand_ins = self._modules.get(name)
        spec = None if stand_ins is None else PathFinder.find_spec(name, path, target)
        if spec is not None and stand_ins is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader, stand_ins)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, found: SourceFileLoader, stand_ins: StandIns) -> None:
        super().__init__(found.name, found.path)
        self._stand_ins = stand_ins

    def exec_module(self, module: ModuleType) -> None:
        before = {name: sys.modules.get(name) for name in self._stand_ins}
        sys.modules.update({name: _module(name, has) for name, has in self._stand_ins.items()})
        try:
            super().exec_module(module)
        finally:
            for name, one in before.items():
                if one is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = one


def _module(name: str, has: Mapping[str, object]) -> Any:
    module = ModuleType(name)
    vars(module).update(has)
    return module
