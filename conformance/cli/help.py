"""What the commands' `--help` has in common: examples, exit codes, how much is said, the options of a run."""

from __future__ import annotations

import argparse
import difflib
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.core.terminal import visible

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["CommandParser"]

__all__ = [
    "CERTIFY_EXAMPLES",
    "DIALECT",
    "EXIT_CODES",
    "CommandParser",
    "Examples",
    "add_command",
    "add_verbosity",
    "declare_run_options",
    "did_you_mean",
    "examples_text",
    "options_known",
]

Examples = Sequence[tuple[str, str]]
"""Command lines as a person types them, each with what it gives."""

DIALECT = "kgateway-2.1"
"""That of the documented page; `conformance.manifests.dialects` has them all, but `--help` should not wait for it."""

EXIT_CODES = "exit codes: 0 nothing failed, 1 a case failed, 2 bad input, 3 set-up failed, 130 interrupted"

CERTIFY_EXAMPLES: Examples = [
    ("agw-conformance certify acme.yaml", "one file"),
    ("agw-conformance certify my-provider/ --report report", "a folder, with reports"),
    ("kustomize build . | agw-conformance certify -", "what a tool renders"),
    ("agw-conformance certify --provider groq --dialect agentgateway-1 --write groq", "manifests made for a provider"),
    ("agw-conformance certify acme.yaml --secret acme-key=ACME_API_KEY", "a Secret that is kept elsewhere"),
    ("agw-conformance certify acme.yaml --target standalone", "by the agentgateway binary on PATH"),
    ("agw-conformance certify acme.yaml --full -k tls", "all variations, too; -k goes to pytest"),
]

_COLUMN = 46
"""Longer command lines have their text below."""


class CommandParser(argparse.ArgumentParser):
    """A parser whose first argument is the name of one of its `commands`, where it has any."""

    commands: Commands | None = None

    def parse_known_args(  # type: ignore[override]  # of its overloads, the one that we use
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse's, but a command that is not known is told with the one that was probably meant."""
        name = args[0] if args else "-"
        if self.commands is not None and not name.startswith("-") and name not in self.commands.choices:
            near = difflib.get_close_matches(name, self.commands.choices, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"one of: {', '.join(self.commands.choices)}"
            self.error(f"{visible(name)}: there is no such command - {remedy}")
        return super().parse_known_args(args, namespace)


def options_known(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """The long options of the command that these arguments call."""
    for word in arguments:
        if isinstance(parser, CommandParser) and parser.commands is not None and word in parser.commands.choices:
            parser = parser.commands.choices[word]
    return [flag for flag in parser._option_string_actions if flag.startswith("--")]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The option that was probably meant by a word that is none, as the end of a message; empty where nobody knows."""
    near = difflib.get_close_matches(word.partition("=")[0], known, n=1, cutoff=0.75) if word.startswith("--") else []
    return f" - did you mean {near[0]}?" if near else ""


def add_command(
    commands: Commands, name: str, text: str, examples: Examples, *, more: str = "", of_a_run: bool = False
) -> CommandParser:
    """A parser for one command, whose help tells `text`, its options, the examples and `more`.

    The options of a run are read by pytest (`of_a_run`): the help tells them, but this parser knows none of them.
    """
    parser = commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=examples_text(examples, more),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=not of_a_run,
        usage="%(prog)s [-h] [OPTION ...] [ARGUMENT OF PYTEST ...]" if of_a_run else None,
    )
    if of_a_run:
        parser.add_argument("-h", "--help", action=_RunHelp, help="show this help message and exit")
    return parser


def examples_text(examples: Examples, more: str = "") -> str:
    """The section with the examples, a line each."""
    width = max((len(line) for line, _ in examples if len(line) <= _COLUMN), default=0)
    lines: list[str] = []
    for line, text in examples:
        lines += [f"  {line.ljust(width)}  {text}"] if len(line) <= width else [f"  {line}", f"      {text}"]
    return "\n".join(["examples:", *lines, *(["", *textwrap.wrap(more, 100)] if more else [])])


def add_verbosity(
    parser: argparse._ActionsContainer,
    quiet: str = "no progress; of what went well, only the last line",
    verbose: str = "say more",
) -> None:
    """`options.quiet` (bool) and `options.verbose` (how often), and what they mean to the command."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("-q", "--quiet", action="store_true", help=quiet)
    how.add_argument("-v", "--verbose", action="count", default=0, help=verbose)


class _RunHelp(argparse.Action):
    """`--help` of commands whose options pytest reads: they are declared only to be told."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest=argparse.SUPPRESS, default=argparse.SUPPRESS, nargs=0, help=rest["help"])

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> NoReturn:
        declare_run_options(parser)
        parser.print_help()
        parser.exit()


def declare_run_options(parser: argparse.ArgumentParser, *, kind: bool = True, leave_out: Sequence[str] = ()) -> None:
    """What the plugin declares to pytest, and (`kind`) pytest-kind with it, as options of a parser of argparse."""
    # Imported here: only who asks for this help waits for it.
    from conformance.cli.options import add_options

    add_options(_Group(parser.add_argument_group("options of the suite"), leave_out), prefix="")
    if kind:
        from pytest_kind.plugin import pytest_addoption

        pytest_addoption(_PytestParser(parser))


class _Group:
    """A group of options as pytest offers it to plugins."""

    def __init__(self, group: Any, leave_out: Sequence[str] = ()) -> None:
        self._group = group
        self._leave_out = leave_out

    def addoption(self, *names: str, **rest: Any) -> None:
        """As argparse's add_argument, which has no name of its own for a value by default."""
        if names[0] in self._leave_out:
            return
        if rest.get("action", "store") == "store":
            rest.setdefault("metavar", "VALUE")
        self._group.add_argument(*names, **rest)


class _PytestParser:
    """The parser that pytest offers to plugins, as far as pytest-kind needs it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def getgroup(self, name: str) -> _Group:
        """A group of that name."""
        return _Group(self._parser.add_argument_group(f"options of pytest-{name}, for the target {name}"))
