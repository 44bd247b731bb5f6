"""Finds the data files (documented manifests, provider facts) in a checkout and in an installed package alike."""

from __future__ import annotations

from pathlib import Path

__all__ = ["fixtures", "shown"]

_PACKAGE = Path(__file__).resolve().parents[1]


def fixtures(*parts: str) -> Path:
    """The path of a file or folder below `fixtures/`.

    A wheel carries the folder inside the package; a checkout has it beside the package.
    """
    inside = _PACKAGE / "fixtures"
    root = inside if inside.is_dir() else _PACKAGE.parent / "fixtures"
    return root.joinpath(*parts)


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working folder when it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
