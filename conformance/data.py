"""Finds the data files (documented manifests, provider facts) in a checkout and in an installed package alike."""

from __future__ import annotations

from pathlib import Path

__all__ = ["fixtures"]

_PACKAGE = Path(__file__).resolve().parent


def fixtures(*parts: str) -> Path:
    """The path of a file or folder below `fixtures/`.

    A wheel carries the folder inside the package; a checkout has it beside the package.
    """
    inside = _PACKAGE / "fixtures"
    root = inside if inside.is_dir() else _PACKAGE.parent / "fixtures"
    return root.joinpath(*parts)
