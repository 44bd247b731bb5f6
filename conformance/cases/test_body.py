"""Area G: what is in the bodies, on the way up and on the way back."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Level, Stage, case, param, parametrize
from conformance.exchange.expectations import (
    ArrivedOnce,
    Facet,
    Framed,
    HeaderArrives,
    HeaderReturns,
    Holds,
    MessagesKept,
    ResponseBodyKept,
    RestOfBodyKept,
    Status,
    first_difference,
    shown,
    verify,
)

USER = {"role": "user", "content": "What is in this picture?"}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD/w=="
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Zürich"}'}}


@case(
    "body/messages-kept",
    Level.MUST,
    "The messages arrive upstream as the JSON values that the client sent: text in any script, parts, images, tools.",
    source="SEED Mistral 7 (the request is the provider's own API); OpenAI API messages",
    lines=[75],
    certifies=("scripts", "tool-calls"),
)
@parametrize(
    "messages",
    [
        param([{"role": "user", "content": "日本語 русский العربية ñ e\u0301 ½"}], id="scripts"),
        param([{"role": "user", "content": "👩‍👩‍👧‍👦 🤖 \U0001f9ff"}], id="emoji"),
        param([{"role": "user", "content": 'two\nlines\ta tab "quotes" \\ / \u2028 \u0007 \u0000'}], id="escapes"),
        param([{"role": "user", "content": ""}, {**USER, "name": "ann"}], id="empty-and-named"),
        param(
            [{"role": "system", "content": " be brief\n"}, USER, {"role": "system", "content": "and kind "}],
            id="space-and-system",
        ),
        param(
            [{"role": role, "content": role} for role in ("system", "developer", "user", "assistant", "user")],
            id="roles",
        ),
        param(
            [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b", "extra": [1]}]}],
            id="parts",
        ),
        param([{**USER, "content": [{"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}]}], id="image"),
        param(
            [
                USER,
                {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "call_1", "content": '{"celsius":21.5}'},
            ],
            id="tool-calls",
        ),
    ],
)
async def test_messages_kept(stage: Stage, messages: list[dict[str, Any]]) -> None:
    verify(await stage.chat(messages=messages), Status(200), MessagesKept())


@case(
    "body/other-fields-kept",
    Level.MUST,
    "Top-level fields that are not the gateway's business arrive upstream unchanged, also such as it does not know.",
    source="SEED overview (a provider's own parameters); FACTS 2.2 step 8, 6.4",
    lines=[76],
    certifies=("tools", "unknown"),
)
@parametrize(
    "fields",
    [
        param({"safe_prompt": True}, id="safe-prompt"),
        param({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, id="response-format"),
        param(
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "tool_choice": "auto"},
            id="tools",
        ),
        param({"logit_bias": {"50256": -100}}, id="logit-bias"),
        param({"metadata": {"team": "ä", "nested": {"a": [1, "b", False]}}, "user": "u-1"}, id="metadata"),
        param({"stop": ["\n", "END"], "logprobs": True, "top_logprobs": 2}, id="logprobs"),
        param({"x_vendor_option": {"deep": [[{}]]}, "": "an empty name"}, id="unknown"),
        param({"x_empty": {}, "x_none": [], "x_large": 2**63 - 1, "max_tokens": 7}, id="empty-and-large"),
        param({"x_null": None, "x_nulls": {"a": None, "b": [None, {}]}}, id="null"),
    ],
)
async def test_other_fields_kept(stage: Stage, fields: dict[str, Any]) -> None:
    verify(await stage.chat(**fields), Status(200), RestOfBodyKept())


@case(
    "body/numbers-kept",
    Level.MUST,
    "Numbers arrive upstream with their value, and whole numbers as whole numbers.",
    source="OpenAI API parameters; FACTS 2.2 step 8",
    lines=[77],
)
@parametrize(
    ("name", "number"),
    [
        ("temperature", 0.7),
        ("top_p", 0.95),
        ("presence_penalty", -1.5),
        ("frequency_penalty", 0.25),
        ("seed", 2**53 - 1),
        ("seed", -1),
        ("max_tokens", 4096),
        ("top_k", 40),
    ],
)
async def test_numbers_kept(stage: Stage, name: str, number: float) -> None:
    fields: dict[str, Any] = {name: number}
    exchange = await stage.chat(**fields)
    verify(
        exchange, Status(200), Holds(Facet.BODY, f"{name}: {number}", lambda one: f"{name}: {one.arrival.json()[name]}")
    )


@case(
    "body/nulls-and-order",
    Level.INFO,
    "Recorded: whether explicit nulls and the order of fields survive.",
    source="FACTS 2.2 step 8, 6.4",
    lines=[78],
)
async def test_nulls_and_order(stage: Stage) -> None:
    fields: dict[str, Any] = {"user": "u-1", "temperature": None, "stop": None, "seed": 1}
    exchange = await stage.chat(**fields)
    verify(exchange, Status(200), ArrivedOnce())
    sent, seen = exchange.request.json(), exchange.arrival.json()
    for name in ("temperature", "stop"):
        stage.observe(f"an explicit null in {name} {'arrives' if name in seen else 'is dropped'}")
    same = [name for name in seen if name in sent] == [name for name in sent if name in seen]
    stage.observe(f"the fields arrive in {'the order sent' if same else 'another order'}")


@case(
    "body/request-well-framed",
    Level.MUST,
    "The request upstream is framed by one true length or in chunks, and keeps its Content-Type.",
    source="RFC 9112 section 6; FACTS 6.4",
    lines=[79],
)
@parametrize("content_type", ["application/json", "application/json; charset=utf-8"])
@parametrize("framing", [(), (("Transfer-Encoding", "chunked"),)], ids=["length", "chunked"])
async def test_request_well_framed(stage: Stage, content_type: str, framing: tuple[tuple[str, str], ...]) -> None:
    exchange = await stage.chat(headers=(("Content-Type", content_type), *framing), user="größer")
    verify(exchange, Status(200), Framed(), HeaderArrives("content-type", content_type))


PLAIN_CHOICE = {"index": 0, "message": {"role": "assistant", "content": "Hallo, 世界 🌍"}, "finish_reason": "stop"}
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-0123456789",
    "object": "chat.completion",
    "created": 1_727_967_462,
    "model": "a-model",
    "choices": [PLAIN_CHOICE],
    "usage": {"prompt_tokens": 12, "completion_tokens": 20, "total_tokens": 32},
}
WITHOUT_TEXT = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}


@case(
    "body/answer-kept",
    Level.MUST,
    "The client gets the provider's answer with all its fields, also such as only this provider has.",
    source="SEED Mistral 7; OpenAI API chat completion object",
    lines=[80],
)
@parametrize(
    "answer",
    [
        param(ANSWER, id="plain"),
        param({**ANSWER, "system_fingerprint": "fp_1", "service_tier": "flex", "x_vendor": {"a": [1]}}, id="extra"),
        param({**ANSWER, "choices": [{**PLAIN_CHOICE, "finish_reason": "length"}]}, id="finish-reason"),
        param(
            {
                **ANSWER,
                "usage": {**ANSWER["usage"], "prompt_tokens_details": {"cached_tokens": 7}, "queue_time": 0.25},
            },
            id="usage-details",
        ),
        param(
            {
                **ANSWER,
                "choices": [
                    {**PLAIN_CHOICE, "logprobs": {"content": [{"token": "H", "logprob": -0.31, "bytes": [72]}]}}
                ],
            },
            id="logprobs",
        ),
        param(
            {**ANSWER, "choices": [PLAIN_CHOICE, {**PLAIN_CHOICE, "index": 1}]},
            id="two-choices",
        ),
        param({**ANSWER, "choices": [{**WITHOUT_TEXT, "finish_reason": "tool_calls"}]}, id="tool-calls"),
    ],
)
async def test_answer_kept(stage: Stage, answer: dict[str, Any]) -> None:
    exchange = await stage.chat(behaviour=Behaviour(status=200, json=answer))
    verify(exchange, Status(200), ArrivedOnce(), ResponseBodyKept(answer))


@case(
    "body/null-content-in-answer",
    Level.INFO,
    "Recorded: whether `content: null` beside tool_calls in an answer reaches the client or is left out.",
    source="FACTS 2.2 step 12",
    lines=[83],
)
async def test_null_content_in_answer(stage: Stage) -> None:
    exchange = await stage.chat(behaviour=Behaviour(status=200, json={**ANSWER, "choices": [WITHOUT_TEXT]}))
    verify(exchange, Status(200))
    message = exchange.response.json()["choices"][0]["message"]
    stage.observe(f"content: null in an answer {'reaches the client' if 'content' in message else 'is left out'}")
    found = first_difference({**ANSWER, "choices": [WITHOUT_TEXT]}, exchange.response.json())
    stage.observe(f"the answer differs at {found.path}: {shown(found.observed)}" if found else "the answer is the same")


@case(
    "body/answer-headers-kept",
    Level.MUST,
    "The provider's response headers reach the client, with success and with errors.",
    source="FACTS 6.9; OpenAI API rate limit headers",
    lines=[84],
)
@parametrize("status", [200, 429])
async def test_answer_headers_kept(stage: Stage, status: int) -> None:
    headers = {"x-request-id": "req-0815", "x-ratelimit-remaining-requests": "41", "x-vendor-region": "eu-west"}
    exchange = await stage.chat(behaviour=Behaviour(status=status, headers=tuple(headers.items())))
    verify(exchange, Status(status), *(HeaderReturns(name, value) for name, value in headers.items()))


@case(
    "body/answer-hops-kept-back",
    Level.SHOULD,
    "Headers of the provider's answer that are for its own connection do not reach the client.",
    source="RFC 9110 7.6.1",
    lines=[180],
)
async def test_answer_hops_kept_back(stage: Stage) -> None:
    headers = (("Connection", "X-For-One-Hop"), ("X-For-One-Hop", "1"), ("Proxy-Authenticate", "Basic"))
    exchange = await stage.chat(behaviour=Behaviour(headers=headers))
    verify(exchange, Status(200), HeaderReturns("x-for-one-hop"), HeaderReturns("proxy-authenticate"))


@case(
    "body/repeated-headers-stay-apart",
    Level.MUST,
    "A response header that the provider sends twice reaches the client twice: cookies cannot be told apart otherwise.",
    source="RFC 9110 section 5.3; RFC 6265 section 3",
    lines=[180],
)
async def test_repeated_headers_stay_apart(stage: Stage) -> None:
    cookies = ("session=a; Path=/", "region=eu, west; Secure")
    exchange = await stage.chat(behaviour=Behaviour(headers=tuple(("set-cookie", one) for one in cookies)))
    verify(exchange, Status(200), HeaderReturns("set-cookie", *cookies))


CONTENT = "as the provider wrote it"


@case(
    "body/compatible-answers-passed",
    Level.SHOULD,
    "An answer that is not quite OpenAI's (no usage, no index, unknown values) is passed on, with its status.",
    source="agentgateway PR#977, #2371, #3440",
    lines=[155],
)
@parametrize(
    ("drop", "choice"),
    [
        param(("usage",), {}, id="no-usage"),
        param(("choices.0.index",), {}, id="no-index"),
        param(("choices.0.finish_reason",), {}, id="no-finish-reason"),
        param(("object", "created", "id"), {}, id="no-id"),
        param((), {"finish_reason": "eos_token"}, id="unknown-finish-reason"),
        param((), {"message": {"content": CONTENT, "role": "model"}}, id="unknown-role"),
    ],
)
async def test_compatible_answers_passed(stage: Stage, drop: tuple[str, ...], choice: dict[str, Any]) -> None:
    merge = {"choices": [{"message": {"content": CONTENT}, **choice}]}
    exchange = await stage.chat(behaviour=Behaviour(merge=merge, drop=drop))
    said = Holds(Facet.RESPONSE_BODY, CONTENT, lambda one: one.response.json()["choices"][0]["message"]["content"])
    verify(exchange, Status(200), said)
