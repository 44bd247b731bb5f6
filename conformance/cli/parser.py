"""The command line: commands, their options and their help."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.cli.help import DIALECT, EXIT_CODES, CommandParser, add_command, add_verbosity, examples_text
from conformance.cli.help_of_small import add_completion, add_config, add_diff, add_explain, add_mutants, add_windows
from conformance.version import __version__

if TYPE_CHECKING:
    from conformance.cli.help import Commands

__all__ = ["add_provider", "command_parser"]

_EXAMPLES = [
    ("agw-conformance run", "the documented providers on the embedded target"),
    ('agw-conformance run -k "mistral and tls"', "arguments that are not ours go to pytest"),
    ("agw-conformance certify my-provider/", "a verdict for your own manifests"),
    ("agw-conformance docs page.txt", "a documentation page, step by step"),
    ("agw-conformance provider list", "the providers whose facts the suite has"),
    ("agw-conformance serve", "the embedded target, for kubectl and curl"),
    ("agw-conformance cases --json", "the catalogue of cases"),
    ("agw-conformance report verify report", "is it as it was written"),
]

_PYTEST = (
    "Everything else goes to pytest, such as -k EXPRESSION, -m AREA or LEVEL, -q, -v, -x, --durations N;"
    " `pytest --help` tells them all. " + EXIT_CODES[0].upper() + EXIT_CODES[1:] + "."
)


def command_parser() -> argparse.ArgumentParser:
    """Each command sets `command`, its module in `commands`, and `takes_pytest_arguments` and `lists_only`."""
    parser = CommandParser(
        prog="agw-conformance",
        description="Conformance tests for OpenAI-compatible LLM providers behind agentgateway.",
        epilog=examples_text(_EXAMPLES, EXIT_CODES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(takes_pytest_arguments=False, lists_only=False)
    parser.commands = commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_certify(commands)
    _add_changed(commands)
    _add_docs(commands)
    add_provider(commands)
    _add_serve(commands)
    _add_schemas(commands)
    _add_cluster_rbac(commands)
    _add_cases(commands)
    add_mutants(commands)
    add_diff(commands)
    add_windows(commands)
    add_config(commands)
    add_explain(commands)
    add_completion(commands)
    _add_report(commands)
    return parser


def _add_run(commands: Commands) -> None:
    examples = [
        ("agw-conformance run", "the documented providers on the embedded target"),
        ('agw-conformance run -k "mistral and tls"', "arguments that are not ours go to pytest"),
        ("agw-conformance run -m must", "one level; -m takes areas, too"),
        ("agw-conformance run --report report", "report.html, report.yaml and the others there"),
        ("agw-conformance run --case path/full-replaces-path --provider mistral", "one case for one provider"),
        ("agw-conformance run --manifests my-provider/ --level must", "the whole catalogue for your own manifests"),
        ("agw-conformance run --target standalone", "the agentgateway binary on PATH, with a file"),
        ("agw-conformance run --target kind --dialect agentgateway-1", "a gateway installed into a kind cluster"),
        ("agw-conformance run --target cluster --gateway agents/llm", "a Gateway that stands in your cluster"),
    ]
    run = add_command(
        commands,
        "run",
        "the cases against a target; further arguments go to pytest",
        examples,
        more=_PYTEST,
        of_a_run=True,
    )
    run.set_defaults(command="run", takes_pytest_arguments=True)


def _add_certify(commands: Commands) -> None:
    # It parses all by itself, `--help` included: nobody else should wait for what its options are made of.
    certify = commands.add_parser("certify", help="a verdict for given manifests, or a provider's", add_help=False)
    certify.set_defaults(command="certify", takes_pytest_arguments=True)


def _add_changed(commands: Commands) -> None:
    examples = [
        ("agw-conformance changed --base origin/main", "which files are to be certified"),
        ("agw-conformance changed --base origin/main --certify", "certify them; the worst exit code of all"),
        ("agw-conformance changed providers/acme/route.yaml --certify", "the file, with the others of its folder"),
        ('agw-conformance changed --certify --options="--level must"', "all that Git knows, with options of certify"),
    ]
    text = "the manifests that a change concerns: the folders of changed files with a Backend of an AI provider"
    changed = add_command(commands, "changed", text, examples)
    changed.add_argument("files", nargs="*", metavar="FILE", help="changed files (default: ask Git)")
    changed.add_argument("--base", metavar="REF", help="what differs from where the branch left it (default: all)")
    changed.add_argument("--config", metavar="FILE", help="as of certify: its groups are what belongs together")
    changed.add_argument("--certify", action="store_true", help="certify them, folder by folder, instead of a list")
    changed.add_argument("--report", metavar="DIR", help="with --certify: reports below it, in folders of these names")
    changed.add_argument(
        "--options", default="", metavar="TEXT", help="with --certify: further options of certify, as --options=TEXT"
    )
    changed.set_defaults(command="changed")


def _add_docs(commands: Commands) -> None:
    examples = [
        ("agw-conformance docs page.txt", "each step of the page, and notes on it"),
        ("agw-conformance docs website/content/docs/page.md --when 2.1.x", "its tabs one by one, for one version"),
        ("agw-conformance docs page.txt -q", "only what did not go well"),
        ("agw-conformance docs page.txt --dialect agentgateway-1", "a page that does not tell its dialect"),
    ]
    docs = add_command(commands, "docs", "a documentation page: its manifests and requests, step by step", examples)
    docs.add_argument("pages", nargs="+", metavar="PAGE", help="a page as Markdown, HTML or text")
    docs.add_argument("--dialect", default=None, metavar="NAME", help="the page's API (default: what it applies is in)")
    docs.add_argument(
        "--when",
        action="append",
        default=[],
        metavar="WORD",
        help="read the parts that are for this version or product only, such as 2.1.x; repeatable",
    )
    add_verbosity(docs, "of the steps, tell only those that did not go well", "tell what was on the wire, too")
    docs.set_defaults(command="docs")


def _add_serve(commands: Commands) -> None:
    examples = [
        ("agw-conformance serve", "port 8080, kubeconfig in a temporary file"),
        ("agw-conformance serve --port 0 --kubeconfig kubeconfig", "any port; where kubectl finds the API"),
        ("agw-conformance serve --case path/full-replaces-path", "one case's scenario, to play with"),
        ("agw-conformance serve --provider ./acme.yaml", "with a lookalike of a provider of your own, too"),
    ]
    serve = add_command(commands, "serve", "the embedded target in the foreground, for kubectl and curl", examples)
    serve.add_argument("--port", type=int, default=8080, help="the gateway's port (default 8080; 0: any)")
    serve.add_argument("--kubeconfig", metavar="FILE", help="write the kubeconfig there (default: a temporary file)")
    serve.add_argument("--case", metavar="ID", help="let this case's scenario stand, to play with")
    serve.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"the API of the page (default: {DIALECT})")
    serve.add_argument(
        "--provider",
        action="append",
        default=[],
        metavar="NAME",
        help="a name, or a file with facts, whose host answers, too; repeatable",
    )
    serve.set_defaults(command="serve")


def _add_schemas(commands: Commands) -> None:
    examples = [
        ("agw-conformance schemas --target kind", "in a cluster made for it"),
        ("agw-conformance schemas --target cluster --dialect agentgateway-1", "in the cluster of your kubeconfig"),
    ]
    schemas = add_command(
        commands,
        "schemas",
        "whether a target's API takes and refuses what the embedded one does; options of `run` choose it",
        examples,
        of_a_run=True,
    )
    schemas.set_defaults(command="schemas", takes_pytest_arguments=True)


def _add_cluster_rbac(commands: Commands) -> None:
    examples = [
        ("agw-conformance cluster-rbac | kubectl apply -f-", "for the documented Gateway"),
        ("agw-conformance cluster-rbac --gateway agents/llm", "for a Gateway of yours"),
    ]
    text = "the rights that `run --target cluster` needs, as YAML for kubectl"
    rbac = add_command(commands, "cluster-rbac", text, examples)
    rbac.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"of the gateway (default: {DIALECT})")
    rbac.add_argument("--gateway", metavar="NAMESPACE/NAME", help="the Gateway to test (default: the documented one)")
    rbac.add_argument("--namespace", metavar="NAME", help="of the ServiceAccount (default: one of the run's own)")
    rbac.add_argument("--ca-secret", metavar="NAMESPACE/NAME", help="for runs with this option")
    rbac.add_argument("--allow-dns-change", action="store_true", help="for runs with this option")
    rbac.set_defaults(command="cluster_rbac", lists_only=True)


def _add_cases(commands: Commands) -> None:
    examples = [
        ("agw-conformance cases", "a line or two each"),
        ("agw-conformance cases --json", "for a program"),
        ("agw-conformance cases --table", "lines of the catalogue and the cases that cover them"),
    ]
    text = "the catalogue: id, level, statement, source, what it needs"
    cases = add_command(commands, "cases", text, examples)
    cases.add_argument("--json", action="store_true", help="as JSON")
    cases.add_argument("--table", action="store_true", help="as the Markdown table of lines and cases in docs/")
    cases.set_defaults(command="cases", lists_only=True)


def _add_report(commands: Commands) -> None:
    show = ("agw-conformance report show report", "its summary")
    verify = ("agw-conformance report verify report", "is it as it was written")
    verify_manifests = ("agw-conformance report verify report --manifests acme.yaml", "and is it about these manifests")
    table = ("agw-conformance report table embedded/report.yaml kind/report.yaml", "areas and targets, side by side")
    table_into = ("agw-conformance report table report/report.yaml --into README.md", "kept up to date in a file")
    merge = ("agw-conformance report merge shard-1 shard-2 --into report", "one report of the shards of a run")
    report = add_command(commands, "report", "what can be made from kept reports", [show, verify, table, merge])
    report.commands = kinds = report.add_subparsers(required=True, metavar="WHAT")
    made = add_command(kinds, "table", "areas and targets, as a Markdown table", [table, table_into])
    made.add_argument("reports", nargs="+", metavar="FILE", help="report.yaml files, a column each")
    made.add_argument("--into", metavar="FILE", help="put it into this file, between the marks for it")
    made.set_defaults(command="report", what="table")
    text = "whether a report was altered, or belongs to other manifests"
    verified = add_command(kinds, "verify", text, [verify, verify_manifests])
    verified.add_argument("place", metavar="DIR", help="what --report wrote")
    verified.add_argument("--manifests", nargs="+", default=[], metavar="PATH", help="files, folders, or - for stdin")
    verified.set_defaults(command="report", what="verify")
    shown = add_command(kinds, "show", "the summary of a report", [show])
    shown.add_argument("place", metavar="DIR", help="what --report wrote")
    shown.set_defaults(command="report", what="show", lists_only=True)
    whole = add_command(kinds, "merge", "the report of a run whose shards were run apart (`run --shard`)", [merge])
    whole.add_argument("reports", nargs="+", metavar="DIR", help="what --report wrote, of each shard")
    whole.add_argument("--into", required=True, metavar="DIR", help="write the report there")
    whole.set_defaults(command="report", what="merge")


_LIST = ("agw-conformance provider list", "those whose facts the suite has")

_SHOW = ("agw-conformance provider show groq", "the file with its facts")

_NEW = ("agw-conformance provider new acme --host llm.acme.example --path /v1/chat/completions", "one of your own")

_OWN = "Wherever a provider's name is asked for its file will do, too: agw-conformance certify --provider ./acme.yaml."

_CHECK = ("agw-conformance provider check acme.yaml", "is the file in order")

_SCHEMA = ("agw-conformance provider schema > provider.schema.json", "for your editor")


def add_provider(commands: Commands) -> None:
    """`provider` with list, show, new, check and schema."""
    text = "the facts of providers: host, path, key, models, errors"
    provider = add_command(commands, "provider", text, [_LIST, _SHOW, _NEW, _CHECK], more=_OWN)
    provider.commands = kinds = provider.add_subparsers(required=True, metavar="WHAT")

    listed = add_command(kinds, "list", "the providers whose facts the suite has", [_LIST])
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(command="provider", what="list", lists_only=True)

    shown = add_command(kinds, "show", "the file with a provider's facts", [_SHOW])
    shown.add_argument("name", metavar="NAME", help="a provider's name or file")
    shown.set_defaults(command="provider", what="show", lists_only=True)

    _add_new(kinds)

    checked = add_command(kinds, "check", "whether provider files are in order, with line numbers if not", [_CHECK])
    checked.add_argument("files", nargs="+", metavar="FILE", help="such as `provider new` writes")
    checked.set_defaults(command="provider", what="check")

    schema = add_command(kinds, "schema", "the JSON Schema of provider files", [_SCHEMA])
    schema.set_defaults(command="provider", what="schema", lists_only=True)


def _add_new(kinds: Commands) -> None:
    local = (
        "agw-conformance provider new local --host llm.llm.svc --port 8000 --path /v1/chat/completions"
        " --plaintext --no-key"
    )
    key = "agw-conformance provider new acme --host llm.acme.example --path /chat --header x-api-key"
    examples = [_NEW, (local, "in the cluster, without TLS or key"), (key, "the key alone in a header of its own")]
    new = add_command(kinds, "new", "a file for a provider of your own", examples, more=_OWN)
    new.add_argument("name", metavar="NAME", help="a part of object names and paths, such as acme")
    new.add_argument("--host", required=True, metavar="HOST", help="where its API is: the name alone")
    new.add_argument("--path", required=True, metavar="PATH", help="of chat completions, as the vendor documents it")
    new.add_argument("--port", type=int, metavar="N", help="default: 443, or 80 with --plaintext")
    new.add_argument("--model", action="append", default=[], metavar="NAME", help="one it has; repeatable (else: any)")
    new.add_argument("--header", metavar="NAME", help="that carries the key (default: Authorization)")
    word = 'before the key; "" for none (default: Bearer in Authorization, none in another header)'
    new.add_argument("--scheme", metavar="WORD", help=word)
    new.add_argument("--no-key", action="store_true", help="it wants no key")
    new.add_argument("--plaintext", action="store_true", help="it speaks HTTP without TLS")
    new.add_argument("--title", metavar="TEXT", help="its name for people")
    new.add_argument("--out", metavar="FILE", help="where to write it (default: NAME.yaml)")
    new.add_argument("--force", action="store_true", help="overwrite a file that is there")
    new.set_defaults(command="provider", what="new")
