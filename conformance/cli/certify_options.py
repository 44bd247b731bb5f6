"""The command line of `certify`: what is certified, on which target, and how it is told."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

from conformance.certification.config.model import NAME
from conformance.certification.config.reading import load_config
from conformance.certification.formats import FORMATS
from conformance.certification.request import CertifyRequest, Part, RunOptions, parts_of
from conformance.cli.help import (
    CERTIFY_EXAMPLES,
    EXIT_CODES,
    add_verbosity,
    declare_run_options,
    did_you_mean,
    examples_text,
    options_known,
)
from conformance.cli.options import read_options
from conformance.cli.writing import FixOptions, check_fix_options
from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass

__all__ = ["CertifyOptions", "arguments_of_a_run", "certify_parser", "read_certify_options"]

# pytest-kind takes long to import, and has --kubeconfig, --cluster-name, --keep-cluster and --kind-...
_OF_A_CLUSTER = re.compile("kind|cluster|kubeconfig")


@dataclass(frozen=True)
class CertifyOptions:
    """A command line of `certify`: what is asked for, whether by the whole catalogue, and how much is said.

    `named`: what is certified by itself each, with its name; one without a name where it is all together.
    """

    named: tuple[tuple[str, CertifyRequest], ...]
    full: bool = False
    quiet: bool = False
    verbose: int = 0
    format: str = "text"
    fix: FixOptions = field(default_factory=FixOptions)
    watch: bool = False

    @property
    def request(self) -> CertifyRequest:
        """The first of them."""
        return self.named[0][1]


def certify_parser(*, kind: bool = True) -> argparse.ArgumentParser:
    """The whole command line, options of the target included; those of pytest-kind only if it is that one."""
    parser = argparse.ArgumentParser(
        prog="agw-conformance certify",
        usage="%(prog)s [OPTION ...] PATH ...\n       %(prog)s [OPTION ...] --provider NAME",
        description="A verdict for given manifests: what is wrong, where, and how to mend it.",
        epilog=examples_text(CERTIFY_EXAMPLES, EXIT_CODES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, folders, or - for standard input (default: the groups of the configuration)",
    )
    own = parser.add_argument_group("what is certified, and how")
    own.add_argument(
        "--secret",
        action="append",
        default=[],
        metavar="[NAMESPACE/]NAME=VARIABLE",
        help="the environment variable that holds the key of a Secret that is not among the manifests; repeatable"
        " (default: a made-up key)",
    )
    own.add_argument(
        "--write",
        default=None,
        metavar="DIR",
        help="with --provider and without PATH: keep the manifests that were made for it there",
    )
    own.add_argument(
        "--config",
        default=None,
        metavar="FILE",
        help=f"what the repository says of its manifests (default: {NAME} here or above, in the same checkout;"
        " none: nothing)",
    )
    own.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME",
        help="without PATH: a group of the configuration; repeatable (default: all, each by itself)",
    )
    own.add_argument(
        "--apart",
        action="store_true",
        help="certify each PATH by itself, not all together; of a folder with Kustomizations each overlay",
    )
    own.add_argument(
        "--helm-values",
        action="append",
        default=[],
        metavar="FILE",
        help="values for the charts among the paths; repeatable, the last counts",
    )
    own.add_argument(
        "--strict",
        action="store_true",
        help="an error where something is assumed that the manifests do not show, such as a Secret made elsewhere;"
        " exit code 2 where something could not be judged",
    )
    own.add_argument(
        "--gateway-version",
        default=None,
        metavar="VERSION",
        help="the release for which the manifests are meant: what it is known to do otherwise is a warning; kgateway"
        " 2.1 or agentgateway 0.10 (dialect kgateway-2.1), agentgateway 1.4 or main (agentgateway-1)"
        " (default: that of the dialect; where the target is a real gateway, its own)",
    )
    own.add_argument(
        "--watch",
        action="store_true",
        help="certify again what a saved file concerns, without a search for fixes, until Ctrl-C",
    )
    own.add_argument("--no-fix", action="store_true", help="do not search for the change that mends a failure")
    own.add_argument(
        "--fix",
        action="store_true",
        help="write the change that was found into the files, where Git has them as they are; asks first",
    )
    own.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    own.add_argument("--backup", action="store_true", help="with --fix: keep a copy of each file beside it, not Git")
    own.add_argument(
        "--full",
        action="store_true",
        help="the whole catalogue with all its variations, by pytest, which gets unknown arguments"
        " (as `run --manifests`)",
    )
    own.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="what standard output holds: text for people, else one document for a program (default: text)",
    )
    add_verbosity(own)
    declare_run_options(parser, kind=kind, leave_out=("--manifests", "--stdin"))
    parser.set_defaults(agw_manifests=[], agw_stdin=None)
    return parser


def read_certify_options(arguments: Sequence[str]) -> CertifyOptions:
    """The options. Raises InputProblem; argparse itself exits with 2."""
    asked = any(one in ("-h", "--help") or _OF_A_CLUSTER.search(one) for one in arguments)
    # Options may stand between paths, which only this way of parsing takes.
    parser = certify_parser(kind=asked)
    options, rest = parser.parse_known_intermixed_args(list(arguments))
    if rest and not options.full:
        meant = did_you_mean(rest[0], options_known(parser, ())).removeprefix(" - ")
        usual = "see `agw-conformance certify --help`; pytest's go with --full"
        raise InputProblem(f"unknown argument {rest[0]}", remedy=meant or usual)
    run = replace(read_options(options), manifests=tuple(options.paths))
    config = load_config(options.config)
    parts = parts_of(config, run, options.group, apart=options.apart)
    _check_together(options, run, parts)
    if len(parts) > 1 and options.format not in ("text", "github"):
        message = f"--format {options.format} is one document, and {len(parts)} groups are certified apart"
        raise InputProblem(message, remedy="choose one by --group" if not run.manifests else "leave out --apart")
    request = CertifyRequest(
        run,
        tuple(options.secret),
        Path(options.write) if options.write is not None else None,
        fix=not options.no_fix,
        strict=options.strict,
        gateway_version=options.gateway_version,
        config=config,
        values=tuple(options.helm_values),
    )
    named = tuple((part.name, part.of(request)) for part in parts)
    fix = FixOptions(options.fix, options.yes, options.backup)
    for _, request in named:
        check_fix_options(fix, request.run.manifests, search=request.fix, text=options.format == "text")
    return CertifyOptions(named, options.full, options.quiet, options.verbose, options.format, fix, options.watch)


def _check_together(options: argparse.Namespace, run: RunOptions, parts: Sequence[Part]) -> None:
    """Raise InputProblem for options that do not go together."""
    if options.write is not None and (run.manifests or not run.providers):
        raise InputProblem("--write keeps what is made for a --provider", remedy="leave out the paths, or --write")
    if options.full and (len(parts) > 1 or not run.manifests):
        raise InputProblem("--full needs paths", remedy="`agw-conformance run --provider NAME` has no need of them")
    if options.watch and (options.full or options.fix or options.format != "text" or "-" in run.manifests):
        remedy = "leave out the one or the other"
        raise InputProblem("--watch does not go with --full, --fix, --format or standard input", remedy=remedy)
    if options.watch and not any(part.paths for part in parts):
        raise InputProblem("--watch needs files or folders", remedy="give them, or name them in the configuration")
    if options.full and options.gateway_version:
        raise InputProblem("--gateway-version does not go with --full", remedy="certify without --full to hear of it")
    if options.full and options.helm_values:
        raise InputProblem("--helm-values does not go with --full", remedy="hand in what `helm template` makes")
    if options.full and options.secret:
        raise InputProblem("--secret does not go with --full", remedy="give a Secret whose value is a $VARIABLE")
    if options.full and options.format != "text":
        raise InputProblem("--format does not go with --full", remedy="--report DIR writes JUnit, YAML and others")


def arguments_of_a_run(arguments: Sequence[str], paths: Sequence[str]) -> list[str]:
    """What of a command line with --full is for `run`, which has its manifests by an option."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--full", "--no-fix", "--strict", "--apart"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--config")
    return [one for one in parser.parse_known_args(list(arguments))[1] if one not in paths]
