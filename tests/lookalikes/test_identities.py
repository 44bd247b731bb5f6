"""Each identity is wrong in exactly the way its name says, as seen by a strict client."""

from __future__ import annotations

import json
import ssl

import pytest
from cryptography import x509

from mock_providers import Authority, Identity
from mock_providers.behaviour import IDENTITIES
from mock_providers.identities import WRONG_NAME, certifiable
from tests.support.lookalikes import chat, serving

GOOD: tuple[Identity, ...] = ("good", "wildcard", "intermediate", "tls12-only", "tls13-only")
BAD: dict[Identity, str] = {
    "wrong-name": "Hostname mismatch",
    "cn-only": "Hostname mismatch",
    "self-signed": "self.signed certificate",
    "other-authority": "unable to get local issuer certificate|self.signed certificate in certificate chain",
    "expired": "certificate has expired",
    "not-yet-valid": "not yet valid",
}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def test_every_identity_is_tested_here() -> None:
    assert {*GOOD, *BAD, "plaintext"} == set(IDENTITIES)


@pytest.mark.parametrize("identity", GOOD)
async def test_a_good_identity_is_accepted(identity: Identity) -> None:
    async with serving(identity=identity) as served:
        _, writer = await served.open(served.trusting())
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        version = {"tls12-only": "TLSv1.2"}.get(identity, "TLSv1.3")
        assert tls.version() == version
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(("identity", "message"), BAD.items())
async def test_a_bad_identity_is_refused_for_its_reason(identity: Identity, message: str) -> None:
    async with serving(identity=identity) as served:
        with pytest.raises(ssl.SSLCertVerificationError, match=message):
            await served.open(served.trusting())


@pytest.mark.parametrize("identity", ["wrong-name", "cn-only"])
async def test_the_name_is_all_that_is_wrong_with_a_bad_name(identity: Identity) -> None:
    async with serving(identity=identity) as served:
        context = served.trusting()
        context.check_hostname = False
        _, writer = await served.open(context)
        writer.close()
        await writer.wait_closed()


async def test_trusting_the_other_authority_makes_its_certificates_good() -> None:
    async with serving(identity="other-authority") as served:
        _, writer = await served.open(served.trusting(served.lookalikes.authority.other_pem))
        writer.close()
        await writer.wait_closed()


async def test_plaintext_speaks_http() -> None:
    async with serving(identity="plaintext") as served:
        assert (await served.ask(chat())).status_code == 200
        assert [seen.kind for seen in served.lookalikes.journal.connections] == ["plaintext"]


@pytest.mark.parametrize(
    ("host", "identity", "sans"),
    [
        ("llm.example.", "good", ("llm.example",)),
        ("api.mistral.ai", "good", ("api.mistral.ai",)),
        ("api.mistral.ai", "wildcard", ("*.mistral.ai",)),
        ("api.mistral.ai", "wrong-name", (WRONG_NAME,)),
        ("api.mistral.ai", "cn-only", ()),
        ("api.mistral.ai", "self-signed", ("api.mistral.ai",)),
        ("127.0.0.1", "good", ("127.0.0.1",)),
        ("127.0.0.1", "self-signed", ("127.0.0.1",)),
    ],
)
def test_sans(authority: Authority, host: str, identity: Identity, sans: tuple[str, ...]) -> None:
    assert authority.sans(host, identity) == sans


URI = "spiffe://mesh.test/sa/models"


@pytest.mark.parametrize(
    ("identity", "sans"),
    [
        ("good", ("a.test", "b.test", URI)),
        ("wildcard", ("*.test", "b.test", URI)),
        ("intermediate", ("a.test", "b.test", URI)),
        ("expired", ("a.test", "b.test", URI)),
        ("not-yet-valid", ("a.test", "b.test", URI)),
        ("self-signed", ("a.test", "b.test", URI)),
        ("wrong-name", (WRONG_NAME,)),
        ("cn-only", ()),
    ],
)
def test_further_names_are_named_where_the_host_is(
    authority: Authority, identity: Identity, sans: tuple[str, ...]
) -> None:
    shown = authority.certificate("a.test", identity, ("b.test", URI))
    assert sorted(shown.sans) == sorted(sans)
    leaf, *between = x509.load_pem_x509_certificates(shown.chain_pem)
    assert len(between) == (identity == "intermediate")
    assert leaf.not_valid_before_utc < leaf.not_valid_after_utc


def test_certificates_and_contexts_are_made_once(authority: Authority) -> None:
    assert authority.certificate("a.test", "good") is authority.certificate("a.test", "good")
    assert authority.context("a.test", "good") is authority.context("a.test", "good")
    assert authority.context("a.test", "good") is not authority.context("a.test", "expired")


def test_the_key_is_not_shown(authority: Authority) -> None:
    assert "PRIVATE" not in repr(authority.certificate("a.test", "good"))


@pytest.mark.parametrize(
    ("host", "identity"),
    [("localhost", "wildcard"), ("127.0.0.1", "wildcard"), ("api.mistral.ai", "plaintext")],
)
def test_there_is_no_such_certificate(authority: Authority, host: str, identity: Identity) -> None:
    with pytest.raises(ValueError, match=r"no parent domain|no certificate"):
        authority.certificate(host, identity)


def test_an_authority_can_be_kept_for_another_run() -> None:
    first = Authority()
    second = Authority.restore(first.store())
    assert (second.pem, second.other_pem) == (first.pem, first.other_pem)
    kept: dict[Identity, bytes] = {"intermediate": first.pem, "cn-only": first.pem, "other-authority": first.other_pem}
    for identity, roots in kept.items():
        leaf, *between = x509.load_pem_x509_certificates(second.certificate("a.test", identity).chain_pem)
        [root] = x509.load_pem_x509_certificates(roots)
        leaf.verify_directly_issued_by(between[0] if between else root)


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"trusted": {"certificate": "x", "key": "y"}}', "swapped"])
def test_what_no_authority_stored_is_refused(stored: str) -> None:
    if stored == "swapped":
        parts = json.loads(Authority().store())
        parts["trusted"]["key"], parts["other"]["key"] = parts["other"]["key"], parts["trusted"]["key"]
        stored = json.dumps(parts)
    with pytest.raises(ValueError, match="not what a lookalikes' authority stored"):
        Authority.restore(stored)


@pytest.mark.parametrize("host", ["api.mistral.ai", "API.mistral.ai", "ollama", "10.0.0.7", "xn--bcher-kva.test"])
def test_a_certificate_can_be_made_out_to_a_host(authority: Authority, host: str) -> None:
    assert certifiable(host)
    assert authority.certificate(host, "good").chain_pem


@pytest.mark.parametrize("host", ["https://a.test", "a.test:443", "a.test/v1", "a_b.test", "a..test", "ab--c.test"])
def test_no_certificate_can_be_made_out_to_what_is_no_host(host: str) -> None:
    assert not certifiable(host)
