"""The wheel as a guest in a repository with options, folders and warnings of its own; docs/how-to/library.md there."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from tests.support.hangs import HANGS
from tests.support.nightly import share
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

RECIPE = (ROOT / "docs" / "how-to" / "library.md").read_text(encoding="utf-8")

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--target", default="theirs")
    parser.addoption("--report", action="store_true")
"""
OWN_TEST = """
def test_own(request):
    assert request.config.getoption("target") == "mine"
"""


def blocks(language: str) -> list[str]:
    """The recipe's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts' folder of an environment with the wheel, and with what this one has but the checkout.

    One for all workers: to make it is most of the work.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    with FileLock(shared / "installed.lock"):
        if not (shared / "installed" / "made").exists():
            install(shared / "installed")
            (shared / "installed" / "made").touch()
    return shared / "installed" / "environment" / "bin"


def install(folder: Path) -> None:
    """Build the wheel, and make the environment."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=HANGS)
    (wheel,) = folder.glob("*.whl")
    environment, uv = folder / "environment", [sys.executable, "-m", "uv", "--offline", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(environment)], check=True, timeout=HANGS)
    python = environment / "bin" / "python"
    from_wheel = [*uv, "pip", "install", "--python", str(python), "--no-deps", str(wheel)]
    subprocess.run(from_wheel, check=True, timeout=HANGS)
    (own,) = environment.glob("lib/python*/site-packages")
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if (
            one.suffix != ".pth"
            and not one.name.startswith("agentgateway_conformance")
            and not (own / one.name).exists()
        ):
            (own / one.name).symlink_to(one)


class Repository:
    """Somebody's repository, and commands in it with the installed wheel."""

    def __init__(self, folder: Path, scripts: Path) -> None:
        self.folder = folder
        self._scripts = scripts

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def __call__(self, *command: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Exit code and output of a command; `pytest` is the script, which has the repository not on its path."""
        python = str(self._scripts / "python")
        start = {
            "pytest": [python, "-P", "-m", "pytest"],
            "python": [python],
            "agw-conformance": [str(self._scripts / "agw-conformance")],
        }[command[0]]
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "GITHUB"))
        }
        done = subprocess.run(
            [*start, *command[1:]],
            cwd=self.folder,
            env={**inherited, "NO_COLOR": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HANGS,
        )
        return done.returncode, done.stdout


@pytest.fixture
def repository(tmp_path: Path, installed: Path) -> Repository:
    """One with an option --target, a folder conformance/ and a test."""
    made = Repository(tmp_path, installed)
    made.write("pytest.ini", *blocks("ini"))
    made.write("conftest.py", CONFTEST)
    made.write("conformance/notes.py", "")
    made.write("tests/test_own.py", OWN_TEST)
    return made


STARTS = (("pytest",), ("python", "-m", "pytest"))
PLUGIN = ((), ("-p", "conformance.plugin"))


@pytest.mark.parametrize(("start", "plugin"), share(itertools.product(STARTS, PLUGIN), 0, 3))
def test_their_option_and_their_folder(repository: Repository, start: tuple[str, ...], plugin: tuple[str, ...]) -> None:
    code, printed = repository(*start, "-W", "error", *plugin, "--target", "mine", "--report", "tests")
    assert (code, "1 passed" in printed) == (0, True), printed
    assert ("conformance: target" in printed) == bool(plugin)


def test_their_package_of_our_name(repository: Repository) -> None:
    repository.write("conformance/__init__.py", "")
    code, printed = repository("python", "-m", "pytest", "-W", "error", "--target", "mine", "tests")
    assert (code, "1 passed" in printed) == (0, True), printed
    code, printed = repository("pytest", "-p", "conformance.plugin", "--target", "mine", "tests")
    package = repository.folder / "conformance"
    assert (code, f"{package} is a package with the name of the suite's" in printed) == (4, True), printed
    assert "rename it" in printed
    assert "Traceback" not in printed
    run = ("agw-conformance", "run", "-q", "--provider", "mistral", "--case", "path/full-replaces-path")
    code, printed = repository(*run, environment={"PYTHONPATH": str(repository.folder)})
    assert (code, "mistral: " in printed) == (0, True), printed


def test_options_that_nothing_heeds(repository: Repository) -> None:
    repository.write("k8s/a.yaml", "")
    for workers in share(((), ("-n", "1")), 1, 2):
        given = ("--target", "mine", "--agw-mutant", "query-kept", "tests")
        code, printed = repository("pytest", "-p", "conformance.plugin", *workers, *given)
        assert code != 0, printed
        assert (
            "--agw-mutant: none of the tests that were collected heeds it - add --pyargs conformance.cases" in printed
        )
        assert "1 passed" not in printed
    code, printed = repository("pytest", "-p", "conformance.plugin", "--agw-manifests", "k8s", "tests")
    assert code == 4
    assert "k8s/a.yaml: " in printed or "k8s: " in printed


def test_cases_run_in_any_folder(repository: Repository) -> None:
    chosen = ("--agw-provider", "mistral", "--agw-case", "path/full-replaces-path")
    code, printed = repository(
        "pytest", "-W", "error", "-p", "conformance.plugin", *chosen, "--pyargs", "conformance.cases"
    )
    assert (code, "mistral" in printed) == (0, True), printed
    assert re.search(r"\d+ passed", printed)
    code, printed = repository(
        "pytest", "-p", "conformance.plugin", "--agw-level", "sometimes", "--pyargs", "conformance.cases"
    )
    assert (code, "--agw-level sometimes: unknown - one of: must, should, may" in printed) == (4, True)


def test_the_recipe(repository: Repository) -> None:
    test, findings, plugin, fixture = blocks("python")
    (made,) = blocks("console")
    (job,) = map(yaml.safe_load, blocks("yaml"))
    shutil.rmtree(repository.folder / "tests")
    code, printed = repository(*made.removeprefix("$ ").split())
    assert code == 0, printed
    repository.write("tests/test_manifests.py", test)
    step = job["jobs"]["manifests"]["steps"][-1]
    last, key = step["run"].split(), step["env"]
    rendered = "import pathlib, pytest, yaml\n@pytest.fixture\ndef rendered():\n"
    rendered += "    return list(yaml.safe_load_all(pathlib.Path('k8s/groq.yaml').read_text()))\n"
    repository.write("conftest.py", f"{CONFTEST}\n{plugin}\n{rendered}")
    repository.write("tests/test_findings.py", findings)
    repository.write("tests/test_fixture.py", fixture)
    code, printed = repository(*last, "-W", "error", environment=key)
    assert (code, "3 passed" in printed) == (0, True), printed

    manifest = repository.folder / "k8s" / "groq.yaml"
    text = manifest.read_text()
    manifest.write_text(text.replace("hostname: api.groq.com", "hostname: api.grok.com"))
    assert manifest.read_text() != text
    code, printed = repository(*last[:-1], "tests/test_manifests.py", environment=key)
    assert (code, "1 failed" in printed) == (1, True), printed
    assert "remedy   set validation.hostname to api.groq.com" in printed
    assert "k8s/groq.yaml:" in printed

    manifest.write_text(text)
    code, printed = repository("pytest", "--agw-mutant", "path-not-replaced", "tests/test_fixture.py", environment=key)
    assert (code, "1 failed" in printed) == (1, True), printed
