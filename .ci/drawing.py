"""Draws the house into docs/explanation/architecture.md from the contract in pyproject.toml: `make table` calls it.

Each layer may import what is below it. What each package is for, its docstring says.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
_PLACE = re.compile(r"(?<=<!-- drawn by make table -->\n).*?(?=<!-- end of the drawing -->)", re.DOTALL)

Layers = list[list[str]]
Point = tuple[float, float]

_WIDTH, _HEIGHT, _STEP, _TOP, _LEFT, _RIGHT = 420, 34, 56, 46, 20, 520
_STYLE = """
  text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #1f2933; text-anchor: middle }
  text.note { font: 13px system-ui, sans-serif; text-anchor: start }
  rect { fill: #e8eefc; stroke: #3f51b5; rx: 5 }
  rect.paper { fill: #ffffff; stroke: none }
  path { stroke: #3f51b5; fill: none; marker-end: url(#down) }
  path.wall { stroke: #c62828; stroke-dasharray: 5 4; marker-end: none }
  marker path { fill: #3f51b5; stroke: none }
"""


def drawing() -> str:
    """A line on each package."""
    named = [name for layers in _house() for layer in layers for name in layer]
    rows = [f"| `{_short(name)}` | {_purpose(name)} |" for name in named if _folder(name).is_dir()]
    return "\n".join(["| package | what it is |", "|---|---|", *rows, ""])


def drawn(page: str) -> str:
    """The page with the table as it is now."""
    return _PLACE.sub(lambda _: drawing(), page)


def picture() -> str:
    """The layers as an SVG: on the left all packages, on the right what is inside `targets`; walls are dashed."""
    house, targets = _house()
    boxes: dict[str, Point] = {}
    shapes = [*_column(house, _LEFT, boxes), *_column(targets, _RIGHT, boxes)]
    shapes += [shape for source, other in _walls() for shape in _wall(boxes, source, other)]
    height = _TOP + _STEP * len(house) + 30
    walls: dict[str, list[str]] = {}
    for source, other in _walls():
        walls.setdefault(_short(source), []).append(_short(other))
    note = "Dashed: a wall. " + " ".join(f"{one} knows nothing of {', '.join(all_)}." for one, all_ in walls.items())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_RIGHT + _WIDTH + 20} {height}" role="img">',
            f"<title>The packages in layers: each may import what is below it</title><style>{_STYLE}</style>",
            '<defs><marker id="down" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
            '<rect class="paper" width="100%" height="100%"/>',
            f'<text class="note" x="{_LEFT}" y="26">conformance, mock_providers</text>',
            f'<text class="note" x="{_RIGHT}" y="26">inside conformance.targets</text>',
            *shapes,
            f'<text class="note" x="{_LEFT}" y="{height - 16}">{escape(note)}</text>',
            "</svg>",
            "",
        ]
    )


def _column(layers: Layers, left: float, boxes: dict[str, Point]) -> Iterator[str]:
    for row, layer in enumerate(layers):
        top, width = _TOP + _STEP * row, (_WIDTH - 8 * (len(layer) - 1)) / len(layer)
        for place, name in enumerate(layer):
            x = left + place * (width + 8)
            boxes[name] = (x + width / 2, top)
            yield f'<rect x="{x:g}" y="{top}" width="{width:g}" height="{_HEIGHT}"/>'
            yield f'<text x="{x + width / 2:g}" y="{top + 22}">{escape(_short(name).rpartition(".")[2])}</text>'
        if row + 1 < len(layers):
            middle = left + _WIDTH / 2
            yield f'<path d="M{middle:g} {top + _HEIGHT + 1} V{top + _STEP - 2}"/>'


def _wall(boxes: dict[str, Point], source: str, other: str) -> Iterator[str]:
    """From the side of one to the side of the package that the other is in."""
    package = ".".join(other.split(".")[:2])
    if source in boxes and package == other:
        (x, y), (_, top) = boxes[source], boxes[package]
        yield f'<path class="wall" d="M{x:g} {y + _HEIGHT} V{top + _HEIGHT / 2:g} H{_LEFT + _WIDTH}"/>'


def _house() -> tuple[Layers, Layers]:
    contracts = _contracts()
    (container,) = contracts["targets"]["containers"]
    return _layers(contracts["pipeline"], ""), _layers(contracts["targets"], f"{container}.")


def _contracts() -> dict[str, dict[str, list[str]]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return {one["id"]: one for one in tomllib.load(file)["tool"]["importlinter"]["contracts"]}


def _layers(contract: dict[str, list[str]], prefix: str) -> Layers:
    return [[prefix + name for name in re.split(r" [|:] ", layer)] for layer in contract["layers"]]


def _walls() -> list[tuple[str, str]]:
    """What must know nothing of what: neither may hide the other's mistake."""
    contract = _contracts()["independence"]
    return [(source, other) for source in contract["source_modules"] for other in contract["forbidden_modules"]]


def _short(name: str) -> str:
    return name.removeprefix("conformance.")


def _folder(name: str) -> Path:
    return ROOT / name.replace(".", "/")


def _purpose(name: str) -> str:
    docstring = ast.get_docstring(ast.parse((_folder(name) / "__init__.py").read_text(encoding="utf-8")))
    return (docstring or "").partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
