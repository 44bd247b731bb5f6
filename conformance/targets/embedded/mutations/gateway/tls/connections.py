"""Defects in what is trusted on which connection, and in what belongs to one connection only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.mutant import Mutant, gateway, made, steered
from conformance.targets.reference.controller import seams
from conformance.targets.reference.controller.view import Object
from conformance.targets.reference.gateway import forwarding
from conformance.targets.reference.gateway.config import LlmProvider, UpstreamTls
from conformance.targets.reference.gateway.messages import ClientRequest, Headers, Selected, values_of, without
from conformance.targets.reference.gateway.tls import Handshake, certificate_names, plan_handshake

__all__ = ["CONNECTIONS"]

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def _one_root(chosen: int) -> Callable[[Object, str], UpstreamTls | None]:
    def read(validation: Object, roots: str) -> UpstreamTls | None:
        found = _CERTIFICATE.findall(roots)
        return seams.upstream_tls(validation, found[chosen] if found else roots)

    return read


def no_uris(validation: Object, roots: str) -> UpstreamTls | None:
    """Of subjectAltNames only host names count."""
    tls = seams.upstream_tls(validation, roots)
    return tls and replace(tls, verify_uris=())


def trusting_once() -> Callable[[UpstreamTls, str], Handshake]:
    """Whoever has once shown a good certificate may show any."""
    known: set[UpstreamTls] = set()

    def plan(tls: UpstreamTls, system: str) -> Handshake:
        if tls in known:
            return plan_handshake(replace(tls, unverified="certificate"), system)
        handshake = plan_handshake(tls, system)

        def check(der: bytes) -> str | None:
            wrong = handshake.check(der) if handshake.check else None
            if wrong is None:
                known.add(tls)
            return wrong

        return replace(handshake, check=check)

    return plan


def deep_wildcards(tls: UpstreamTls, system: str) -> Handshake:
    """A wildcard stands for any number of labels."""
    handshake = plan_handshake(tls, system)
    handshake.context.check_hostname = False
    names = tls.verify_names or (tls.server_name,)

    def check(der: bytes) -> str | None:
        patterns = certificate_names(der).dns
        fits = any(name == one or (one[0] == "*" and name.endswith(one[1:])) for one in patterns for name in names)
        return None if fits or tls.verify_uris else "invalid peer certificate: certificate not valid for name"

    return replace(handshake, check=check)


def first_token(headers: Headers) -> Headers:
    """Of what Connection names only the first."""
    named = [value.partition(",")[0].strip() for value in values_of(headers, "connection")]
    return without(forwarding.end_to_end(without(headers, ("connection",))), named)


def first_line(headers: Headers) -> Headers:
    """Of several Connection headers only the first."""
    first = values_of(headers, "connection")[:1]
    kept = without(headers, ("connection",))
    return forwarding.end_to_end((*kept, *(("connection", value) for value in first)))


def joined(headers: Headers) -> Headers:
    """Headers of one name on one line."""
    found: dict[str, str] = {}
    for name, value in forwarding.end_to_end(headers):
        found[name] = f"{found[name]}, {value}" if name in found else value
    return tuple(found.items())


def usual_ports(selected: Selected, provider: LlmProvider, request: ClientRequest) -> str:
    """Neither 80 nor 443 is ever named, whatever is spoken there."""
    right = forwarding.authority(selected, provider, request)
    return right.removesuffix(":80").removesuffix(":443")


CONNECTIONS: tuple[Mutant, ...] = (
    made(
        "trust-on-first-use",
        "A certificate that turns bad is accepted.",
        "tls",
        "GW BackendTLSPolicy validation.hostname; RFC 9110 section 4.3.4",
        "did not verify the certificate",
        "plan_handshake",
        trusting_once,
    ),
    gateway(
        "wildcard-any-depth",
        "A wildcard stands for several labels.",
        "tls",
        "RFC 9525 section 6.3",
        "did not verify the certificate's name",
        plan_handshake=deep_wildcards,
    ),
    steered(
        "first-authority-only",
        "Only the first authority of all is trusted.",
        "tls",
        "GW BackendTLSPolicy validation.caCertificateRefs (a PEM-encoded TLS CA certificate bundle)",
        "does not trust each of the",
        upstream_tls=_one_root(0),
    ),
    steered(
        "last-authority-only",
        "Only the last authority of all is trusted.",
        "tls",
        "GW BackendTLSPolicy validation.caCertificateRefs (a PEM-encoded TLS CA certificate bundle)",
        "does not trust each of the",
        upstream_tls=_one_root(-1),
    ),
    steered(
        "uri-names-ignored",
        "URIs among the subjectAltNames are ignored.",
        "tls",
        "GW BackendTLSPolicy validation.subjectAltNames",
        "did not take a certificate for one of the alternative names",
        upstream_tls=no_uris,
    ),
    gateway(
        "connection-first-token",
        "Connection's further tokens do not count.",
        "auth",
        "RFC 9110 7.6.1",
        "sent a header X-For-One-Hop",
        end_to_end=first_token,
    ),
    gateway(
        "connection-first-line",
        "Further Connection headers do not count.",
        "auth",
        "RFC 9110 7.6.1",
        "sent a header X-For-One-Hop",
        end_to_end=first_line,
    ),
    gateway(
        "closed-connection-reused",
        "A connection that was closed while idle is used again.",
        "errors",
        "RFC 9112 section 9.3.1, 9.5",
        "connection closed before message completed",
        checks_idle=False,
    ),
    gateway(
        "repeated-headers-joined",
        "An answer's repeated headers become one.",
        "body",
        "RFC 9110 section 5.3; RFC 6265 section 3",
        "response header set-cookie",
        answer_headers=joined,
    ),
    gateway(
        "port-lost-by-number",
        "Ports 80 and 443 are left out of Host in any case.",
        "host",
        "RFC 9110, 7.2 and 4.2; envoyproxy/ai-gateway#2500",
        "left the port out of Host",
        authority=usual_ports,
    ),
)
