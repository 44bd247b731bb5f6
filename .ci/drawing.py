"""Draws the house into docs/architecture.md from the contract in pyproject.toml: `make table` calls it.

Each layer may import what is below it. What each package is for, its docstring says.
"""

import ast
import itertools
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
_PLACE = re.compile(r"(?<=<!-- drawn by make table -->\n).*?(?=<!-- end of the drawing -->)", re.DOTALL)

Layers = list[list[str]]


def drawing() -> str:
    """The layers as a Mermaid flowchart, and a line on each package."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    by_id = {contract["id"]: contract for contract in contracts}
    house = _layers(by_id["pipeline"], "")
    (container,) = by_id["targets"]["containers"]
    targets = _layers(by_id["targets"], f"{container}.")
    chart = [
        "flowchart TD",
        *_arrows(house),
        f"  subgraph inside [inside {_short(container)}]",
        *_arrows(targets),
        "  end",
        f"  {_node(container)} -.- inside",
        *_walls(by_id["independence"]),
    ]
    named = [name for layer in (*house, *targets) for name in layer]
    rows = [f"| `{_short(name)}` | {_purpose(name)} |" for name in named if _folder(name).is_dir()]
    return "\n".join(["```mermaid", *chart, "```", "", "| package | what it is |", "|---|---|", *rows, ""])


def drawn(page: str) -> str:
    """The page with the drawing as it is now."""
    return _PLACE.sub(lambda _: drawing(), page)


def _layers(contract: dict[str, list[str]], prefix: str) -> Layers:
    return [[prefix + name for name in re.split(r" [|:] ", layer)] for layer in contract["layers"]]


def _arrows(layers: Layers) -> list[str]:
    return [f"  {_box(upper)} --> {_box(lower)}" for upper, lower in itertools.pairwise(layers)]


def _box(layer: list[str]) -> str:
    return " & ".join(f"{_node(name)}[{_short(name).rpartition('.')[2]}]" for name in layer)


def _node(name: str) -> str:
    return _short(name).replace(".", "-")


def _walls(contract: dict[str, list[str]]) -> list[str]:
    """What must know nothing of what: neither may hide the other's mistake."""
    sources, walled = contract["source_modules"], contract["forbidden_modules"]
    return [f"  {_node(source)} x--x {_node(other)}[{_short(other)}]" for source in sources for other in walled]


def _short(name: str) -> str:
    return name.removeprefix("conformance.")


def _folder(name: str) -> Path:
    return ROOT / name.replace(".", "/")


def _purpose(name: str) -> str:
    docstring = ast.get_docstring(ast.parse((_folder(name) / "__init__.py").read_text(encoding="utf-8")))
    return (docstring or "").partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
