"""The certificates lookalikes show: good ones, and one for each way in which a certificate can be wrong."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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
        """The certificate a lookalike of `host` shows under this identity; one that is in order has `names`, too.

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
        makers: dict[Identity, Callable[[], Certificate]] = {
            "wildcard": lambda: _from_trustme(self._trusted.issue_cert(_wildcard(host))),
            "intermediate": lambda: _from_trustme(self._trusted.create_child_ca().issue_cert(host)),
            "wrong-name": lambda: _from_trustme(self._trusted.issue_cert(WRONG_NAME)),
            "cn-only": lambda: _by_hand(host, issuer=self._trusted),
            "self-signed": lambda: _by_hand(host, issuer=None),
            "other-authority": lambda: _from_trustme(self._other.issue_cert(host)),
            "expired": lambda: _from_trustme(self._trusted.issue_cert(host, not_after=now - 2 * _DAY)),
            "not-yet-valid": lambda: _from_trustme(self._trusted.issue_cert(host, not_before=now + 2 * _DAY)),
        }
        if identity == "plaintext":
            raise ValueError("a plaintext lookalike shows no certificate")
        return makers.get(identity, lambda: _from_trustme(self._trusted.issue_cert(host, *names)))()


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


def _from_trustme(leaf: trustme.LeafCert) -> Certificate:
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    return Certificate(chain_pem=chain, key_pem=leaf.private_key_pem.bytes())


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _by_hand(host: str, *, issuer: trustme.CA | None) -> Certificate:
    """What trustme does not make: with an issuer the name is only the common name; without, it is self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 365 * _DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    if issuer is None:
        names = x509.SubjectAlternativeName([_general_name(host)])
        certificate = builder.issuer_name(subject).add_extension(names, critical=False).sign(key, hashes.SHA256())
    else:
        certificate = _signed_by(issuer, builder)
    return Certificate(
        chain_pem=certificate.public_bytes(serialization.Encoding.PEM),
        key_pem=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _signed_by(issuer: trustme.CA, builder: x509.CertificateBuilder) -> x509.Certificate:
    authority = x509.load_pem_x509_certificate(issuer.cert_pem.bytes())
    signer = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("trustme was asked for an elliptic-curve key and made another")
    subject_key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)
    named = builder.issuer_name(authority.subject).add_extension(authority_key, critical=False)
    return named.sign(signer, hashes.SHA256())
