"""Packages of which a run uses a part: without what their own `__init__` imports, until somebody asks for the rest."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["import_in_parts"]


def import_in_parts(package: str, **known: str) -> None:
    """Let a package import its modules as they are asked for, not all when one is. `known`: in which module a name is.

    The Kubernetes client's `__init__` imports everything that it can do, OAuth and websockets among it: three hundred
    modules, a tenth of the time to a verdict. Only for a process of our own: to others a package is what it says it is.
    """
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.loader is not None:
        sys.modules[package] = _Partial(spec, known)


class _Partial(ModuleType):
    """A package before its `__init__` has run: it does when something is asked for that is not known otherwise."""

    def __init__(self, spec: ModuleSpec, known: Mapping[str, str]) -> None:
        super().__init__(spec.name)
        # __path__ is what its modules are found by, __spec__ and the others what every module has.
        vars(self).update(vars(importlib.util.module_from_spec(spec)))
        self._known = known

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        if name == "__version__" and (found := _version_in(spec)):
            self.__version__ = found
            return found
        if name in self._known:
            return getattr(importlib.import_module(f"{spec.name}.{self._known[name]}"), name)
        if importlib.util.find_spec(f"{spec.name}.{name}") is not None:
            return importlib.import_module(f"{spec.name}.{name}")
        self.__class__ = ModuleType  # type: ignore[assignment]  # from here on it is like any other
        spec.loader.exec_module(self)
        return getattr(self, name)


def _version_in(spec: ModuleSpec) -> str:
    """What the source says it is; to ask `importlib.metadata` costs more than to import such a package's parts."""
    source = Path(spec.origin or "").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.MULTILINE)
    return found[1] if found else ""
