"""What each command does: its module is imported only when it is asked for."""

from __future__ import annotations

import argparse
import contextlib
import gc
from collections.abc import Callable, Iterator

__all__ = [
    "Command",
    "cases",
    "certify",
    "changed",
    "cluster_rbac",
    "docs",
    "provider_check",
    "provider_list",
    "provider_new",
    "provider_schema",
    "provider_show",
    "report_show",
    "report_table",
    "report_verify",
    "run",
    "schemas",
    "serve",
]

Command = Callable[[argparse.Namespace, list[str]], int]
"""Takes the options and what belongs to pytest; returns an exit code."""

# Each command's module is imported when it is asked for: `--help` should not wait for a Kubernetes client.


@contextlib.contextmanager
def _imports() -> Iterator[None]:
    """More than a thousand modules make no garbage; to search them for it, again and again, is a fifth of `certify`."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def run(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.run import run_cases

    return run_cases(rest)


def certify(options: argparse.Namespace, rest: list[str]) -> int:
    with _imports():
        from conformance.cli.commands.certify import certify

    return certify(rest)


def changed(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.changed import changed

    how = {"certify": options.certify, "report": options.report, "options": options.options}
    return changed(options.files, options.base, **how)


def docs(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.docs import Manner, run_pages

    return run_pages(options.pages, options.dialect, options.when, Manner(options.quiet, bool(options.verbose)))


def serve(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.serve import serve

    return serve(options.port, options.kubeconfig, options.case, options.provider, options.dialect)


def schemas(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.schemas import compare_schemas

    return compare_schemas(rest)


def cluster_rbac(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.cluster_rbac import print_rights

    places = (options.gateway, options.namespace, options.ca_secret)
    return print_rights(options.dialect, *places, allow_dns_change=options.allow_dns_change)


def report_table(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.report import table

    return table(options.reports, options.into)


def report_verify(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.report import verify

    return verify(options.place, options.manifests)


def report_show(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.report import show

    return show(options.place)


def cases(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.cases import list_cases

    return list_cases(as_json=options.json, as_table=options.table)


def provider_list(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.provider import list_known

    return list_known(as_json=options.json)


def provider_show(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.provider import show

    return show(options.name)


def provider_new(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.provider import NewProvider, new_file

    wanted = NewProvider(
        options.name,
        options.host,
        options.path,
        port=options.port,
        title=options.title,
        models=tuple(options.model),
        header=options.header,
        scheme=options.scheme,
        plaintext=options.plaintext,
        no_key=options.no_key,
    )
    return new_file(wanted, options.out, force=options.force)


def provider_check(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.provider import check_files

    return check_files(options.files)


def provider_schema(options: argparse.Namespace, rest: list[str]) -> int:
    from conformance.cli.commands.provider import print_schema

    return print_schema()
