"""Kustomizations: files that say what `kustomize build` makes of others, and the patches that these are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.core.yaml.located import Document

__all__ = ["KUSTOMIZE", "is_kustomization", "is_kustomization_file", "patch_files"]

KUSTOMIZE = "`kustomize build FOLDER | agw-conformance certify -` hands in what it makes of them"
_GROUP = "kustomize.config.k8s.io/"
_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902", "transformers", "replacements", "configurations")


def is_kustomization(document: Document) -> bool:
    """Whether a document is a Kustomization or a Component, whose apiVersion and kind may be missing."""
    data = document.data
    if not isinstance(data, dict):
        return False
    named = is_kustomization_file(Path(document.at().file)) and "metadata" not in data
    return named or str(data.get("apiVersion", "")).startswith(_GROUP)


def is_kustomization_file(file: Path) -> bool:
    """Whether a file has the name by which kustomize finds it."""
    return file.name.lower() in ("kustomization.yaml", "kustomization.yml")


def patch_files(document: Document, folder: Path) -> Iterator[str]:
    """The files, as real paths, that a Kustomization in this folder takes for changes to objects; none for others."""
    if not is_kustomization(document):
        return
    for field in _FIELDS:
        for entry in _list(document.data.get(field)):
            name = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(name, str) and "\n" not in name and "\0" not in name:
                yield os.path.realpath(folder / name)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
