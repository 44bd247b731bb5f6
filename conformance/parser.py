"""The command line: commands, their options and their help."""

from __future__ import annotations

import argparse

from conformance import dispatch
from conformance.version import __version__

__all__ = ["command_parser"]

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


def command_parser() -> argparse.ArgumentParser:
    """Each command sets `command`, `takes_pytest_arguments` and `lists_only`."""
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
    run.set_defaults(command=dispatch.run, takes_pytest_arguments=True)

    certify = commands.add_parser("certify", help="a verdict for given manifests; further arguments go to pytest")
    certify.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, or - for standard input")
    certify.set_defaults(command=dispatch.certify, takes_pytest_arguments=True)

    docs = commands.add_parser("docs", help="a documentation page: its manifests and requests, step by step")
    docs.add_argument("pages", nargs="+", metavar="PAGE")
    docs.add_argument("--dialect", default=None, metavar="NAME", help="the page's API (default: what it applies is in)")
    docs.set_defaults(command=dispatch.docs)

    serve = commands.add_parser("serve", help="the embedded target in the foreground, for kubectl and curl")
    serve.add_argument("--port", type=int, default=8080, help="the gateway's port (default 8080; 0: any)")
    serve.add_argument("--kubeconfig", metavar="FILE", help="write the kubeconfig there (default: a temporary file)")
    serve.add_argument("--case", metavar="ID", help="let this case's scenario stand, to play with")
    serve.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"the API of the page (default: {DIALECT})")
    serve.add_argument("--provider", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    serve.set_defaults(command=dispatch.serve)

    schemas = commands.add_parser(
        "schemas",
        help="does a target's API take and refuse what the embedded one does; options of `run` that choose it",
    )
    schemas.set_defaults(command=dispatch.schemas, takes_pytest_arguments=True)

    rbac = commands.add_parser("cluster-rbac", help="the rights that `run --target cluster` needs, as YAML for kubectl")
    rbac.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"of the gateway (default: {DIALECT})")
    rbac.add_argument("--gateway", metavar="NAMESPACE/NAME", help="the Gateway to test (default: the documented one)")
    rbac.add_argument("--namespace", metavar="NAME", help="of the ServiceAccount (default: one of the run's own)")
    rbac.add_argument("--ca-secret", metavar="NAMESPACE/NAME", help="for runs with this option")
    rbac.add_argument("--allow-dns-change", action="store_true", help="for runs with this option")
    rbac.set_defaults(command=dispatch.cluster_rbac, lists_only=True)

    cases = commands.add_parser("cases", help="the catalogue: id, level, statement, source, what it needs")
    cases.add_argument("--json", action="store_true", help="as JSON")
    cases.add_argument("--table", action="store_true", help="as the Markdown table of lines and cases in docs/")
    cases.set_defaults(command=dispatch.cases, lists_only=True)

    report = commands.add_parser("report", help="what can be made from kept reports")
    kinds = report.add_subparsers(required=True, metavar="WHAT")
    table = kinds.add_parser("table", help="areas and targets, as a Markdown table")
    table.add_argument("reports", nargs="+", metavar="FILE", help="report.yaml files, a column each")
    table.add_argument("--into", metavar="FILE", help="put it into this file, between the marks for it")
    table.set_defaults(command=dispatch.report_table)
    verify = kinds.add_parser("verify", help="was a report altered, or does it belong to other manifests")
    verify.add_argument("place", metavar="DIR", help="what --report wrote")
    verify.add_argument("--manifests", nargs="+", default=[], metavar="PATH", help="files, folders, or - for stdin")
    verify.set_defaults(command=dispatch.report_verify)
    show = kinds.add_parser("show", help="the summary of a report")
    show.add_argument("place", metavar="DIR", help="what --report wrote")
    show.set_defaults(command=dispatch.report_show, lists_only=True)
    return parser
