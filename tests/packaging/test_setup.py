"""What `make setup` installs: what the lock file names, whatever else is offered, with the pip that Python brings."""

from __future__ import annotations

import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PROJECT = """[project]
name = "acme"
version = "1.0"
dependencies = ["plugin"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """import pathlib, shutil
def build_editable(folder, config_settings=None, metadata_directory=None):
    return pathlib.Path(shutil.copy("acme-1.0-py3-none-any.whl", folder)).name
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(index: Path, name: str, version: str, *metadata: str) -> str:
    """A distribution in the folder that pip is given as its index; its line in a lock file."""
    info = f"{name}-{version}.dist-info"
    path = index / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata]
        file.writestr(f"{info}/METADATA", "\n".join(head) + "\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with our Makefile and a small project, and an index with newer versions of all that is locked."""
    checkout, index = tmp_path / "checkout", tmp_path / "index"
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    shutil.copy(ROOT / "Makefile", checkout)
    index.mkdir()
    (checkout / "pyproject.toml").write_text(PROJECT)
    (checkout / "backend.py").write_text(BACKEND)
    wheel(checkout, "acme", "1.0", "Requires-Dist: plugin")
    extra = ("Provides-Extra: toml", 'Requires-Dist: reader; extra == "toml"')
    locked = [
        wheel(index, "plugin", "1.0", "Requires-Dist: measure[toml]>=1.0"),
        wheel(index, "measure", "1.0", *extra),
        wheel(index, "reader", "1.0"),
    ]
    wheel(index, "plugin", "2.0", "Requires-Dist: measure[toml]>=1.0")
    wheel(index, "measure", "2.0", *extra)
    wheel(index, "reader", "2.0")
    (checkout / "requirements.lock").write_text("".join(locked))
    return checkout


MAKE = ("make", "setup", f"PYTHON={sys.executable}")
AGAIN = ("bash", ".ci/install", ".venv/bin/python", "requirements.lock", "--editable", ".")
"""What `make setup` does in the environment that it has made, which is most of the work."""


def set_up(checkout: Path, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """It with the index of the test alone; the environment's pip is the one of `python -m ensurepip`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "PYTHONPATH"))}
    own |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout.parent / "index")}
    return subprocess.run(
        command,
        cwd=checkout,
        env=own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def refusal(checkout: Path, lock: str, command: tuple[str, ...]) -> str:
    """The one line that it ends with for this lock file."""
    (checkout / "requirements.lock").write_text(lock)
    done = set_up(checkout, command)
    assert done.returncode != 0
    assert not (checkout / ".venv/.ready").exists()
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return line


@pytest.mark.slow
def test_what_is_locked_is_installed_though_newer_is_offered_and_a_wrong_lock_is_told_in_one_line(
    checkout: Path,
) -> None:
    """One environment for three lock files, the right one last."""
    right = (checkout / "requirements.lock").read_text()
    other_hash = re.sub(r"(measure.*\n.*sha256:)[0-9a-f]{8}", r"\g<1>00000000", right)
    line = refusal(checkout, other_hash, MAKE)
    assert line.startswith("set-up failed: measure==1.0 is not what its hash in requirements.lock says")

    line = refusal(checkout, re.sub(r"measure.*\n.*\n", "", right), AGAIN)
    assert line.startswith(
        "set-up failed: requirements.lock does not name all that is needed (plugin 1.0 requires measure, which"
    )
    assert line.endswith("renew it with: make lock")

    (checkout / "requirements.lock").write_text(right)
    done = set_up(checkout, AGAIN)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages,) = (checkout / ".venv/lib").glob("python*/site-packages")
    found = {one.name: one.version for one in distributions(path=[str(packages)])}
    ours = ("acme", "plugin", "measure", "reader")
    assert {name: found.get(name) for name in ours} == dict.fromkeys(ours, "1.0")


def test_no_lock_file_replaces_the_pip_that_python_brings() -> None:
    for name in (
        "requirements.lock",
        "requirements-image.lock",
        "requirements-clients.lock",
        "requirements-publish.lock",
    ):
        assert not re.search(r"^(pip|setuptools)==", (ROOT / name).read_text(), re.MULTILINE)


def test_nothing_of_ours_installs_by_resolving() -> None:
    """pip is called in one place, with what is locked; pre-commit, which has a way of its own, gets the versions."""
    files = [ROOT / name for name in ("Makefile", "Dockerfile", "action.yml", ".ci/run")]
    for file in [*files, *(ROOT / ".github/workflows").glob("*.yaml")]:
        assert not re.search(r"pip\S* .*\binstall\b", file.read_text()), file
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert runpy.run_path(str(ROOT / ".ci/hook_pins.py"))["pinned"](hooks) == hooks
