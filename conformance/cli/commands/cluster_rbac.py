"""`cluster-rbac`: the rights that a run on the cluster target needs, as YAML for kubectl."""

from __future__ import annotations

import argparse

import yaml

from conformance.core.problems import ExitCode, InputProblem
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.targets.cluster.options import place
from conformance.targets.cluster.places import LOOKALIKES_NAMESPACE
from conformance.targets.cluster.rights import ACCOUNT, rights

__all__ = ["print_rights", "run"]


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command, by its options. Returns an ExitCode; raises InputProblem and SetupProblem."""
    places = (options.gateway, options.namespace, options.ca_secret)
    return print_rights(options.dialect, *places, allow_dns_change=options.allow_dns_change)


def print_rights(
    dialect: str, gateway: str | None, namespace: str | None, ca_secret: str | None, *, allow_dns_change: bool
) -> int:
    """Print them for runs with these options. Returns an ExitCode. Raises InputProblem for what cannot be used."""
    if dialect not in DIALECTS:
        raise InputProblem(f"--dialect {dialect}: unknown", remedy=f"one of: {', '.join(DIALECTS)}")
    where = place(gateway, "--gateway")[0] if gateway else dialect_named(dialect).GATEWAY.namespace
    account = namespace or LOOKALIKES_NAMESPACE
    secret = place(ca_secret, "--ca-secret") if ca_secret else None
    objects = rights(dialect, where, account, allow_dns_change=allow_dns_change, ca_secret=secret)
    print(f"# What `agw-conformance run --target cluster` needs beside the Gateway in {where}, and nothing more.")
    print(f"# A token for a kubeconfig: kubectl create token {ACCOUNT} -n {account} --duration 1h")
    print(yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, explicit_start=True), end="")
    return ExitCode.CONFORMANT


class _Plain(yaml.SafeDumper):
    """Without anchors: equal rules are written out, for people to read."""

    def ignore_aliases(self, data: object) -> bool:
        return True
