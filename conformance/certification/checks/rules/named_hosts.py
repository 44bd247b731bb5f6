"""Checks against the facts that a person names in files: whether any Backend has their host at all."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Sheet
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.backends import bare_host, host_and_port, host_under_openai
from conformance.certification.checks.rules.server_names import host_left_out
from conformance.core.providers.provider import Provider
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.dialects.model import ways_to

__all__: list[str] = []


@reports(
    host_unlike_facts=(
        "no Backend has the host of the facts that --provider FILE names; told at the one that is meant",
        "the file given as --provider",
    )
)
def unreached(sheet: Sheet) -> Iterator[Found]:
    """A host that is wrong everywhere agrees with itself: only the facts tell that it is wrong."""
    told = {found.manifest.id for rule in (host_under_openai, host_and_port, host_left_out) for found in rule(sheet)}
    for entry in sheet.entries:
        host, meant = entry.llm.host, entry.meant
        if meant is None or (host is None and entry.manifest.id in told):
            continue
        if host is not None and bare_host(host).lower() == meant.host:
            continue  # a scheme, port or path around it is told by itself
        where = (*entry.path, "host")
        went = f"the host is {host}" if host else f"without host requests go to {DEFAULT_HOST}"
        message = f"{went}, and the facts of {meant.title} say {meant.host}"
        yield Found("host-unlike-facts", entry.manifest, where, message, _remedy(sheet, entry, meant))


def _remedy(sheet: Sheet, entry: Entry, meant: Provider) -> str:
    if entry.llm.host is None:
        return f"add host: {meant.host} and port: {entry.llm.port or meant.port}"
    also = []
    written = entry.tls is not None and entry.tls.origin.path[-1:] in (("hostname",), ("sni",))
    if entry.tls and written and entry.tls.sni == entry.llm.host:
        also.append("the name that TLS verifies")
    ways = ways_to(sheet.configuration.routes, entry.backend.id)
    if any(rule.rewrite.get("hostname") == entry.llm.host for _, rule in ways):
        also.append("the route's URLRewrite hostname")
    return f"set host to {meant.host}{'; the same goes for ' if also else ''}{' and '.join(also)}"
