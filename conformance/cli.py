"""The command `agw-conformance`: reads the command line and hands over to one module per command."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from conformance.problems import ExitCode, InputProblem, SetupProblem
from conformance.redaction import redact
from conformance.version import __version__

__all__ = ["main"]

DIALECT = "kgateway-2.1"
"""That of the documented page; `conformance.dialects` has them all, but `--help` should not wait for it."""

_EPILOG = """\
examples:
  agw-conformance run                          the documented providers on the embedded target
  agw-conformance run -k "mistral and tls"     arguments that are not ours go to pytest
  agw-conformance certify my-provider/         a verdict for your own manifests
  agw-conformance docs page.txt                a documentation page, step by step
  agw-conformance serve                        the embedded target, for kubectl and curl
  agw-conformance cases --json                 the catalogue of cases
  agw-conformance report verify report         is it as it was written

exit codes: 0 conformant, 1 a case failed, 2 bad input, 3 set-up failed, 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. A mistake in the input becomes one message, never a traceback."""
    _open_closed_streams()
    parser = _parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    options, rest = parser.parse_known_args(given)
    if rest and not options.takes_pytest_arguments:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    command: Callable[[argparse.Namespace, list[str]], int] = options.command
    try:
        with _sigterm_like_ctrl_c():
            return command(options, rest)
    except InputProblem as problem:
        return _say(problem, ExitCode.BAD_INPUT)
    except SetupProblem as problem:
        return _say(problem, ExitCode.SETUP_FAILED)
    except BrokenPipeError:
        return _without_reader(options.lists_only)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


@contextlib.contextmanager
def _sigterm_like_ctrl_c() -> Iterator[None]:
    """Whoever ends us politely gets everything cleaned up, whatever we are at."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there signals can be handled
        return

    def interrupt(signum: int, frame: object) -> None:
        # Not KeyboardInterrupt at once: whoever runs a loop ends its tasks in order on this one.
        signal.raise_signal(signal.SIGINT)

    previous = signal.signal(signal.SIGTERM, interrupt)
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored:
        # So start scripts their background jobs; it would be ignored also when we send it to ourselves.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _without_reader(lists_only: bool) -> int:
    """Whoever read our output has seen enough of a list; of a verdict, nobody knows what it would have been."""
    # What is still buffered must go somewhere, or the interpreter complains when it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if lists_only:
        return ExitCode.CONFORMANT
    return _say(SetupProblem("nobody read the output to its end, so there is no verdict"), ExitCode.SETUP_FAILED)


def _open_closed_streams() -> None:
    """Started with `>&-` there is no stream at all, and the first socket would get its number."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _say(problem: Exception, code: ExitCode) -> int:
    with contextlib.suppress(BrokenPipeError):  # then the exit code must say it
        print(f"agw-conformance: {redact(str(problem))}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agw-conformance",
        description="Conformance tests for OpenAI-compatible LLM providers behind agentgateway.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(takes_pytest_arguments=False, lists_only=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="the cases against a target; further arguments go to pytest")
    run.set_defaults(command=_run, takes_pytest_arguments=True)

    certify = commands.add_parser("certify", help="a verdict for given manifests; further arguments go to pytest")
    certify.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, or - for standard input")
    certify.set_defaults(command=_certify, takes_pytest_arguments=True)

    docs = commands.add_parser("docs", help="a documentation page: its manifests and requests, step by step")
    docs.add_argument("pages", nargs="+", metavar="PAGE")
    docs.add_argument("--dialect", default=None, metavar="NAME", help="the page's API (default: what it applies is in)")
    docs.set_defaults(command=_docs)

    serve = commands.add_parser("serve", help="the embedded target in the foreground, for kubectl and curl")
    serve.add_argument("--port", type=int, default=8080, help="the gateway's port (default 8080; 0: any)")
    serve.add_argument("--kubeconfig", metavar="FILE", help="write the kubeconfig there (default: a temporary file)")
    serve.add_argument("--case", metavar="ID", help="let this case's scenario stand, to play with")
    serve.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"the API of the page (default: {DIALECT})")
    serve.add_argument("--provider", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    serve.set_defaults(command=_serve)

    schemas = commands.add_parser(
        "schemas",
        help="does a target's API take and refuse what the embedded one does; options of `run` that choose it",
    )
    schemas.set_defaults(command=_schemas, takes_pytest_arguments=True)

    rbac = commands.add_parser("cluster-rbac", help="the rights that `run --target cluster` needs, as YAML for kubectl")
    rbac.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"of the gateway (default: {DIALECT})")
    rbac.add_argument("--gateway", metavar="NAMESPACE/NAME", help="the Gateway to test (default: the documented one)")
    rbac.add_argument("--namespace", metavar="NAME", help="of the ServiceAccount (default: one of the run's own)")
    rbac.add_argument("--ca-secret", metavar="NAMESPACE/NAME", help="for runs with this option")
    rbac.add_argument("--allow-dns-change", action="store_true", help="for runs with this option")
    rbac.set_defaults(command=_cluster_rbac, lists_only=True)

    cases = commands.add_parser("cases", help="the catalogue: id, level, statement, source, what it needs")
    cases.add_argument("--json", action="store_true", help="as JSON")
    cases.add_argument("--table", action="store_true", help="as the Markdown table of lines and cases in docs/")
    cases.set_defaults(command=_cases, lists_only=True)

    report = commands.add_parser("report", help="what can be made from kept reports")
    kinds = report.add_subparsers(required=True, metavar="WHAT")
    table = kinds.add_parser("table", help="areas and targets, as a Markdown table")
    table.add_argument("reports", nargs="+", metavar="FILE", help="report.yaml files, a column each")
    table.add_argument("--into", metavar="FILE", help="put it into this file, between the marks for it")
    table.set_defaults(command=_report_table)
    verify = kinds.add_parser("verify", help="was a report altered, or does it belong to other manifests")
    verify.add_argument("place", metavar="DIR", help="what --report wrote")
    verify.add_argument("--manifests", nargs="+", default=[], metavar="PATH", help="files, folders, or - for stdin")
    verify.set_defaults(command=_report_verify)
    show = kinds.add_parser("show", help="the summary of a report")
    show.add_argument("place", metavar="DIR", help="what --report wrote")
    show.set_defaults(command=_report_show, lists_only=True)
    return parser


# Each command's module is imported when it is asked for: `--help` should not wait for a Kubernetes client.


def _run(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.run import run_cases

    return run_cases(rest)


def _certify(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.run import certify

    return certify(options.paths, rest)


def _docs(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.docs import run_pages

    return run_pages(options.pages, options.dialect)


def _serve(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.serve import serve

    return serve(options.port, options.kubeconfig, options.case, options.provider, options.dialect)


def _schemas(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.schemas import compare_schemas

    return compare_schemas(rest)


def _cluster_rbac(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.cluster_rbac import print_rights

    places = (options.gateway, options.namespace, options.ca_secret)
    return print_rights(options.dialect, *places, allow_dns_change=options.allow_dns_change)


def _report_table(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.report import table

    return table(options.reports, options.into)


def _report_verify(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.report import verify

    return verify(options.place, options.manifests)


def _report_show(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.report import show

    return show(options.place)


def _cases(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.commands.cases import list_cases

    return list_cases(as_json=options.json, as_table=options.table)
