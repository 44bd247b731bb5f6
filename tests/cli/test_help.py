"""Each command's `--help`: it has examples, and these are command lines that the parsers take."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.cli import main
from conformance.cli.certify_options import certify_parser
from conformance.cli.help import declare_run_options
from conformance.cli.parser import command_parser
from tests.support.hangs import HANGS


def commands(parser: argparse.ArgumentParser, *words: str) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """The words and the parser of every command and sub-command; no words for the command itself."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, *words, name)


COMMANDS = dict(commands(command_parser()))


def help_of(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def examples(text: str) -> list[list[str]]:
    """The arguments of each example: what stands between our command's name and a pipe or a redirection."""
    section = text.partition("\nexamples:\n")[2].partition("\n\n")[0]
    lines = [line for line in section.splitlines() if not line.startswith("      ")]
    found: list[list[str]] = []
    for line in lines:
        command = re.split(r"  +", line.strip())[0]
        words = shlex.split(command)
        words = words[words.index("agw-conformance") + 1 :]
        ends = [words.index(one) for one in ("|", ">", "&&") if one in words]
        found.append(words[: min(ends, default=len(words))])
    return found


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_examples_are_command_lines_of_this_command(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    found = examples(help_of(words, capsys))
    assert found
    for arguments in found:
        assert tuple(arguments[: len(words)]) == words
        options, rest = command_parser().parse_known_args(arguments)
        if arguments[:1] == ["certify"]:
            rest = certify_parser().parse_known_intermixed_args(rest)[1]
            assert rest == [] or rest[0] in ("-k", "-m")
        elif options.takes_pytest_arguments:
            ours = argparse.ArgumentParser()
            declare_run_options(ours)
            rest = ours.parse_known_args(rest)[1]
            assert rest == [] or rest[0] in ("-k", "-m")
        else:
            assert rest == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(words: tuple[str, ...]) -> None:
    parser = COMMANDS[words]
    if words == ("run",):
        declare_run_options(parser)
    silent = [action.dest for action in parser._actions if not action.help]
    assert silent == [action.dest for action in parser._actions if isinstance(action, argparse._SubParsersAction)]


@pytest.mark.parametrize("command", ["run", "schemas"])
def test_the_options_that_pytest_reads_are_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of((command,), capsys)
    for option in ("--target NAME", "--gateway NAMESPACE/NAME", "--kind-image VALUE"):
        assert option in text
    assert "--stdin" not in text


def test_help_waits_for_no_kubernetes_client() -> None:
    code = (
        "import sys; from conformance.cli import main\n"
        "try: main(['docs', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'kubernetes', 'pytest', 'httpx', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=HANGS)
    assert done.stdout.splitlines()[-1] == "[]"
