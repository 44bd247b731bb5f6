"""Probes of what is trusted on which connection, and of what belongs to one connection only."""

from __future__ import annotations

import httpx

from mock_providers.behaviour import Behaviour, Identity
from mock_providers.lookalikes import Attachment
from tests.support.gateway import CHAT, Bench, catches
from tests.support.gateway_objects import backend, backend_ref, ca_ref, config_map, policy, route
from tests.support.probes.heads import model

URI = "spiffe://agw-conformance.internal/provider"


@catches("trust-on-first-use")
async def bad_certificates_are_refused_later_too(one: Bench) -> None:
    assert (await one.send()).status_code == 200
    await one.attach("mistral", identity="wrong-name")
    assert (await one.send()).status_code == 503
    await one.attach("mistral")
    assert (await one.send()).status_code == 200


@catches("wildcard-any-depth")
async def a_wildcard_is_one_label(one: Bench) -> None:
    await one.attach("mistral", identity="wildcard")
    for hostname, status in (("api.mistral.ai", 200), ("deep.api.mistral.ai", 503)):
        await one.apply(policy("mistral-tls", backend_ref("mistral"), hostname=hostname))
        assert (await one.send()).status_code == status


@catches("first-authority-only", "last-authority-only")
async def every_authority_counts(one: Bench) -> None:
    both = one.lookalikes.authority.pem.decode() + one.lookalikes.authority.other_pem.decode()
    await one.apply(config_map("both", {"ca.crt": both}))
    await one.apply(policy("mistral-tls", backend_ref("mistral"), caCertificateRefs=ca_ref("both")))
    identities: tuple[Identity, ...] = ("good", "other-authority")
    for identity in identities:
        await one.attach("mistral", identity=identity)
        assert (await one.send()).status_code == 200


@catches("uri-names-ignored")
async def uris_count(one: Bench) -> None:
    there = one.lookalikes.listener("api.mistral.ai", 443)
    assert there is not None
    provider = there.attachment.provider
    await one.lookalikes.attach(Attachment("api.mistral.ai", 443, provider, names=(URI,)))
    names = [{"type": "URI", "uri": URI}]
    await one.apply(policy("mistral-tls", backend_ref("mistral"), hostname="elsewhere.test", subjectAltNames=names))
    assert (await one.send()).status_code == 200


@catches("connection-first-token", "connection-first-line")
async def all_that_connection_names_stays_behind(one: Bench) -> None:
    for lines in (["keep-alive, X-Mine"], ["keep-alive", "x-mine"]):
        await one.send(json=CHAT, headers=httpx.Headers([*(("connection", line) for line in lines), ("x-mine", "1")]))
        assert one.only().values("x-mine") == []


@catches("closed-connection-reused")
async def a_closed_connection_is_not_used_again(one: Bench) -> None:
    for _ in range(2):
        assert (await one.send_planned(Behaviour(close="after-response"))).status_code == 200
        seen = one.only()
        await one.lookalikes.journal.wait_for(lambda _, seen=seen: seen.connection.closed, 2)  # type: ignore[misc]


@catches("repeated-headers-joined")
async def repeated_headers_stay_apart(one: Bench) -> None:
    answer = await one.send_planned(Behaviour(headers=(("set-cookie", "a=1"), ("set-cookie", "b=2"))))
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


@catches("port-lost-by-number")
async def the_port_stays_where_it_is_unusual(one: Bench) -> None:
    await one.attach("mistral", port=80)
    await one.apply(backend("odd", {"port": 80, "openai": model()}), route("odd"), policy("odd"))
    assert (await one.send("/odd")).status_code == 200
    assert one.only().values("host") == ["api.mistral.ai:80"]
    await one.attach("mistral", identity="plaintext")
    await one.apply(backend("plain", {"openai": model()}), route("plain"))
    assert (await one.send("/plain")).status_code == 200
    assert one.only().values("host") == ["api.mistral.ai:443"]
