"""Area I: what the client gets when the provider, the way to it, or the request is in order no more."""

from __future__ import annotations

import re
from typing import Any

from conformance.cases import Behaviour, Draft, Exchange, Level, Scenario, Stage, case, param, parametrize
from conformance.cases.variations import SHORT_TIMEOUT, limit_time, secured
from conformance.core import deadlines
from conformance.exchange.expectations import (
    AnsweredByGateway,
    ArrivedOnce,
    Facet,
    HeaderReturns,
    Holds,
    NothingArrived,
    Status,
    TextReturns,
    answered,
    verify,
)
from mock_providers.journal import Entries


@case(
    "errors/status-propagated",
    Level.MUST,
    "The provider's error status reaches the client, and Retry-After with it; the request is not sent again.",
    source="FACTS 6.6; RFC 9110 section 10.2.3 and 9.2.2",
    lines=[91, 176],
)
@parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
async def test_status_propagated(stage: Stage, status: int) -> None:
    exchange = await stage.chat(behaviour=Behaviour(status=status, headers=(("retry-after", "17"),)))
    verify(exchange, Status(status), ArrivedOnce(), HeaderReturns("retry-after", "17"))


REASON = "conformance says that you are too fast"


@case(
    "errors/message-visible",
    Level.SHOULD,
    "What the provider says about an error is in what the client gets.",
    source="FACTS 6.6",
    lines=[92],
    certifies=("openai",),
)
@parametrize(
    "answer",
    [
        param({"json": {"error": {"message": REASON, "type": "rate_limit", "code": "slow"}}}, id="openai"),
        param({"json": {"detail": REASON}}, id="detail"),
        param({"text": REASON}, id="text"),
        param({"text": f"<html><body>{REASON}</body></html>"}, id="html"),
    ],
)
async def test_message_visible(stage: Stage, answer: dict[str, Any]) -> None:
    exchange = await stage.chat(behaviour=Behaviour(status=429, **answer))
    typed = [HeaderReturns("content-type", "application/json")] if "json" in answer else []
    verify(exchange, Status(429), TextReturns(REASON), *typed)
    stage.observe(f"the error's body as the client gets it: {exchange.response.excerpt(160)!r}")


@case(
    "errors/no-connection",
    Level.MUST,
    "When there is no connection to the provider, the gateway answers 5xx, sends nothing, and goes on answering.",
    source="FACTS 2.3, 6.6, 6.7",
    lines=[93],
)
@parametrize(
    "scenario",
    [
        Scenario("refused", reach="refused"),
        Scenario("reset-on-accept", behaviour=Behaviour(reset="on-accept")),
        Scenario("other-authority", identity="other-authority"),
    ],
    ids=str,
)
async def test_no_connection(stage: Stage) -> None:
    for _ in range(2):
        verify(await stage.chat(), AnsweredByGateway(), NothingArrived())


@case(
    "errors/recovers-after-reset",
    Level.MUST,
    "A connection that the provider resets before it answers is a 5xx, and the next request is answered.",
    source="FACTS 6.6",
    lines=[93],
)
async def test_recovers_after_reset(stage: Stage) -> None:
    verify(await stage.chat(behaviour=Behaviour(reset="before-response")), AnsweredByGateway())
    verify(await stage.chat(), Status(200), ArrivedOnce())


@case(
    "errors/unusual-status-passes",
    Level.SHOULD,
    "A provider's status that few expect reaches the client as it is.",
    source="RFC 9110 section 15 (statuses are extensible); DeepSeek 402, Cloudflare 520, Anthropic 529",
    lines=[175],
)
@parametrize("status", [402, 408, 502, 504, 520, 529])
async def test_unusual_status_passes(stage: Stage, status: int) -> None:
    verify(await stage.chat(behaviour=Behaviour(status=status)), Status(status), ArrivedOnce())


@case(
    "errors/sent-once",
    Level.MUST,
    "A request is sent once, whatever ends its connection: it may have been carried out, and cost money, each time.",
    source="RFC 9110 section 9.2.2 (POST is not idempotent, and not to be retried)",
    lines=[176],
)
@parametrize(
    "behaviour",
    [
        param(Behaviour(reset="before-response"), id="reset-before"),
        param(Behaviour(reset="in-response"), id="reset-in"),
        param(Behaviour(reset="after-response"), id="reset-after"),
        param(Behaviour(close="before-response"), id="closed"),
    ],
)
async def test_sent_once(stage: Stage, behaviour: Behaviour) -> None:
    # Who retries does so on connections that have served before.
    verify(await stage.chat(), Status(200))
    verify(await stage.chat(behaviour=behaviour), ArrivedOnce())
    verify(await stage.chat(), Status(200), ArrivedOnce())


@case(
    "errors/idle-connection-closed",
    Level.MUST,
    "A connection that the provider closed while it was idle is not used again: the next request is answered.",
    source="RFC 9112 section 9.3.1, 9.5",
    lines=[180],
)
async def test_idle_connection_closed(stage: Stage) -> None:
    request = stage.request()
    mark = await stage.lookalikes.mark()
    verify(await stage.send(request, behaviour=Behaviour(close="after-response")), Status(200), ArrivedOnce())

    def closed(seen: Entries) -> bool:
        mine = [one for one in seen.requests if one.correlation_id == request.correlation_id]
        return bool(mine) and all(one.connection.closed for one in mine)

    assert await stage.lookalikes.until(mark, closed, deadlines.QUIET_AFTER_HANGUP), "our lookalike did not close"
    for _ in range(2):
        verify(await stage.chat(), Status(200), ArrivedOnce())


@case(
    "errors/invalid-json-refused",
    Level.MUST,
    "A request whose body is no JSON is answered with an error, and does not reach the provider.",
    source="FACTS 2.3 D11, 6.9",
    lines=[94],
)
@parametrize(
    "body",
    [
        param(b'{"model": "", "messages": [', id="cut-off"),
        param(b"tell me a joke", id="text"),
        param(b'{"messages": [],}', id="trailing-comma"),
        param(b'{"model": "", "messages": [{"role": "user", "content": "x"}]} and more', id="text-behind"),
        param(b'{"model": "", "messages": [{"role": "user", "content": "\xff\xfe"}]}', id="not-utf-8"),
        param(b"", id="empty"),
    ],
)
async def test_invalid_json_refused(stage: Stage, body: bytes) -> None:
    verify(await stage.chat(body=body), AnsweredByGateway((4, 5)), NothingArrived())


def uncounted(exchange: Exchange) -> str:
    """The answer's text without its numbers, which tell the place of an error."""
    return re.sub(r"\d+", "N", exchange.response.text)


@case(
    "errors/own-errors-whole",
    Level.MUST,
    "The gateway's own error arrives whole, also where it repeats what the client wrote in another script.",
    source="RFC 9110 section 8.6 (Content-Length counts octets)",
    lines=[94],
)
async def test_own_errors_whole(stage: Stage) -> None:
    plain = await stage.chat(messages="x" * 40)
    verify(plain, AnsweredByGateway((4, 5)), NothingArrived())
    wanted = uncounted(plain).replace("x" * 40, "世" * 40)
    exchange = await stage.chat(messages="世" * 40)
    verify(
        exchange,
        AnsweredByGateway((4, 5)),
        NothingArrived(),
        Holds(Facet.OWN_ERROR, wanted, uncounted),
    )


@case(
    "errors/no-chat-request",
    Level.INFO,
    "Recorded: how requests that are no chat completion are answered: without messages, of other types, GET.",
    source="FACTS 6.4, 6.9",
    lines=[95],
)
@parametrize(
    "request_",
    [
        param({"body": {"model": ""}}, id="no-messages"),
        param({"body": {"model": "", "messages": "hello"}}, id="messages-text"),
        param({"body": b"[]"}, id="list"),
        param({"temperature": "hot"}, id="temperature-text"),
        param({"method": "GET"}, id="get"),
        param({"method": "DELETE", "body": b""}, id="delete"),
    ],
)
async def test_no_chat_request(stage: Stage, request_: dict[str, Any]) -> None:
    exchange = await stage.chat(**request_)
    stage.observe(f"{answered(exchange)}, {len(exchange.arrivals)} requests upstream")


def refer_to_no_backend(draft: Draft) -> None:
    """The route's backendRef names a Backend that does not exist."""
    for reference in draft.rule["backendRefs"]:
        reference["name"] = "agw-conformance-missing"


@case(
    "errors/missing-backend-500",
    Level.MUST,
    "A route whose Backend does not exist answers 500.",
    source="GW HTTPRoute backendRefs (ResolvedRefs False: 500)",
    lines=[96],
    scenario=Scenario("route-to-nothing", (refer_to_no_backend,)),
)
async def test_missing_backend_500(stage: Stage) -> None:
    exchange = await stage.chat()
    verify(exchange, Status(500), NothingArrived())
    stage.observe(f"a missing Backend: {answered(exchange)}")


@case(
    "errors/timeout-504",
    Level.SHOULD,
    "When the provider takes longer than the route's timeouts.request, the client gets 504.",
    source="GW HTTPRoute timeouts.request; FACTS 2.3",
    lines=[97],
    scenario=SHORT_TIMEOUT,
)
async def test_timeout_504(stage: Stage) -> None:
    verify(await stage.chat(behaviour=Behaviour(first_byte_after=3.0)), Status(504))


@case(
    "errors/no-json-from-provider",
    Level.INFO,
    "Recorded: what the client gets when the provider answers 200 with something that is no chat completion.",
    source="FACTS 6.6",
    lines=[98],
)
@parametrize(
    "text",
    [
        param('{"choices": [', id="cut-off"),
        param("<html>maintenance</html>", id="html"),
        param('{"choices": []}', id="no-model"),
        param("", id="empty"),
    ],
)
async def test_no_json_from_provider(stage: Stage, text: str) -> None:
    stage.observe(f"200 {text!r}: {answered(await stage.chat(behaviour=Behaviour(status=200, text=text)))}")


@case(
    "errors/stalled-handshake-ends",
    Level.SHOULD,
    "A provider that never answers the TLS handshake ends in 504 once the route's timeouts.request is over.",
    source="GW HTTPRoute timeouts.request",
    lines=[188],
    scenario=Scenario("stalled-handshake", (limit_time,), behaviour=Behaviour(stalls_handshake=True)),
)
async def test_stalled_handshake_ends(stage: Stage) -> None:
    secured(stage)
    verify(await stage.chat(), Status(504), NothingArrived())


@case(
    "errors/unresolvable-503",
    Level.MUST,
    "When the provider's host name does not resolve, the client gets 503.",
    source="FACTS 2.3, 6.6",
    lines=[99],
    scenario=Scenario("unresolvable", reach="unresolvable"),
)
async def test_unresolvable_503(stage: Stage) -> None:
    verify(await stage.chat(), Status(503), NothingArrived())
