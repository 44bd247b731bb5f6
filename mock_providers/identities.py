"""The certificates lookalikes show: good ones, and one for each way in which a certificate can be wrong."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from conformance.core.startup.records import dataclass
from mock_providers.behaviour import Identity

__all__ = ["WRONG_NAME", "Authority", "Certificate", "certifiable"]

WRONG_NAME = "wrong.example.test"
"""The one name a `wrong-name` certificate is valid for."""

_DAY = datetime.timedelta(days=1)
_LABEL = re.compile(r"(?!-)(?!..--)[A-Za-z0-9-]{1,63}(?<!-)")


def certifiable(host: str) -> bool:
    """Whether a certificate can be made out to a host: not to what is no name, such as a URL."""
    if len(host) > 253:
        return False
    if all(map(_LABEL.fullmatch, host.split("."))):
        return True
    try:
        trustme.CA().issue_cert(host)
    except ValueError:  # IDNA's errors are such
        return False
    return True


@dataclass(frozen=True)
class Certificate:
    """A leaf certificate: its chain as sent (leaf first, PEM), and its key."""

    chain_pem: bytes
    key_pem: bytes = field(repr=False)

    @property
    def sans(self) -> tuple[str, ...]:
        """The names and addresses in the leaf's subjectAltName; empty when it has none."""
        leaf = x509.load_pem_x509_certificate(self.chain_pem)
        try:
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return ()
        return tuple(str(name.value) for name in names)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let a server context show this certificate."""
        # The ssl module reads certificates from files only; the folder is private and gone at once.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "identity.pem")
            file.write_bytes(self.key_pem + self.chain_pem)
            context.load_cert_chain(file)


class Authority:
    """The authority that gateways trust, another that nobody trusts, and the certificates both sign.

    Certificates and contexts are made on first use and kept per host and identity.
    """

    def __init__(self) -> None:
        organization = "agentgateway-conformance"
        self._trusted = trustme.CA(organization_name=organization, organization_unit_name="Trusted CA")
        self._other = trustme.CA(organization_name=organization, organization_unit_name="Other CA")
        self._certificates: dict[tuple[str, Identity, tuple[str, ...]], Certificate] = {}
        self._contexts: dict[tuple[str, Identity, tuple[str, ...]], ssl.SSLContext] = {}

    def store(self) -> str:
        """Both authorities with their private keys, as JSON for `restore`: a secret, to be kept like one.

        Who keeps a cluster keeps its authority too, so that the gateway there need not be told of another.
        """
        both = {"trusted": self._trusted, "other": self._other}
        return json.dumps(
            {
                name: {"certificate": one.cert_pem.bytes().decode(), "key": one.private_key_pem.bytes().decode()}
                for name, one in both.items()
            }
        )

    @classmethod
    def restore(cls, stored: str) -> Authority:
        """The authority that `store` wrote down. Raises ValueError, which shows nothing of it, when it is none."""
        authority = cls()
        try:
            parts = json.loads(stored)
            authority._trusted, authority._other = (_restored(parts[name]) for name in ("trusted", "other"))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError("this is not what a lookalikes' authority stored") from None
        return authority

    @property
    def pem(self) -> bytes:
        """The certificate to trust, PEM: the "system" trust bundle."""
        return self._trusted.cert_pem.bytes()

    @property
    def other_pem(self) -> bytes:
        """The certificate of the authority behind `other-authority`, PEM."""
        return self._other.cert_pem.bytes()

    def certificate(self, host: str, identity: Identity, names: tuple[str, ...] = ()) -> Certificate:
        """The certificate a lookalike of `host` shows under this identity; one that is for `host` is for `names`, too.

        A name with `://` in it is a URI.
        Raises ValueError for `plaintext`, which has none, and for `wildcard` where the host has no parent domain.
        """
        key = (host, identity, names)
        if key not in self._certificates:
            self._certificates[key] = self._issue(host, identity, names)
        return self._certificates[key]

    def context(self, host: str, identity: Identity, names: tuple[str, ...] = ()) -> ssl.SSLContext | None:
        """A server context that selects http/1.1 by ALPN; None for `plaintext`."""
        if identity == "plaintext":
            return None
        key = (host, identity, names)
        if key not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if identity == "tls12-only":
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            if identity == "tls13-only":
                context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.set_alpn_protocols(["http/1.1"])
            self.certificate(host, identity, names).load_into(context)
            self._contexts[key] = context
        return self._contexts[key]

    def sans(self, host: str, identity: Identity) -> tuple[str, ...]:
        """The names the certificate is valid for, e.g. to write into a policy's subjectAltNames."""
        return self.certificate(host, identity).sans

    def _issue(self, host: str, identity: Identity, names: tuple[str, ...]) -> Certificate:
        now = datetime.datetime.now(datetime.UTC)
        host = host.rstrip(".")  # the dot of an absolute name is DNS's affair: no certificate has it, nor may SNI
        all_names = (host, *names)
        makers: dict[Identity, Callable[[], Certificate]] = {
            "wildcard": lambda: _issued(self._trusted, (_wildcard(host), *names)),
            "intermediate": lambda: _issued(self._trusted.create_child_ca(), all_names),
            "wrong-name": lambda: _issued(self._trusted, (WRONG_NAME,)),
            "cn-only": lambda: _by_hand(host, (), issuer=self._trusted),
            "self-signed": lambda: _by_hand(host, all_names, issuer=None),
            "other-authority": lambda: _issued(self._other, all_names),
            "expired": lambda: _issued(self._trusted, all_names, end=now - 2 * _DAY),
            "not-yet-valid": lambda: _issued(self._trusted, all_names, begin=now + 2 * _DAY),
        }
        if identity == "plaintext":
            raise ValueError("a plaintext lookalike shows no certificate")
        return makers.get(identity, lambda: _issued(self._trusted, all_names))()


def _restored(part: dict[str, str]) -> trustme.CA:
    authority = trustme.CA.from_pem(part["certificate"].encode(), part["key"].encode())
    certificate = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), password=None)
    if certificate.public_key() != key.public_key():
        raise ValueError("the key belongs to another certificate")
    return authority


def _wildcard(host: str) -> str:
    parent = host.partition(".")[2]
    if _general_name(host).__class__ is not x509.DNSName or not parent:
        raise ValueError(f"{host} has no parent domain, so there is no wildcard for it")
    return f"*.{parent}"


def _issued(
    issuer: trustme.CA,
    names: tuple[str, ...],
    *,
    begin: datetime.datetime | None = None,
    end: datetime.datetime | None = None,
) -> Certificate:
    if any("://" in name for name in names):  # trustme knows no URIs
        return _by_hand(names[0], names, issuer=issuer, begin=begin, end=end)
    leaf = issuer.issue_cert(*names, not_before=begin, not_after=end)
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    return Certificate(chain_pem=chain, key_pem=leaf.private_key_pem.bytes())


def _general_name(name: str) -> x509.GeneralName:
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name if name.isascii() else name.encode("idna").decode())


def _by_hand(
    host: str,
    names: tuple[str, ...],
    *,
    issuer: trustme.CA | None,
    begin: datetime.datetime | None = None,
    end: datetime.datetime | None = None,
) -> Certificate:
    """What trustme does not make: with no name but the common one, for URIs, or (without an issuer) self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin or min(now, end or now) - _DAY)
        .not_valid_after(end or now + 365 * _DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if names:
        shown = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(shown, critical=False)
    if issuer is None:
        certificate, between = builder.issuer_name(subject).sign(key, hashes.SHA256()), b""
    else:
        certificate, between = _signed_by(issuer, builder)
    return Certificate(
        chain_pem=certificate.public_bytes(serialization.Encoding.PEM) + between,
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _signed_by(issuer: trustme.CA, builder: x509.CertificateBuilder) -> tuple[x509.Certificate, bytes]:
    """The certificate, and what is to be sent after it: an issuer that is no root itself."""
    authority = x509.load_pem_x509_certificate(issuer.cert_pem.bytes())
    signer = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("trustme was asked for an elliptic-curve key and made another")
    subject_key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    named = builder.issuer_name(authority.subject).add_extension(authority_key, critical=False)
    between = b"" if authority.issuer == authority.subject else issuer.cert_pem.bytes()
    return named.sign(signer, hashes.SHA256()), between
