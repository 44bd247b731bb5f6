"""Probes of routing and of the head of what goes up."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from conformance.manifests.schemas.kinds import SECRET
from conformance.targets.reference.gateway.config import (
    BackendRef,
    Eviction,
    GatewayConfig,
    Listener,
    LlmBackend,
    Match,
    PathMatch,
    Route,
    Rule,
)
from tests.support.gateway import CHAT, KEYS, Bench, catches, documented, secret
from tests.support.gateway_objects import auth, backend, backend_ref, policy, route

BEARER = f"Bearer {KEYS['mistral']}"


@catches("prefix-matches-substring", "path-case-ignored", "path-ignored")
async def prefixes_are_segments(one: Bench) -> None:
    for path in ("/mistralx", "/Mistral"):
        assert (await one.send(path)).status_code == 404


@catches("prefix-matches-exactly")
async def paths_below_a_prefix_match(one: Bench) -> None:
    for path in ("/mistral/", "/mistral/any/sub"):
        assert (await one.send(path)).status_code == 200
        assert one.only().target == "/v1/chat/completions"


@catches("shorter-prefix-wins")
async def the_longer_prefix_wins(one: Bench) -> None:
    longer = route("mistral-large", backend_ref("deepseek"))
    longer["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/mistral/large"
    await one.apply(longer)
    await one.send("/mistral/large/x")
    assert one.only().connection.host == "api.deepseek.com"


@catches("path-not-replaced", "query-kept", "route-prefix-kept")
async def path_full_is_the_whole_target(one: Bench) -> None:
    await one.send("/mistral/foo?x=1")
    assert one.only().target == "/v1/chat/completions"


@catches("path-default-missing")
async def without_path_the_default_goes_up(one: Bench) -> None:
    await one.apply(backend("plain", {"path": None, "openai": model()}), route("plain"), policy("plain"))
    for path in ("/plain", "/plain/foo"):
        assert (await one.send(path)).status_code == 200
        assert one.only().target == "/v1/chat/completions"


@catches("custom-path-ignored", "version-doubled")
async def a_custom_path_goes_up_verbatim(one: Bench) -> None:
    await one.apply(
        backend("groq", {"path": {"full": "/openai/v1/chat/completions?v=1"}}), route("groq"), policy("groq")
    )
    await one.send("/groq?x=2")
    assert one.only().target == "/openai/v1/chat/completions?v=1"


@catches("host-not-rewritten")
async def host_is_the_backends(one: Bench) -> None:
    await one.send("/deepseek", headers={"host": "elsewhere.test:8080"})
    assert one.only().values("host") == ["api.deepseek.com"]


@catches("url-rewrite-ignored", "filters-ignored")
async def host_is_what_the_route_rewrites(one: Bench) -> None:
    rewrite = {"type": "URLRewrite", "urlRewrite": {"hostname": "rewritten.test"}}
    await one.apply(route("mistral", filters=[rewrite]))
    await one.send()
    assert one.only().values("host") == ["rewritten.test"]


@catches("port-in-authority")
async def the_usual_port_is_not_in_host(one: Bench) -> None:
    await one.send("/deepseek")
    assert one.only().values("host") == ["api.deepseek.com"]


@catches("port-not-in-authority", "port-ignored")
async def another_port_is_dialled_and_in_host(one: Bench) -> None:
    await one.attach("mistral", port=8443)
    await one.apply(backend("odd", {"port": 8443, "openai": model()}), route("odd"), policy("odd"))
    assert (await one.send("/odd")).status_code == 200
    assert one.only().values("host") == ["api.mistral.ai:8443"]
    assert one.only().connection.port == 8443


@catches("target-from-forwarded-host", "target-from-host", "host-ignored")
async def nothing_the_client_says_moves_the_target(one: Bench) -> None:
    headers = {"x-forwarded-host": "api.deepseek.com", "forwarded": "host=api.deepseek.com", "host": "api.deepseek.com"}
    assert (await one.send(headers=headers)).status_code == 200
    assert one.only().connection.host == "api.mistral.ai"


@catches("key-not-sent", "key-placeholder-sent", "wrong-provider-key", "client-key-blocks-injection")
async def the_key_goes_up(one: Bench) -> None:
    await one.send(headers={"x-api-key": "of-the-client"})
    assert one.only().values("authorization") == [BEARER]
    assert one.only().values("x-api-key") == ["of-the-client"]


@catches("client-key-forwarded-beside", "duplicate-authorization-kept")
async def the_clients_tokens_make_way(one: Bench) -> None:
    raw = await one.raw(
        b"POST /mistral HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAUTHORIZATION: Bearer b\r\n", CHAT
    )
    assert b" 200 " in raw.splitlines()[0]
    assert one.only().values("authorization") == [BEARER]


@catches("passthrough-stripped")
async def passthrough_passes(one: Bench) -> None:
    passing = {**auth("Passthrough"), "model": "mistral-medium-2505"}
    await one.apply(backend("pass", {"openai": passing}), route("pass"), policy("pass"))
    await one.send("/pass", headers={"authorization": "Bearer of-the-client"})
    assert one.only().values("authorization") == ["Bearer of-the-client"]
    await one.send("/pass")
    assert one.only().values("authorization") == []


@catches("key-mixed-under-load")
async def nothing_mixes_under_load(one: Bench) -> None:
    names = ["mistral", "deepseek"] * 50
    bodies = [{**CHAT, "user": f"{name}-{index}"} for index, name in enumerate(names)]
    answers = await asyncio.gather(
        *(one.send(f"/{name}", body) for name, body in zip(names, bodies, strict=True)), return_exceptions=False
    )
    assert {answer.status_code for answer in answers} == {200}
    for request in one.lookalikes.journal.requests:
        name = request.json()["user"].partition("-")[0]
        assert name in request.connection.host
        assert request.values("authorization") == [f"Bearer {KEYS[name]}"]


@catches("hop-by-hop-forwarded")
async def hop_by_hop_headers_stay_behind(one: Bench) -> None:
    headers = {"connection": "x-mine, keep-alive", "x-mine": "1", "te": "trailers", "proxy-authorization": "Basic eA=="}
    await one.send(headers=headers)
    assert [one.only().values(name) for name in headers] == [[], [], [], []]


@catches("client-headers-dropped")
async def other_headers_pass(one: Bench) -> None:
    headers = {"x-custom": "1", "user-agent": "probe", "accept": "application/json", "cookie": "a=b", "via": "1.1 x"}
    await one.send(headers=headers)
    assert [one.only().values(name) for name in headers] == [[value] for value in headers.values()]


@catches("no-failover")
async def who_fails_is_left_out(one: Bench) -> None:
    await one.attach("deepseek", host="first.test", refused=True)
    (mistral,) = (each for each in one.config.providers() if each.name.endswith("/mistral"))
    first = replace(mistral, name="first", host="first.test", eviction=Eviction(seconds=60))
    rule = Rule((Match(PathMatch("prefix", "/two")),), (), (BackendRef(LlmBackend("two", ((first,), (mistral,)))),))
    one.gateway.configure(GatewayConfig((Listener("http", 8080, (Route("two", (rule,)),)),)))
    assert [(await one.send("/two")).status_code for _ in range(2)] == [503, 200]


@catches("request-sent-twice")
async def a_request_goes_up_once(one: Bench) -> None:
    await one.send()
    assert len(one.seen()) == 1


@catches("auth-header-override-ignored", "auth-header-needs-prefix")
async def header_name_moves_the_token(one: Bench) -> None:
    await one.apply(backend("moved", {"authHeader": {"headerName": "x-api-key"}}), route("moved"), policy("moved"))
    await one.send("/moved", {**CHAT, "model": "m"}, headers={"authorization": "Bearer c", "x-api-key": "c"})
    assert one.only().values("x-api-key") == [BEARER]
    assert one.only().values("authorization") == []


@catches("auth-prefix-ignored", "auth-prefix-padded")
async def prefix_replaces_bearer(one: Bench) -> None:
    key = KEYS["mistral"]
    for prefix, value in (("Token", f"Token {key}"), ("", key), ("Api-Key ", f"Api-Key {key}")):
        await one.apply(backend("own", {"authHeader": {"prefix": prefix}}), route("own"), policy("own"))
        await one.send("/own", {**CHAT, "model": "m"})
        assert one.only().values("authorization") == [value]


@catches("bearer-doubled", "secret-not-trimmed")
async def a_secret_is_cleaned(one: Bench) -> None:
    for text in (f"Bearer {KEYS['mistral']}", f"  {KEYS['mistral']}\n"):
        await one.apply(secret("mistral-secret", text))
        assert (await one.send()).status_code == 200
        assert one.only().values("authorization") == [BEARER]


@catches("inline-token-ignored")
async def an_inline_token_goes_up_verbatim(one: Bench) -> None:
    inline = {**auth("Inline", inline="Bearer in-line"), "model": "m"}
    await one.apply(backend("inline", {"openai": inline}), route("inline"), policy("inline"))
    await one.send("/inline")
    assert one.only().values("authorization") == ["Bearer Bearer in-line"]
    await one.apply(backend("inline", {"openai": {**inline, **auth("Inline", inline="in-line\n")}}))
    answer = await one.send("/inline")
    assert (answer.status_code, answer.text) == (503, "processing failed: failed to parse header value")
    assert not one.seen()


@catches("missing-secret-forwards-client-token")
async def without_secret_nothing_goes_out(one: Bench) -> None:
    for broken in (None, secret("mistral-secret", "k", key="authorization"), secret("mistral-secret", " ")):
        if broken is None:
            await one.delete(SECRET, "mistral-secret")
        else:
            await one.apply(broken)
        answer = await one.send(headers={"authorization": "Bearer of-the-client"})
        assert (answer.status_code, answer.text) == (500, "service not found")
        assert not one.seen()
    await one.apply(documented("mistral")[0])
    assert (await one.send()).status_code == 200


@catches("secret-from-any-namespace")
async def a_secret_is_looked_up_at_home(one: Bench) -> None:
    await one.delete(SECRET, "mistral-secret")
    await one.apply(secret("mistral-secret", KEYS["mistral"], namespace="elsewhere"))
    assert (await one.send()).status_code == 500


@catches("smuggling-let-in")
async def two_framings_are_refused(one: Bench) -> None:
    head = b"POST /mistral HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    mark = one.lookalikes.journal.mark()
    assert b" 400 " in (await one.raw(head)).splitlines()[0]
    assert not one.lookalikes.journal.since(mark).requests


def model(name: str = "mistral-medium-2505") -> dict[str, object]:
    """`openai` with the documented Secret and a model."""
    return {"authToken": {"kind": "SecretRef", "secretRef": {"name": "mistral-secret"}}, "model": name}
