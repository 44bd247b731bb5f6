"""What the image is built from: the same versions as everywhere, by their hashes, from wherever pip looks."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.paths import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ]+)(?: ; .*)? \\\n    --hash=sha256:", re.MULTILINE)


def pins(file: str) -> dict[str, str]:
    """The packages of a lock file that have hashes, and their versions."""
    return dict(_PIN.findall((ROOT / file).read_text()))


def test_the_image_has_what_the_suite_runs_with_and_the_versions_it_is_tested_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split("[>=]", one)[0].lower() for one in project["dependencies"]} | {"hatchling"}
    image, tested = pins("requirements-image.lock"), pins("requirements.lock")
    assert wanted <= set(image)
    assert {name: tested.get(name) for name in image} == image
    assert "pytest-xdist" not in image


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-image.lock", "requirements-publish.lock"])
def test_a_lock_file_names_no_place(file: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", (ROOT / file).read_text())


def test_the_image_is_built_from_what_the_build_is_given() -> None:
    given = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [one for one in given if not (ROOT / one).exists()] == []
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*build["packages"], *build["force-include"], "requirements-image.lock"} <= set(given)
