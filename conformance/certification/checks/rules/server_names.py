"""Checks of TLS and of the names that are sent: no TLS where it is spoken, TLS where it is not, other names."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.needs import PLAIN_PORT, is_host, lacks_tls
from conformance.certification.checks.reading import dig
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.policy_targets import misses
from conformance.certification.checks.vendors import near_vendor, plaintext_ports, vendor_of
from conformance.core.addresses import is_address, is_inside
from conformance.core.yaml.located import FieldPath
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.astray import policy_astray
from conformance.manifests.dialects.model import Rule, ways_to
from conformance.manifests.objects import Manifest
from conformance.manifests.remedies import add_policy, no_tls, section_of

__all__ = ["host_left_out", "speaks_plaintext"]

_PAGE = "the page, Overview: a custom host requires explicit TLS by a BackendTLSPolicy"


@reports(
    no_policy_for_tls_port=("nothing asks for TLS to a provider that speaks TLS, so the key goes in clear", _PAGE),
    policy_on_plaintext=("TLS is asked for to a port where plaintext is spoken", "the vendor's facts; port 80 is HTTP"),
)
def tls_or_not(sheet: Sheet) -> Iterator[Found]:
    """TLS is never switched on by a port."""
    missed = {miss.backend.id for miss in misses(sheet)}
    for entry in sheet.entries:
        llm = entry.llm
        if lacks_tls(sheet, entry) and entry.backend.id not in missed:
            host = llm.host or DEFAULT_HOST
            remedy = add_policy(
                sheet.api, entry.backend.id, entry.backend.id.name, host, section_of(entry.backend, entry.llm)
            )
            message = no_tls(sheet.api, entry.backend.id.name) + policy_astray(sheet.configuration, entry.backend)
            yield Found("no-policy-for-tls-port", entry.manifest, (*entry.path, "host"), message, remedy)
        if entry.tls is not None and (plain := speaks_plaintext(entry)):
            yield _on_plaintext(entry, plain)


def _on_plaintext(entry: Entry, plain: str) -> Found:
    """Of a plaintext server TLS is wrong; of a host that nobody knows it is rather the port."""
    llm, (manifest, where) = entry.llm, _tls_field(entry)
    message = f"asks for TLS to {llm.host}:{llm.port}, where {plain} plaintext"
    if entry.vendor is not None:
        remedy = "take it away, or use the provider's TLS port"
        return Found("policy-on-plaintext", manifest, where, message, remedy)
    if llm.port == PLAIN_PORT:
        message = f"TLS is asked for to {llm.host}:{llm.port}, where {plain} plaintext"
        remedy = "set port to 443; if the provider really speaks plaintext there, do not ask for TLS"
        # The port of a Service may lead to any other.
        severity = Severity.WARNING if is_inside(llm.host or "") else Severity.ERROR
        return Found("policy-on-plaintext", entry.manifest, (*entry.path, "port"), message, remedy, severity)
    remedy = "use the provider's TLS port; take it away if the provider has none"
    return Found("policy-on-plaintext", manifest, where, message, remedy, Severity.WARNING)


def speaks_plaintext(entry: Entry) -> str:
    """Who speaks plaintext there; empty: nobody that is known of."""
    llm = entry.llm
    if not llm.host or llm.port is None:
        return ""
    vendor = entry.vendor or (plaintext_ports().get(llm.port) if is_inside(llm.host) else None)
    if vendor and vendor.tls:
        return ""  # TLS is right; a port that is not the vendor's is told by itself
    if vendor and not vendor.tls and llm.port == vendor.port:
        return f"{vendor.title} speaks"
    return "HTTP has its port and speaks" if llm.port == PLAIN_PORT else ""


def _tls_field(entry: Entry) -> tuple[Manifest, FieldPath]:
    """The policy, or the Backend's own TLS."""
    assert entry.tls is not None
    manifest, path = entry.tls.origin.manifest, entry.tls.origin.path
    if manifest.kind == "BackendTLSPolicy":
        return manifest, ("spec", "targetRefs")
    return manifest, path[:-1] if path[-1] == "sni" else path


@reports(
    policy_hostname_differs=(
        "the name that TLS is to verify (validation.hostname, policies.tls.sni) is not the Backend's host",
        "the page, table validation.hostname: must match the host value in your Backend",
    ),
    tls_unverified=(
        "insecureSkipVerify: the provider's certificate is not verified, so anyone in between can read the key",
        "agentgateway API, BackendTLS.insecureSkipVerify",
    ),
)
def names_in_tls(sheet: Sheet) -> Iterator[Found]:
    """A name that the certificate is not for breaks every handshake."""
    for entry in sheet.entries:
        tls, host = entry.tls, host_meant(entry)
        if tls is None or host is None or not is_host(host):
            continue  # what is wrong with the host itself is told by itself
        if tls.unverified:
            where = (*_tls_field(entry)[1], "insecureSkipVerify")
            message = (
                f"the certificate's {'name' if tls.unverified == 'name' else 'name and authority'} are not verified"
            )
            remedy = "take it away; give caCertificateRefs for an authority of your own"
            # On the way to a public host are others, who would get the key.
            exposed = not is_inside(host) and entry.llm.auth.kind != "none"
            severity = Severity.ERROR if exposed else Severity.WARNING
            yield Found("tls-unverified", tls.origin.manifest, where, message, remedy, severity)
        elif tls.sni and tls.verify == (tls.sni,) and not is_address(host) and _is_another(tls.sni, entry, host):
            own = tls.origin.manifest.kind != "BackendTLSPolicy"
            field = "policies.tls.sni" if own else "validation.hostname"
            message = f"{field} {tls.sni!r} differs from {_whose(entry)} {host!r}, whose certificate is for {host}"
            # Who also lists the name to be verified means it: a way of one's own to somebody known by another name.
            private = is_inside(host) or (tls.alternatives and entry.vendor is None and entry.meant is None)
            severity = Severity.WARNING if private else Severity.ERROR
            where = tls.origin.path
            remedy, other = f"set {field} to {host}", vendor_of(tls.sni)
            if entry.vendor is None and near_vendor(host) == tls.sni:
                # The host is rather wrong than the name: a certificate for it may be anybody's.
                remedy = f"set the Backend's host to {tls.sni}, if that is meant; whoever has {host} gets the key"
            if other and entry.vendor and other.title != entry.vendor.title:
                remedy += (
                    f" if {entry.vendor.title} is meant; if {other.title} is, host, path and key have to be its own"
                )
            yield Found("policy-hostname-differs", tls.origin.manifest, where, message, remedy, severity)


@reports(
    rewrite_hostname_differs=(
        "URLRewrite.hostname, the Host that is sent, is not the Backend's host",
        "the page, step 5: the route rewrites the host to the provider's",
    )
)
def rewrite_hostname(sheet: Sheet) -> Iterator[Found]:
    """Providers behind a content delivery network choose the API by Host."""
    for route in sheet.configuration.routes:
        for rule in route.rules:
            name = rule.rewrite.get("hostname")
            yield from _below_backends(sheet, rule)
            entries = [
                entry
                for ref in rule.backends
                for entry in sheet.entries
                if entry.backend.id == ref.id and is_host(host_meant(entry) or "")
            ]
            hosts = [host for entry in entries if (host := host_meant(entry))]
            others = [
                host
                for entry, host in zip(entries, hosts, strict=True)
                if isinstance(name, str) and _is_another(name, entry, host) and not _is_nameless(host)
            ]
            if rule.keeps_host and not name and (named := [host for host in hosts if not _is_nameless(host)]):
                message = f"the clients' Host, a name of the gateway's, is sent to {named[0]}"
                at, remedy = rule.keeps_host, "leave it out, or rewrite the hostname: many vendors know no other names"
                yield Found("rewrite-hostname-differs", at.manifest, at.path, message, remedy, Severity.WARNING)
            if not others or (len(set(hosts)) == 1 and near_vendor(hosts[0]) == name):
                continue  # of a host that is misspelt, and not the name, is told there
            index = next(index for index, one in enumerate(rule.filters) if one.get("type") == "URLRewrite")
            where = (*rule.origin.path, "filters", index, "urlRewrite", "hostname")
            message = f"the Host {name} is sent to {others[0]}"
            remedy = (
                f"set hostname to {others[0]}" if len(set(hosts)) == 1 else "leave hostname out: the providers' differ"
            )
            # Of a vendor it is known that its network answers 403, 404 or 421 to other names (kgateway#12235), and of a
            # vendor's name that no other's network has it.
            known = all(one.vendor or one.meant or _is_vendors_alone(str(name), one) for one in entries)
            severity = Severity.ERROR if known else Severity.WARNING
            yield Found("rewrite-hostname-differs", route.origin.manifest, where, message, remedy, severity)


def _below_backends(sheet: Sheet, rule: Rule) -> Iterator[Found]:
    """The rewrites of single backendRefs, each for its Backend alone."""
    for ref in rule.backends:
        for index, one in enumerate(ref.filters):
            name = dig(one, "urlRewrite", "hostname")
            for entry in sheet.entries if isinstance(name, str) else ():
                host = host_meant(entry)
                if entry.backend.id != ref.id or not host or _is_nameless(host) or not _is_another(name, entry, host):
                    continue
                where = (*ref.origin.path, "filters", index, "urlRewrite", "hostname")
                known = entry.vendor or entry.meant or _is_vendors_alone(name, entry)
                severity = Severity.ERROR if known else Severity.WARNING
                message, remedy = f"the Host {name} is sent to {host}", f"set hostname to {host}"
                yield Found("rewrite-hostname-differs", ref.origin.manifest, where, message, remedy, severity)


def _is_vendors_alone(name: str, entry: Entry) -> bool:
    """Whether a Host is a known vendor's, and TLS is to somebody else: no private way to that vendor, then."""
    return (
        vendor_of(name) is not None and entry.tls is not None and name.lower() not in map(str.lower, entry.tls.verify)
    )


def host_meant(entry: Entry) -> str | None:
    """The host that other names are to agree with: the one reached, unless named facts tell that this is wrong."""
    return entry.meant.host if entry.meant and entry.llm.host else entry.reached


def _is_nameless(host: str) -> bool:
    """Whether it is a way to a server that may well be known by another name."""
    return is_inside(host) or is_address(host)


def _whose(entry: Entry) -> str:
    """Whose that host is."""
    if entry.meant:
        return f"the host of {entry.meant.title}"
    return "the Backend's host" if entry.reached == entry.llm.host else f"the external name of {entry.llm.host}"


def _is_another(name: str, entry: Entry, host: str) -> bool:
    """Whether it is neither the host meant nor the Backend's own; that one is told there, where it is wrong."""
    own = entry.llm.host if entry.meant and entry.llm.host else host
    return name.lower() not in (host.lower().rstrip("."), host.lower(), own.lower())


@reports(
    host_left_out=(
        "the Backend has no host, and its TLS or its route speaks of another than the default provider's",
        "kgateway API, LLMProvider.host: without it the default host is used; kgateway#12046",
    )
)
def host_left_out(sheet: Sheet) -> Iterator[Found]:
    """Without a host requests go to OpenAI, with the key that was meant for another vendor."""
    for entry in sheet.entries:
        if entry.llm.host or entry.llm.provider != "openai" or _host_elsewhere(sheet, entry):
            continue
        named = [entry.tls.sni] if entry.tls and entry.tls.sni else []
        named += [
            str(rule.rewrite["hostname"])
            for _, rule in ways_to(sheet.configuration.routes, entry.backend.id)
            if "hostname" in rule.rewrite
        ]
        if meant := next((one for one in named if one.lower() != DEFAULT_HOST), None):
            message = f"without host requests go to {DEFAULT_HOST}, key included, and not to {meant}"
            remedy = f"add host: {meant} and port: {entry.llm.port or 443}"
            yield Found("host-left-out", entry.manifest, (*entry.path, "host"), message, remedy)


def _host_elsewhere(sheet: Sheet, entry: Entry) -> bool:
    """Whether the host is there, but in a wrong place, or its port without it: both are told by themselves."""
    ai = dig(entry.manifest.data, "spec", "ai")
    misplaced = "host" in sheet.api.misplaced_fields(entry.llm)
    return misplaced or "port" in entry.data or (isinstance(ai, dict) and "host" in ai)
