"""Commands with few options: what they take, and what their help says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.cli.help import DIALECT, add_command

if TYPE_CHECKING:
    from conformance.cli.help import Commands

__all__ = ["add_completion", "add_config", "add_diff", "add_explain", "add_mutants", "add_windows"]


def add_config(commands: Commands) -> None:
    """`config`."""
    schema, check = "agw-conformance config schema", "agw-conformance config check"
    examples = [(schema, "for editors: the JSON Schema"), (check, "whether the one here is in order")]
    config = add_command(
        commands, "config", "what a repository says of its manifests: its schema, its mistakes", examples
    )
    config.add_argument("what", choices=("schema", "check"), help="print the JSON Schema, or check a file")
    config.add_argument("file", nargs="?", metavar="FILE", help="default: the one that certify would read here")
    config.set_defaults(command="config", lists_only=True)


def add_explain(commands: Commands) -> None:
    """`explain`."""
    examples = [
        ("agw-conformance explain policy-hostname-differs", "a check of certify"),
        ("agw-conformance explain path/full-replaces-path", "a case"),
        ("agw-conformance explain", "all ids"),
    ]
    text = "what a check or case is about: why it matters, wrong and right, source"
    explain = add_command(commands, "explain", text, examples)
    explain.add_argument(
        "check", nargs="?", metavar="ID", help="of a check or a case, as findings tell it (default: list all)"
    )
    explain.set_defaults(command="explain", lists_only=True)


def add_completion(commands: Commands) -> None:
    """`completion`."""
    examples = [
        ("agw-conformance completion bash > ~/.local/share/bash-completion/completions/agw-conformance", "for bash"),
        ("agw-conformance completion zsh > ~/.zfunc/_agw-conformance", "for zsh, with ~/.zfunc in fpath"),
    ]
    completion = add_command(commands, "completion", "a script that completes commands and options", examples)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="whose script it is")
    completion.set_defaults(command="completion", lists_only=True)


def add_mutants(commands: Commands) -> None:
    """`mutants`."""
    examples = [
        ("agw-conformance mutants", "each defect, until a case notices it"),
        ("agw-conformance mutants --area tls --jobs 4", "those of one area"),
        ("agw-conformance mutants --mutant key-not-sent", "one of them"),
        ("agw-conformance mutants --target standalone", "the agentgateway on PATH, and what passes is corrupted"),
        ("agw-conformance mutants --exhaustive --report matrix.yaml", "each to every case; which cases notice none"),
    ]
    text = "prove the cases: the reference gateway with one defect at a time"
    more = "exit codes: 0 all caught, 1 a mutant survived or a case catches none, 2 bad usage, 3 set-up failed"
    mutants = add_command(commands, "mutants", text, examples, more=more)
    mutants.add_argument("--area", action="append", default=[], metavar="AREA", help="of this area only; repeatable")
    mutants.add_argument("--mutant", action="append", default=[], metavar="ID", help="this one only; repeatable")
    mutants.add_argument(
        "--jobs", type=int, metavar="N", help="how many at a time (default: three for each core; standalone: one)"
    )
    every = "play each to every MUST and SHOULD case, and tell those that catch none"
    mutants.add_argument("--exhaustive", action="store_true", help=every)
    mutants.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"default: {DIALECT}")
    where = "embedded, or standalone: corruptions of what the real binary gets and says (default: embedded)"
    mutants.add_argument("--target", default="embedded", metavar="NAME", help=where)
    binary = "of the standalone target (default: on PATH)"
    mutants.add_argument("--agentgateway-bin", metavar="PATH", help=binary)
    whose = "by name or file; repeatable (default: the documented ones)"
    mutants.add_argument("--provider", action="append", default=[], metavar="NAME", help=whose)
    mutants.add_argument("--report", metavar="FILE", help="write the kill matrix there, as YAML or JSON by its name")
    mutants.set_defaults(command="mutants")


def add_diff(commands: Commands) -> None:
    """`diff`."""
    examples = [
        ("agw-conformance diff --right standalone", "the reference gateway against the agentgateway on PATH"),
        ("agw-conformance diff --left standalone=old --right standalone=new", "two versions of it"),
    ]
    text = "the same requests through two gateways: what differs on the wire and to the client"
    more = "exit codes: 0 all differences are known, 1 one is unexplained, 2 bad usage, 3 set-up failed"
    diff = add_command(commands, "diff", text, examples, more=more)
    which = "embedded, standalone, standalone=PATH, kind or cluster"
    diff.add_argument("--left", default="embedded", metavar="TARGET", help=f"{which} (default: embedded)")
    diff.add_argument("--right", required=True, metavar="TARGET", help="the other one")
    diff.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"default: {DIALECT}")
    diff.add_argument("--provider", default="mistral", metavar="NAME", help="by name or file (default: mistral)")
    how_many = "how many requests are put together by chance, besides those with one unusual thing (default: 200)"
    diff.add_argument("--probes", type=int, default=200, metavar="N", help=how_many)
    diff.add_argument("--seed", type=int, default=1, metavar="N", help="repeats what was put together (default: 1)")
    diff.add_argument("--report", metavar="FILE", help="write all kinds of differences there, as JSON")
    diff.set_defaults(command="diff")


def add_windows(commands: Commands) -> None:
    """`windows`."""
    examples = [
        ("agw-conformance windows", "the reference gateway"),
        ("agw-conformance windows --target standalone --changes 10", "the agentgateway on PATH"),
    ]
    text = "constant traffic while objects change: how many requests went otherwise, and how long"
    windows = add_command(commands, "windows", text, examples)
    windows.add_argument("--target", default="embedded", metavar="NAME", help="default: embedded")
    windows.add_argument("--agentgateway-bin", metavar="PATH", help="of the standalone target (default: on PATH)")
    windows.add_argument("--dialect", default=DIALECT, metavar="NAME", help=f"default: {DIALECT}")
    windows.add_argument("--provider", default="mistral", metavar="NAME", help="by name or file (default: mistral)")
    windows.add_argument("--changes", type=int, default=50, metavar="N", help="of each kind (default: 50)")
    windows.add_argument("--report", metavar="FILE", help="write the figures there, as JSON")
    windows.set_defaults(command="windows")
