"""Argo CD's and Flux's objects: what they deploy, so that it can be certified where it is.

Sources: Argo CD, Application specification (spec.source, spec.sources); Flux, Kustomization (spec.path, spec.postBuild)
and HelmRelease (spec.chart, spec.chartRef).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.manifests.objects import Manifest
from conformance.manifests.rendering.kustomizations import limit_of

__all__ = ["deployed", "substitutes"]

_ARGO, _FLUX, _FLUX_HELM = "argoproj.io", "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"


def deployed(one: Manifest) -> str:
    """What an object deploys and how that is certified; empty for what deploys nothing."""
    if one.group == _ARGO and one.kind in ("Application", "ApplicationSet"):
        spec: Mapping[str, Any] = one.spec
        if one.kind == "ApplicationSet":
            template = _mapping(spec.get("template"))
            spec = _mapping(template.get("spec"))
        several = spec.get("sources")
        sources = several if isinstance(several, list) else [spec.get("source")]
        told = [_argo(_mapping(source), one) for source in sources]
        return f"Argo CD deploys {' and '.join(filter(None, told)) or 'what its generators say'}"
    if one.group == _FLUX and one.kind == "Kustomization":
        return f"Flux deploys {_path(one, one.spec.get('path') or '.')}"
    if one.group == _FLUX_HELM and one.kind == "HelmRelease":
        chart = _mapping(_mapping(_mapping(one.spec.get("chart")).get("spec")))
        if str(name := chart.get("chart") or "").startswith("."):
            return f"Flux deploys {_path(one, str(name))}"
        ref = _mapping(one.spec.get("chartRef")).get("name")
        return f"Flux renders the chart {name or ref or 'that it names'}: `helm template` makes what can be certified"
    return ""


def substitutes(manifests: Iterable[Manifest]) -> Mapping[str, str]:
    """The variables that Flux's Kustomizations fill in, as far as their values stand there."""
    found: dict[str, str] = {}
    for one in manifests:
        if one.group == _FLUX and one.kind == "Kustomization":
            values = _mapping(_mapping(one.spec.get("postBuild")).get("substitute"))
            found |= {str(name): str(value) for name, value in values.items() if isinstance(value, str | int)}
    return found


def _argo(source: Mapping[str, Any], one: Manifest) -> str:
    if "path" in source:
        return _path(one, str(source["path"]))
    if "chart" in source:
        return f"the chart {source['chart']}: `helm template` makes what can be certified"
    return ""


def _path(one: Manifest, written: str) -> str:
    """A folder of a repository: of this one where it has such a folder."""
    here = Path(one.at().file).parent
    for root in filter(None, (limit_of(here), Path.cwd())):
        there = (root / written.removeprefix("/")).resolve()
        if there.is_dir() and there.is_relative_to(root.resolve()):
            shown = there.relative_to(Path.cwd()) if there.is_relative_to(Path.cwd()) else there
            return f"{shown}: `agw-conformance certify {shown}`"
    return f"{written} of another repository: certify it there"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
