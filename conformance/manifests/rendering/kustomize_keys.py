"""Keys of a Kustomization that kustomize takes in any case, as JSON in Go does: here they stand as documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.core.problems import InputProblem
from conformance.core.yaml.located import Document, FieldPath, dotted

__all__ = ["check_case", "folded"]

# kustomize 5, api/types: Kustomization and what is in it.
_KNOWN = """
apiVersion kind metadata namePrefix nameSuffix namespace commonLabels labels commonAnnotations patchesStrategicMerge
patchesJson6902 patches images imageTags replacements replicas vars sortOptions resources components crds bases
configMapGenerator secretGenerator helmGlobals helmCharts helmChartInflationGenerator generatorOptions configurations
generators transformers validators openapi buildMetadata
name annotations path patch target options allowNameChange allowKindChange group version labelSelector
annotationSelector files envs env literals behavior type immutable disableNameSuffixHash source targets sourceValue
fieldPath fieldPaths delimiter index create select reject encoding newName newTag tagSuffix digest count pairs
includeSelectors includeTemplates fields objref fieldref order legacySortOptions orderFirst orderLast
"""
_BY_CASE = {one.casefold(): one for one in _KNOWN.split()}
_FREE = ("commonLabels", "commonAnnotations", "pairs", "labels", "annotations")
"""Their keys are people's own."""


def folded(data: dict[str, Any]) -> dict[str, Any]:
    """A mapping by its keys in lower case; Go folds the long s and the Kelvin sign, too."""
    return {key.casefold(): value for key, value in data.items()}


def check_case(document: Document) -> None:
    """Raise InputProblem for a key that differs from one that kustomize knows only by its case."""
    for path in _keys(document.data, ()):
        key = str(path[-1])
        if (right := _BY_CASE.get(key.casefold(), key)) != key:
            message = f"kustomize disregards case and takes {key!r} for {right!r}; nothing else does"
            raise InputProblem(message, position=document.at(*path), field=dotted(path), remedy=f"write {right}")


def _keys(data: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(data, list):
        for number, one in enumerate(data):
            yield from _keys(one, (*path, number))
    elif isinstance(data, dict) and not (path and path[-1] in _FREE):
        for key, value in data.items():
            yield (*path, key)
            yield from _keys(value, (*path, key))
