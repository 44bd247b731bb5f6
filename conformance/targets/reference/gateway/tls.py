"""How the gateway proves whom it talks to: contexts, names, and the words for what goes wrong."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial

from cryptography import x509

from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway.config import UpstreamTls

__all__ = ["CertificateNames", "Handshake", "certificate_names", "check_names", "failure_text", "plan_handshake"]


@dataclass(frozen=True)
class Handshake:
    """One TLS configuration. The context verifies the chain and, when it checks host names, `server_name`.

    `server_name` None sends no SNI. `check` says what is wrong with the peer's certificate (DER), or None; it is asked
    after the handshake and before any byte of HTTP.
    """

    context: ssl.SSLContext
    server_name: str | None
    check: Callable[[bytes], str | None] | None = None


def plan_handshake(tls: UpstreamTls, system: str) -> Handshake:
    """The handshake that a BackendTLSPolicy asks for; `system` is the PEM text of the system's authorities.

    SNI and verified name are `validation.hostname`; subjectAltNames, when given, are verified instead of it
    (Gateway API, BackendTLSPolicy). TLS 1.2 and 1.3. ALPN offers http/1.1 only, where agentgateway offers h2 too:
    the lookalikes speak no HTTP/2. Names in a subject's common name do not count.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    # Python 3.13 asks for extensions that test authorities, and some private ones, do not have; rustls does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    by_alternatives = bool(tls.verify_names or tls.verify_uris) and not tls.unverified
    context.check_hostname = not (by_alternatives or tls.unverified)
    if tls.unverified == "certificate":
        context.verify_mode = ssl.CERT_NONE
    roots = {"system": system, "nothing": ""}.get(tls.roots, tls.roots)
    if roots.strip():
        context.load_verify_locations(cadata=roots)
    check = partial(check_names, tls.verify_names, tls.verify_uris) if by_alternatives else None
    return Handshake(context, tls.server_name, check)


@dataclass(frozen=True)
class CertificateNames:
    """The subjectAltNames of a certificate."""

    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()

    def cover(self, name: str) -> bool:
        """Whether the certificate is for this host name or address; `*.` stands for one label."""
        if _is_ip(name):
            return str(ipaddress.ip_address(name)) in self.ips
        name = name.lower()
        parent = name.partition(".")[2]
        return any(pattern.lower() in (name, f"*.{parent}") for pattern in self.dns)

    def describe(self) -> str:
        """The names as rustls lists them."""
        shown = [f'DnsName("{name}")' for name in self.dns] + [f"IpAddress({ip})" for ip in self.ips]
        if not shown:
            return "certificate is not valid for any names (according to its subjectAltName extension)"
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
        return f"certificate is only valid for {listed}"


def certificate_names(der: bytes) -> CertificateNames:
    """The names in a certificate."""
    certificate = x509.load_der_x509_certificate(der)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return CertificateNames()
    return CertificateNames(
        tuple(names.get_values_for_type(x509.DNSName)),
        tuple(str(ip) for ip in names.get_values_for_type(x509.IPAddress)),
        tuple(names.get_values_for_type(x509.UniformResourceIdentifier)),
    )


def check_names(names: tuple[str, ...], uris: tuple[str, ...], der: bytes) -> str | None:
    """What is wrong with a certificate that must be for one of these, in agentgateway's words; None: it is."""
    found = certificate_names(der)
    if any(found.cover(name) for name in names) or set(uris) & set(found.uris):
        return None
    return _wrong_name((*names, *uris)[0], found)


def _wrong_name(name: str, found: CertificateNames | None) -> str:
    known = f"; {found.describe()}" if found else ""
    return f'invalid peer certificate: certificate not valid for name "{name}"{known}'


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


# OpenSSL's X509_V_ERR numbers.
_NOT_YET_VALID, _EXPIRED, _HOSTNAME_MISMATCH, _IP_MISMATCH = 9, 10, 62, 64
_ALERT_NAMES = {"TLSV1_ALERT_PROTOCOL_VERSION": "ProtocolVersion", "SSLV3_ALERT_HANDSHAKE_FAILURE": "HandshakeFailure"}
_NO_TLS_AT_ALL: Iterable[str] = (
    "WRONG_VERSION_NUMBER",
    "PACKET_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)


def failure_text(error: ssl.SSLError, server_name: str | None) -> str:
    """What agentgateway (rustls) says where OpenSSL says this (FACTS 6.7).

    The names that a wrong certificate does have are not shown: OpenSSL ends the handshake, as it should, without
    handing the certificate out.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_text(error.verify_code, server_name)
    # Python sets it only on errors that come out of OpenSSL.
    reason = getattr(error, "reason", None) or ""
    if reason in _ALERT_NAMES:
        return f"received fatal alert: {_ALERT_NAMES[reason]}"
    if reason in _NO_TLS_AT_ALL:
        return "received corrupt message of type InvalidContentType"
    if isinstance(error, ssl.SSLEOFError):
        return "tls handshake eof"
    return f"tls handshake failed: {reason or 'unknown reason'}"


def _certificate_text(code: int, server_name: str | None) -> str:
    if code in (_HOSTNAME_MISMATCH, _IP_MISMATCH):
        return _wrong_name(server_name or "", None)
    if code in (_EXPIRED, _NOT_YET_VALID):
        what = "expired" if code == _EXPIRED else "not valid yet"
        return f"invalid peer certificate: certificate {what}: verification time {int(time.time())} (UNIX)"
    return "invalid peer certificate: UnknownIssuer"
