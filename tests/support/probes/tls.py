"""Probes of TLS, of the policies behind it, and of connections."""

from __future__ import annotations

import trustme

from conformance.core.providers.shipped import load_provider
from conformance.manifests.schemas.kinds import BACKEND_TLS_POLICY, CONFIG_MAP
from mock_providers.behaviour import Identity
from mock_providers.lookalikes import Attachment
from tests.support.gateway import CHAT, KEYS, Bench, catches, documented
from tests.support.gateway_objects import backend, backend_ref, ca_ref, config_map, policy, route
from tests.support.probes.heads import model

INVALID = "upstream call failed: Connect: invalid peer certificate: "
OTHER_CA = trustme.CA().cert_pem.bytes().decode()


async def refused_by(one: Bench, identity: Identity, text: str, *, path: str = "/mistral") -> None:
    """The certificate is refused, with this text, before any HTTP."""
    await one.attach("mistral", identity=identity)
    mark = one.lookalikes.journal.mark()
    answer = await one.send(path)
    assert (answer.status_code, answer.text[: len(text)]) == (503, text)
    entries = one.lookalikes.journal.since(mark)
    assert len(entries.connections) == 1
    assert not entries.requests


@catches("plaintext-despite-policy", "policy-late", "sni-empty")
async def a_policy_means_tls_with_sni(one: Bench) -> None:
    await one.send()
    tls = one.only().connection.tls
    assert tls is not None
    assert (tls.sni, tls.alpn_offered) == ("api.mistral.ai", ("http/1.1",))
    assert set(tls.versions_offered) >= {"TLSv1.2", "TLSv1.3"}


@catches("tls-without-policy", "policy-deletion-ignored")
async def without_policy_it_is_plaintext(one: Bench) -> None:
    assert (await one.send()).status_code == 200
    await one.delete(BACKEND_TLS_POLICY, "mistral-tls")
    answer = await one.send()
    assert (answer.status_code, answer.text) == (
        503,
        "upstream call failed: SendRequest: connection closed before message completed",
    )
    assert one.only().connection.kind == "plaintext-on-tls-port"
    await one.apply(documented("mistral")[-1])
    assert (await one.send()).status_code == 200


@catches("policy-deletion-spreads", "policy-on-every-backend")
async def a_policy_is_for_its_targets(one: Bench) -> None:
    await one.delete(BACKEND_TLS_POLICY, "mistral-tls")
    assert (await one.send("/deepseek")).status_code == 200
    await one.send()
    assert one.only().connection.kind == "plaintext-on-tls-port"


@catches("certificate-name-not-verified")
async def names_are_verified(one: Bench) -> None:
    await refused_by(one, "wrong-name", f'{INVALID}certificate not valid for name "api.mistral.ai"')


@catches("common-name-accepted")
async def common_names_do_not_count(one: Bench) -> None:
    await refused_by(one, "cn-only", f'{INVALID}certificate not valid for name "api.mistral.ai"')


@catches("ca-not-verified")
async def authorities_are_verified(one: Bench) -> None:
    for identity in ("other-authority", "self-signed"):
        await refused_by(one, identity, f"{INVALID}UnknownIssuer")


@catches("certificate-time-not-verified")
async def validity_is_verified(one: Bench) -> None:
    await refused_by(one, "expired", f"{INVALID}certificate expired: verification time ")
    await refused_by(one, "not-yet-valid", f"{INVALID}certificate not valid yet: verification time ")


@catches("wildcard-refused", "intermediate-refused", "tls13-only", "tls12-only")
async def good_certificates_are_accepted(one: Bench) -> None:
    identities: tuple[Identity, ...] = ("wildcard", "intermediate", "tls12-only", "tls13-only")
    for identity in identities:
        await one.attach("mistral", identity=identity)
        assert (await one.send()).status_code == 200


@catches("sni-from-host")
async def the_policys_hostname_is_verified(one: Bench) -> None:
    await one.apply(policy("mistral-tls", backend_ref("mistral"), hostname="api.other.test"))
    await refused_by(one, "good", f'{INVALID}certificate not valid for name "api.other.test"')
    assert one.lookalikes.journal.connections[-1].tls is not None
    assert one.lookalikes.journal.connections[-1].tls.sni == "api.other.test"


async def plaintext_where_tls_is_meant(one: Bench) -> None:
    await one.attach("mistral", identity="plaintext")
    answer = await one.send()
    assert (answer.status_code, answer.text[:31]) == (503, "upstream call failed: Connect: ")
    assert not one.seen()


catches()(plaintext_where_tls_is_meant)


@catches("ca-references-ignored", "ca-rotation-ignored", "bad-ca-falls-back-to-plaintext")
async def ca_references_are_followed(one: Bench) -> None:
    good = one.lookalikes.authority.pem.decode()
    await one.apply(policy("mistral-tls", backend_ref("mistral"), caCertificateRefs=ca_ref("ca")))
    for data, text in (
        (None, f"{INVALID}UnknownIssuer"),
        ({"ca.crt": OTHER_CA}, f"{INVALID}UnknownIssuer"),
        ({"ca.crt": good}, ""),
        ({"other": good}, f"{INVALID}UnknownIssuer"),
        ({"ca.crt": "garbage"}, f"{INVALID}UnknownIssuer"),
        ({"ca.crt": f"{OTHER_CA}\n{good}"}, ""),
    ):
        if data is not None:
            await one.apply(config_map("ca", data))
        answer = await one.send()
        assert (answer.status_code, answer.text if text else "") == (503 if text else 200, text)
    await one.delete(CONFIG_MAP, "ca")
    assert (await one.send()).text == f"{INVALID}UnknownIssuer"
    await one.apply(policy("mistral-tls", backend_ref("mistral"), caCertificateRefs=ca_ref("ca", "Secret")))
    assert (await one.send()).text == f"{INVALID}UnknownIssuer"


@catches("subject-alt-names-ignored")
async def subject_alt_names_stand_in_for_the_hostname(one: Bench) -> None:
    names = [{"type": "Hostname", "hostname": "api.mistral.ai"}]
    await one.apply(policy("mistral-tls", backend_ref("mistral"), hostname="sni.test", subjectAltNames=names))
    assert (await one.send()).status_code == 200
    tls = one.only().connection.tls
    assert tls is not None
    assert tls.sni == "sni.test"
    for names, name in (
        ([{"type": "Hostname", "hostname": "nobody.test"}], "nobody.test"),
        ([{"type": "URI", "uri": "spiffe://x/y"}], "spiffe://x/y"),
    ):
        await one.apply(policy("mistral-tls", backend_ref("mistral"), subjectAltNames=names))
        answer = await one.send()
        wrong = f'{INVALID}certificate not valid for name "{name}"; certificate is only valid for '
        assert (answer.status_code, answer.text) == (503, f'{wrong}DnsName("api.mistral.ai")')
        assert not one.seen()


@catches("policy-crosses-namespaces")
async def policies_stay_at_home(one: Bench) -> None:
    await one.delete(BACKEND_TLS_POLICY, "mistral-tls")
    await one.apply(policy("mistral-tls", backend_ref("mistral"), namespace="elsewhere"))
    await one.send()
    assert one.only().connection.kind == "plaintext-on-tls-port"
    assert one.status(BACKEND_TLS_POLICY, "mistral-tls", "elsewhere")["ancestors"][0]["conditions"][0]["reason"] == (
        "TargetNotFound"
    )


@catches("policy-first-target-only")
async def every_target_counts(one: Bench) -> None:
    await one.apply(backend("a", {"openai": model()}), backend("b", {"openai": model()}), route("a"), route("b"))
    await one.apply(policy("both", backend_ref("a"), backend_ref("b")))
    for name in ("a", "b"):
        assert (await one.send(f"/{name}")).status_code == 200


@catches("policy-group-ignored")
async def a_targets_group_counts(one: Bench) -> None:
    await one.apply(policy("mistral-tls", {"group": "", "kind": "Backend", "name": "mistral"}))
    await one.send()
    assert one.only().connection.kind == "plaintext-on-tls-port"
    assert not one.status(BACKEND_TLS_POLICY, "mistral-tls")["ancestors"]


@catches("policy-section-ignored")
async def sections_are_told_apart(one: Bench) -> None:
    await one.attach("deepseek", host="plain.test", port=80, identity="plaintext")
    groups = [
        {"providers": [{"name": name, "openai": model(), "host": host, "port": port}]}
        for name, host, port in (("plain", "plain.test", 80), ("secure", "api.mistral.ai", 443))
    ]
    await one.apply(backend("mixed", type="AI", ai={"priorityGroups": groups}), route("mixed"))
    await one.apply(policy("mixed", backend_ref("mixed", sectionName="secure")))
    await one.send("/mixed", {**CHAT, "model": "m"})
    assert [seen.connection.kind for seen in one.seen()] == ["plaintext"]
    assert one.only().values("host") == ["plain.test"]


@catches("connections-shared")
async def connections_are_never_shared(one: Bench) -> None:
    good = load_provider("mistral")
    shared = await one.lookalikes.attach(Attachment("api.mistral.ai", 443, good, identity="good"))
    one.redirected["same.test"] = shared.address
    await one.apply(backend("same", {"host": "same.test", "openai": model()}), route("same"))
    await one.apply(policy("same", hostname="same.test"))
    assert (await one.send()).status_code == 200
    answer = await one.send("/same")
    assert answer.text == f'{INVALID}certificate not valid for name "same.test"'


async def connections_are_kept_alive(one: Bench) -> None:
    mark = one.lookalikes.journal.mark()
    for _ in range(5):
        assert (await one.send()).status_code == 200
    assert len(one.lookalikes.journal.since(mark).connections) == 1


catches()(connections_are_kept_alive)


async def an_address_needs_no_name(one: Bench) -> None:
    await one.attach("mistral", host="192.0.2.1")
    await one.apply(backend("ip", {"host": "192.0.2.1", "openai": model()}), route("ip"), policy("ip"))
    answer = await one.send("/ip")
    assert answer.text == f'{INVALID}certificate not valid for name "api.mistral.ai"'
    await one.apply(policy("ip", hostname="192.0.2.1"))
    assert (await one.send("/ip")).status_code == 200
    assert one.only().values("host") == ["192.0.2.1"]
    tls = one.only().connection.tls
    assert tls is not None
    assert tls.sni is None


catches()(an_address_needs_no_name)


async def without_host_it_is_openai_over_tls(one: Bench) -> None:
    await one.attach("mistral", host="api.openai.com")
    plain = {"host": None, "port": None, "path": None, "openai": model()}
    await one.apply(backend("openai", plain), route("openai"))
    assert (await one.send("/openai?x=1")).status_code == 200
    seen = one.only()
    assert (seen.target, seen.values("host")) == ("/v1/chat/completions?x=1", ["api.openai.com"])
    assert seen.values("authorization") == [f"Bearer {KEYS['mistral']}"]


catches()(without_host_it_is_openai_over_tls)
