"""The words for failures, and the certificates' names."""

from __future__ import annotations

import asyncio
import ssl

import httpx
import pytest
import trustme

from conformance.targets.reference.gateway.config import (
    BackendRef,
    Credential,
    GatewayConfig,
    Listener,
    LlmBackend,
    LlmProvider,
    Match,
    PathMatch,
    Route,
    Rule,
    UpstreamTls,
)
from conformance.targets.reference.gateway.gateway import ReferenceGateway
from conformance.targets.reference.gateway.tls import CertificateNames, certificate_names, failure_text
from tests.support.gateway import CHAT


def failure(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "text")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (failure("TLSV1_ALERT_PROTOCOL_VERSION"), "received fatal alert: ProtocolVersion"),
        (failure("WRONG_VERSION_NUMBER"), "received corrupt message of type InvalidContentType"),
        (ssl.SSLEOFError(8, "EOF"), "tls handshake eof"),
        (failure("SOMETHING_ELSE"), "tls handshake failed: SOMETHING_ELSE"),
        (failure(""), "tls handshake failed: unknown reason"),
    ],
)
def test_failures_in_rustls_words(error: ssl.SSLError, text: str) -> None:
    assert failure_text(error, "api.mistral.ai") == text


@pytest.mark.parametrize(
    ("name", "covered"),
    [("a.one.test", True), ("A.ONE.TEST", True), ("b.a.one.test", False), ("one.test", False), ("192.0.2.1", True)],
)
def test_names_are_covered_label_by_label(name: str, covered: bool) -> None:
    names = certificate_names_of("*.one.test", "192.0.2.1")
    assert names.cover(name) is covered
    assert names.describe() == 'certificate is only valid for DnsName("*.one.test") or IpAddress(192.0.2.1)'


def certificate_names_of(*identities: str) -> CertificateNames:
    chain = trustme.CA().issue_cert(*identities).cert_chain_pems[0].bytes()
    return certificate_names(ssl.PEM_cert_to_DER_cert(chain.decode()))


def test_no_names_at_all() -> None:
    assert "not valid for any names" in CertificateNames().describe()
    authority = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())
    assert certificate_names(authority) == CertificateNames()


def test_a_credential_hides_its_value() -> None:
    assert "sk-hidden" not in repr(Credential("Authorization", "Bearer", "sk-hidden"))


@pytest.mark.parametrize(
    ("answer", "tls", "text"),
    [
        (b"HTTP/1.1 400 Bad\r\n\r\n", True, "Connect: received corrupt message of type InvalidContentType"),
        (b"", True, "Connect: tls handshake eof"),
        (b"", False, "SendRequest: connection closed before message completed"),
        (b"nonsense\r\n\r\n", False, "SendRequest: invalid HTTP version or header parsed"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
            False,
            "SendRequest: connection closed before message completed",
        ),
    ],
)
async def test_what_servers_do(answer: bytes, tls: bool, text: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        # All that comes is read, or closing would reset the connection.
        while reader._buffer:  # type: ignore[attr-defined]
            await reader.read(65536)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    log: list[str] = []
    gateway = ReferenceGateway(dial=lambda *_: (host, port), system_trust=str, log=log.append)
    provider = LlmProvider("p", "one.test", 443, model="m", tls=UpstreamTls("one.test") if tls else None)
    backend = LlmBackend("ns/b", ((provider,),))
    rule = Rule((Match(PathMatch("prefix", "/")),), (), (BackendRef(backend),))
    gateway.configure(GatewayConfig((Listener("http", 8080, (Route("ns/r", (rule,)),)),)))
    await gateway.start()
    try:
        got = await post(gateway)
        assert got == f"upstream call failed: {text}"
        gateway.configure(GatewayConfig())
        assert await post(gateway) == "route not found"
    finally:
        await gateway.stop()
        server.close()
        await server.wait_closed()


async def post(gateway: ReferenceGateway) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(gateway.url, json=CHAT)).text
