"""Trust between a gateway that is not ours and lookalikes: the authority that is given, the probe, the canary."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import trustme
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.stage.arrangement.kube import RUN_LABEL, Kubernetes
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.scenario.profile import fence_profile
from conformance.stage.scenario.scenario import Material, Scenario
from conformance.stage.target import GatewayAt
from conformance.targets.cluster import probe as probing
from conformance.targets.cluster.canary import Canary
from conformance.targets.cluster.given_authority import authority_of, how_to_trust
from conformance.targets.cluster.options import ClusterOptions
from conformance.targets.cluster.target import ClusterTarget
from conformance.targets.clustered.stacks import STACKS, TRUST_NAME, trust_config_map
from conformance.targets.embedded.target import EmbeddedTarget
from tests.support.cluster import FakeKubernetes, Json


def fake(*objects: Json) -> Kubernetes:
    return cast("Kubernetes", FakeKubernetes(*objects))


def there(kind: str, name: str, **fields: Any) -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "gw"}, **fields}


def by_hand(*, ca: bool = True, path_length: int | None = None, days: int = 1) -> trustme.CA:
    """An authority as openssl might make it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(end - datetime.timedelta(days=9)).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return trustme.CA.from_pem(pem, key.private_bytes(*form))


def held(authority: trustme.CA) -> Json:
    parts = {"tls.crt": authority.cert_pem.bytes(), "tls.key": authority.private_key_pem.bytes()}
    return there("Secret", "ca", data={name: base64.b64encode(value).decode() for name, value in parts.items()})


async def test_lookalikes_get_certificates_of_the_authority_that_is_trusted() -> None:
    given = by_hand()
    authority = await authority_of(fake(held(given)), ("gw", "ca"))
    assert authority.pem == given.cert_pem.bytes()
    chain = authority.certificate("x.test", "intermediate").chain_pem
    issuers = [one.issuer for one in x509.load_pem_x509_certificates(chain)]
    assert x509.load_pem_x509_certificate(given.cert_pem.bytes()).subject in issuers
    assert authority.other_pem != (await authority_of(fake(), None)).other_pem


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        (None, "no such Secret - it must hold, as tls.crt and tls.key"),
        (there("Secret", "ca"), "no authority is in it"),
        (there("Secret", "ca", data={"tls.crt": "eA==", "tls.key": "eA=="}), "no authority is in it"),
        (held(by_hand(ca=False)), "may not sign authorities"),
        (held(by_hand(path_length=0)), "may not sign authorities"),
        (held(by_hand(days=-1)), "has expired - renew it"),
    ],
)
async def test_an_authority_that_cannot_be_used(secret: Json | None, message: str) -> None:
    with pytest.raises(SetupProblem, match=f"--ca-secret gw/ca: .*{message}"):
        await authority_of(fake(*([secret] if secret else [])), ("gw", "ca"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_how_a_gateway_comes_to_trust_is_told_with_all_objects(dialect: str) -> None:
    told = how_to_trust(dialect, "infra")
    for part in ("--cert=ca.crt --key=ca.key", "create configmap agw-conformance-own-trust -n infra", "SSL_CERT_FILE"):
        assert part in told
    assert ("a Gateway's lists are added" in told) is (dialect == "kgateway-2.1"), "twice in one list is refused there"
    assert told.endswith("run again with --ca-secret infra/agw-conformance-ca")


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        (None, r"can the gateway's pods"),
        ("http://gw:1", r"is it that Gateway that answers at --gateway-url http://gw:1"),
    ],
)
def test_what_to_do_where_somebody_else_may_answer(url: str | None, remedy: str) -> None:
    target = ClusterTarget(DIALECTS[0], ClusterOptions(url=url), "a1", None)
    target.gateway = GatewayAt("infra", "gw", url or "http://127.0.0.1:1")
    told = target.unreached("api.mistral.ai", "200 (server: other) hello")
    assert re.search(f"the answer was 200 .server: other. hello - {remedy}", str(told))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_its_names_are_none_of_the_kind_targets(dialect: str) -> None:
    stack = STACKS[dialect]
    told = how_to_trust(dialect, stack.namespace)
    [own, kind] = [told, yaml.safe_dump([trust_config_map(stack.namespace, ""), stack.parameters_object(None)])]
    names = {one["metadata"]["name"] for one in yaml.safe_load(kind)}
    assert not names & set(re.findall(r"(?:configmap |name: )([\w-]+)", own)) - {TRUST_NAME}
    assert f"configmap {TRUST_NAME} " not in own


class Explained:
    """What the probe asks to be explained."""

    def untrusted(self, failure: str) -> SetupProblem:
        return SetupProblem(f"untrusted: {failure}")

    def unreached(self, host: str, answer: str) -> SetupProblem:
        return SetupProblem(f"unreached: {host}: {answer}")


@contextlib.asynccontextmanager
async def embedded() -> AsyncIterator[tuple[EmbeddedTarget, Kubernetes]]:
    """A gateway that does as documented, to try the probe on."""
    target = EmbeddedTarget()
    await target.start()
    kubernetes = Kubernetes(target.kubernetes(), "a1")
    try:
        yield target, kubernetes
    finally:
        kubernetes.close()
        await target.stop()


async def test_the_probe_and_the_canary_come_through_a_gateway_in_order() -> None:
    async with embedded() as (target, kubernetes):
        await probing.probe(target, kubernetes, DIALECTS[0], Explained())
        assert await kubernetes.list_all("v1", "Secret", RUN_LABEL) == []
        await kubernetes.ensure_namespaces(["kgateway-system"])

        async def lead(attachment: Any) -> None:
            await target.attach([attachment])

        await kubernetes.apply_all(one.data for one in gateway_manifests(DIALECTS[0]))
        canary = Canary(target, kubernetes, fence_profile(DIALECTS[0]), lead, Explained())
        lookalikes, at = target.lookalikes, target.gateway
        material = Material(lookalikes.trusted_ca, lookalikes.other_ca, at.namespace, at.name)
        mark = await lookalikes.mark()
        await canary.send(material)
        await canary.send(material)
        hosts = [one.connection.host for one in (await lookalikes.since(mark)).requests]
        assert hosts == [f"fence-canary-{number}.agw-conformance.internal" for number in (1, 2)]


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (
            Scenario("probe", identity="other-authority"),
            "untrusted: the client closed the connection during the handshake",
        ),
        (Scenario("probe", reach="refused"), r"unreached: api-probe\.mistral\.ai: 503"),
    ],
)
async def test_a_gateway_that_fails_the_probe(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario, message: str
) -> None:
    monkeypatch.setattr(probing, "_KEY", SceneKey("mistral", scenario))
    monkeypatch.setattr(deadlines, "STATUS", 0.5)
    async with embedded() as (target, kubernetes):
        with pytest.raises(SetupProblem, match=f"(?i){message}"):
            await probing.probe(target, kubernetes, DIALECTS[0], Explained())


class Another:
    """Who answers in place of a gateway, one request a connection; `connections` counts them."""

    def __init__(self) -> None:
        self.connections = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.27\r\nContent-Length: 4\r\n\r\ngone")
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readexactly(1)
            break
        writer.close()


async def test_who_answers_in_place_of_the_gateway_is_told_and_asked_on_new_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadlines, "STATUS", 0.5)
    another = Another()
    server = await asyncio.start_server(another.answer, "127.0.0.1", 0)
    async with embedded() as (target, _):
        target.gateway = dataclasses.replace(
            target.gateway, url="http://{}:{}".format(*server.sockets[0].getsockname())
        )
        with pytest.raises(SetupProblem, match=r"unreached: api.mistral.ai: 404 \(server: nginx/1.27\) gone"):
            await probing.until_good(target, "/mistral", "api.mistral.ai", Explained())
    server.close()
    assert another.connections > 1
