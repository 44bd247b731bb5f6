"""`completion`: a script by which a shell completes our commands and options."""

from __future__ import annotations

import argparse

from conformance.cli.certify_options import certify_parser
from conformance.cli.parser import command_parser
from conformance.core.problems import ExitCode

__all__ = ["run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """Print the script. Returns an ExitCode."""
    import shtab

    parser = command_parser()
    commands = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    # The command's own parser knows none of its options: they are read by the one of certify.
    commands.choices["certify"] = certify_parser(kind=False)
    print(shtab.complete(parser, shell=options.shell))
    return ExitCode.CONFORMANT
