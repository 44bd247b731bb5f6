"""Renders a Helm chart, and finds the template that each object comes from."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.core.problems import InputProblem, Position, SetupProblem
from conformance.core.yaml.located import Document, FieldPath, read_documents
from conformance.manifests.objects import items_of, read_text
from conformance.manifests.rendering.kustomizations import limit_of
from conformance.manifests.rendering.programs import Program, found, render

__all__ = ["CHART_FILE", "chart_above", "charts_below", "hint", "is_chart", "render_chart"]

CHART_FILE = "Chart.yaml"
_RELEASE = "release"
_HELM = Program("helm template", ("helm", "template", _RELEASE))
_INSTALL = "install Helm (helm.sh/docs/intro/install); or `helm template ... | agw-conformance certify -`"
_FETCH = "run `helm dependency build` first: charts are not fetched here"
_SOURCE = re.compile(r"^---\n# Source: (\S+)\n", re.MULTILINE)
_KEY = re.compile(r"^[\s-]*[\"']?([A-Za-z][\w.-]*)[\"']?\s*:")


def is_chart(folder: Path) -> bool:
    """Whether a folder is a chart."""
    return (folder / CHART_FILE).is_file()


def charts_below(folder: Path) -> Iterator[Path]:
    """The charts in a folder and below, but for those that are parts of others."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if CHART_FILE in files:
            folders.clear()
            yield Path(place)


def chart_above(file: Path) -> Path | None:
    """The chart among whose templates a file or folder is."""
    return next((one.parent for one in (file, *file.parents) if one.name == "templates" and is_chart(one.parent)), None)


def hint(file: Path) -> str:
    """What to do with a template instead of reading it as it is."""
    if (chart := chart_above(file)) is not None:
        return f"`agw-conformance certify {chart}` renders its chart, with --helm-values FILE where it needs values"
    return "`helm template` renders it: ... | agw-conformance certify -"


def render_chart(chart: Path, values: Sequence[str] = ()) -> list[Document]:
    """The objects that come of a chart with its own values and those of the files, the last of which counts.

    Each field is at the line of the template that alone names it, else at the template. Raises InputProblem for what
    cannot be rendered, SetupProblem where there is no Helm.
    """
    at = Position(str(chart / CHART_FILE))
    _check_links(chart)
    for file in values:
        if not Path(file).is_file():
            raise InputProblem(
                f"--helm-values {file}: there is no such file", remedy="values are files in the repository"
            )
    program = found(_HELM)
    if program is None:
        raise SetupProblem(f"{at}: helm is not on PATH to render this chart", remedy=_INSTALL)
    given = [part for file in values for part in ("--values", os.path.abspath(file))]  # noqa: PTH100  # links stay
    text = render(program, [os.path.abspath(chart), *given], at, _FETCH if _depends(chart) else None)  # noqa: PTH100
    return list(_documents(text, chart))


def _depends(chart: Path) -> bool:
    return "dependencies:" in read_text(str(chart / CHART_FILE))


def _check_links(chart: Path) -> None:
    """A link that leads out of the chart would bring a file of this machine into what is rendered."""
    limit = limit_of(chart) or chart.resolve()
    for place, folders, files in os.walk(chart):
        for name in (*folders, *files):
            one = Path(place) / name
            if one.is_symlink() and not one.resolve().is_relative_to(limit):
                raise InputProblem("a link that leads out of the checkout", position=Position(str(one)))


def _documents(text: str, chart: Path) -> Iterator[Document]:
    parts = _SOURCE.split(text)
    for source, part in zip(parts[1::2], parts[2::2], strict=True):
        template = chart.joinpath(*Path(source).parts[1:])
        lines = _lines(template)
        for document in read_documents(part, str(template)):
            for item in items_of(document):
                yield Document(item.data, _places(item.data, str(template), lines))


def _lines(template: Path) -> Mapping[str, int]:
    """The lines of a template that alone name a field."""
    try:
        text = read_text(str(template)).splitlines()
    except InputProblem:
        return {}
    found = [(match[1], number) for number, line in enumerate(text, 1) if (match := _KEY.match(line))]
    counts = Counter(name for name, _ in found)
    return {name: number for name, number in found if counts[name] == 1}


def _places(data: Any, file: str, lines: Mapping[str, int]) -> Mapping[FieldPath, Position]:
    places: dict[FieldPath, Position] = {(): Position(file)}

    def note(data: Any, path: FieldPath) -> None:
        inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        for name, value in inside:
            here = (*path, name)
            places[here] = Position(file, lines[name]) if isinstance(name, str) and name in lines else places[path]
            note(value, here)

    note(data, ())
    return places
