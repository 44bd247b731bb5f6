"""Who imports whom, as pyproject.toml says: a forbidden import, added by hand, makes `make lint` red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.hangs import HANGS
from tests.support.paths import ROOT

PIPELINE = "The way of a request, in one direction"
INDEPENDENCE = "Neither the oracle nor the reference gateway can hide the other's mistake"
TARGETS = "Targets know nothing of each other but what they share"
CIRCLES = "No circles"

FORBIDDEN = [
    ("conformance.core.problems", "conformance.manifests.objects", PIPELINE),
    ("conformance.exchange.client", "conformance.verdict.judge", PIPELINE),
    ("conformance.stage.target", "conformance.targets.kind.target", PIPELINE),
    ("mock_providers.journal", "conformance.exchange.messages", PIPELINE),
    ("conformance.targets.reference.gateway.routing", "conformance.exchange.oracle.matching", INDEPENDENCE),
    ("conformance.targets.reference.controller.routes", "conformance.manifests.dialects", INDEPENDENCE),
    ("conformance.targets.kind.target", "conformance.targets.cluster.target", TARGETS),
    ("conformance.targets.common", "conformance.targets.local", TARGETS),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy into which all of these imports are written."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in ("conformance", "mock_providers"):
        shutil.copytree(ROOT / package, copy / package, ignore=lambda folder, names: _not_python(Path(folder), names))
    for importer, imported, _ in FORBIDDEN:
        with (copy / f"{importer.replace('.', '/')}.py").open("a", encoding="utf-8") as module:
            module.write(f"import {imported}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    wide = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=copy, env=wide, capture_output=True, text=True, timeout=HANGS, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def _not_python(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if not (name.endswith(".py") or (folder / name).is_dir())]


@pytest.mark.slow
@pytest.mark.parametrize(("importer", "imported", "contract"), FORBIDDEN)
def test_a_forbidden_import_is_found(said: str, importer: str, imported: str, contract: str) -> None:
    assert f"{contract} BROKEN" in said
    assert f"{importer} -> {imported}" in said


def test_a_circle_is_found(said: str) -> None:
    assert f"{CIRCLES} BROKEN" in said
    assert "No cycles are allowed in conformance.targets" in said
