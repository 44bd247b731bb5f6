"""README and docs/: what they show of a terminal is what is printed, and each command is known to whoever reads it."""

from __future__ import annotations

import argparse
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import yaml

from conformance.cli.certify_options import certify_parser
from conformance.cli.help import declare_run_options
from conformance.cli.parser import command_parser
from conformance.core.providers.shipped import list_providers
from tests.support.documents import ALL, PLAYED, Step, play, steps
from tests.support.paths import ROOT

README = ROOT / "README.md"
PYTESTS_OWN = {"-k", "-m", "-n", "-q"}

COMMANDS = [step for page in ALL for step in steps(str(page.relative_to(ROOT))) if not step.file]


def test_the_readme_leads_and_does_not_tell_all() -> None:
    assert README.read_text(encoding="utf-8").count("\n") <= 200


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/provider.md"])
def test_providers_are_counted(page: str) -> None:
    assert f"facts of {len(list_providers())}" in (ROOT / page).read_text(encoding="utf-8")


def test_what_is_said_to_be_supported_is_tested() -> None:
    said = re.search(r"\| Python \| ([\d., ]+),", (ROOT / "docs/project/versions.md").read_text(encoding="utf-8"))
    assert said
    with (ROOT / "pyproject.toml").open("rb") as file:
        classifiers = tomllib.load(file)["project"]["classifiers"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8"))
    tested = workflow["jobs"]["embedded"]["strategy"]["matrix"]["python"]
    assert said[1].split(", ") == tested == [one.rpartition(" ")[2] for one in classifiers if "Python :: 3." in one]


def test_what_is_made_from_the_code_is_as_the_code_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")  # whatever the terminal is
    reference = runpy.run_path(str(ROOT / ".ci" / "reference.py"))
    pages = {page: page.read_text(encoding="utf-8") for page in ALL}
    named = re.findall(r"<!-- generated: (\w+) -->\n(?=[|#])", "".join(pages.values()))
    assert sorted(named) == sorted(reference["GENERATORS"])
    others = [page.name for page, text in pages.items() if reference["filled"](text) != text]
    assert others == [], "renew it with: make table"


@pytest.mark.slow
@pytest.mark.parametrize("group", PLAYED)
def test_what_is_shown_is_printed(group: str, tmp_path: Path) -> None:
    """`python -m tests.support.documents` renews the figures."""
    others = [
        f"{one.step.page}: {one.step.command}: exit code {one.code}\n{one.printed}"
        for one in play(group, tmp_path)
        if one.code != one.expected_code or not one.step.agrees(one.printed)
    ]
    assert others == [], "\n\n".join(others)


def test_every_command_is_carried_out() -> None:
    """Here, or by what is named for it; a new command in a page that is not played has to be named."""
    played = {page for pages in PLAYED.values() for page in pages}
    unknown = [f"{one.page}: {one.command}" for one in COMMANDS if not one.elsewhere and one.page not in played]
    assert unknown == []
    assert {one.elsewhere for one in COMMANDS if one.elsewhere and not (ROOT / one.elsewhere).exists()} == set()


@pytest.mark.slow
def test_every_command_line_is_one() -> None:
    """Also of those that need a cluster: commands and options are there, and take what they are given."""
    for step in COMMANDS:
        if step.words[0] == "agw-conformance":
            unknown = [word for word in _rest(step) if word.startswith("-") and word not in PYTESTS_OWN]
            assert unknown == [], f"{step.page}: {step.command}"
        if step.words[0] == "make":
            assert re.search(rf"^{step.words[1]}\b.*:", (ROOT / "Makefile").read_text(), re.MULTILINE), step.command


def _rest(step: Step) -> list[str]:
    """What no parser of ours knows."""
    words = step.words[1:]
    words = words[: next((place for place, word in enumerate(words) if word in ("|", ">")), len(words))]
    if words == ["--version"]:
        return []
    if words[0] == "certify":
        certify_parser().parse_args(words[1:])
        return []
    options, rest = command_parser().parse_known_args(words)
    if options.command != "run":
        return rest
    parser = argparse.ArgumentParser(allow_abbrev=False)
    declare_run_options(parser)
    return parser.parse_known_args(rest)[1]


def test_the_readme_links_to_what_is_there() -> None:
    """Links of the other pages are held by `make docs`, which counts only warnings that it says."""
    (build,) = re.findall(r"^.*\bmkdocs build\b.*$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "--strict" in build
    assert "-q" not in build
    links = re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", README.read_text(encoding="utf-8"))
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []
