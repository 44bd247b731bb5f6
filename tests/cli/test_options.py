"""How our options are spelled: with a prefix in pytest, without in the command, and told as the person spelled them."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from conformance.cli.options import add_options, for_pytest, in_pytest, options_given, read_options

ALWAYS = ("--agw-target=embedded", "--agw-level=should", "--agw-command")
"""What the command passes on whatever it was given."""


class Group:
    """pytest's group of options, as argparse has it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def addoption(self, *names: str, **rest: Any) -> None:
        self._parser.add_argument(*names, **rest)


def parsed(*arguments: str) -> argparse.Namespace:
    """Arguments as pytest reads them, where somebody else has an option --target."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--target", default="theirs")
    add_options(Group(parser))
    return parser.parse_args(arguments)


def test_another_one_s_option_is_not_ours() -> None:
    option = parsed("--target", "moon", "--agw-level", "must")
    assert read_options(option).on.target == "embedded"
    assert read_options(option).level == "must"
    assert options_given(option) == ["level"]
    assert options_given(parsed("--agw-target", "embedded")) == []


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["-k", "mistral and tls", "-m", "must"], ["-k", "mistral and tls", "-m", "must"]),
        (["--target", "kind", "-n", "2"], ["--agw-target=kind", "-n", "2"]),
        (["--target=kind", "--durations=3"], ["--agw-target=kind", "--durations=3"]),
        (["--case", "a/b", "-q", "--case", "c/d"], ["--agw-case=a/b", "--agw-case=c/d", "-q"]),
        (["--allow-dns-change", "--kubeconfig", "k"], ["--agw-allow-dns-change", "--kubeconfig", "k"]),
        (["--helm-set", "a=b,c=d"], ["--agw-helm-set=a=b,c=d"]),
        (["--report=-odd"], ["--agw-report=-odd"]),
        (["--targets", "x"], ["--targets", "x"]),
    ],
)
def test_the_command_passes_its_options_on(arguments: list[str], passed: list[str]) -> None:
    found, target = for_pytest(arguments)
    assert [one for one in found if one not in ALWAYS] == passed
    assert target == ("kind" if "--agw-target=kind" in passed else "embedded")


def test_what_is_passed_on_is_read_as_it_was_meant() -> None:
    given = ["--provider", "groq", "--report", "a b", "--level", "may", "--case", "tls/policy-makes-tls"]
    assert read_options(parsed(*for_pytest(given)[0])) == read_options(parsed(*_prefixed(given)))


def _prefixed(given: list[str]) -> list[str]:
    return [f"--agw-{one[2:]}" if one.startswith("--") else one for one in given]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "--chart: only the kind target - add --target kind",
            "--agw-chart: only the kind target - add --agw-target kind",
        ),
        ("--chart-version 1", "--agw-chart-version 1"),
        ("--kind-config x, --kind-image y", "--agw-kind-config x, --kind-image y"),
        ("--agw-target x", "--agw-target x"),
        ("a--target --targets", "a--target --targets"),
    ],
)
def test_messages_name_options_as_they_were_given(said: str, told: str) -> None:
    assert in_pytest(said, parsed()) == told
    assert in_pytest(said, parsed("--agw-command")) == said
