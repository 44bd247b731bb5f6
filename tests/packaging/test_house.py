"""The house rules that a reader of a folder relies on: few modules beside each other, none of them long, none loose."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from conformance.certification import checks
from tests.support.paths import ROOT

PACKAGES = ("conformance", "mock_providers")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MOST_MODULES = 14
MOST_LINES = 300
LISTS = {
    ROOT / "conformance/cases",
    ROOT / "conformance/certification/checks/rules",
    ROOT / "conformance/cli/commands",
}
"""One module for each area of cases, each subject of checks, each command: they may be many."""


def test_no_folder_has_more_modules_than_a_person_takes_in() -> None:
    folders: dict[Path, list[str]] = {}
    for module in MODULES:
        folders.setdefault(module.parent, []).append(module.name)
    crowded = {str(folder.relative_to(ROOT)): len(names) for folder, names in folders.items() if folder not in LISTS}
    assert {folder: count for folder, count in crowded.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize("modules", [MODULES, TESTS], ids=["code", "tests"])
def test_no_module_is_long(modules: list[Path]) -> None:
    lines = {str(module.relative_to(ROOT)): module.read_text(encoding="utf-8").count("\n") for module in modules}
    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


def test_every_module_of_checks_is_asked() -> None:
    """A module that its package does not import registers nothing, and nobody would notice."""
    rules = {module.stem for module in MODULES if module.parent == ROOT / "conformance/certification/checks/rules"}
    assert rules - {"__init__"} <= set(checks.__all__)


def test_no_module_lies_loose() -> None:
    loose = {module.stem for module in MODULES if module.parent == ROOT / "conformance"}
    assert loose == {"__init__", "__main__", "plugin", "version"}


def test_the_contract_knows_every_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = {one["id"]: one for one in tomllib.load(file)["tool"]["importlinter"]["contracts"]}
    for contract, prefix, folder in (
        ("pipeline", "conformance.", "conformance"),
        ("targets", "", "conformance/targets"),
    ):
        named = {name.removeprefix(prefix) for layer in contracts[contract]["layers"] for name in layer.split()}
        packages = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
        assert packages - named == set()
