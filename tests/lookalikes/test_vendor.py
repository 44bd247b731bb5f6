"""A lookalike answers a request as its vendor does, mistakes included."""

from __future__ import annotations

import gzip
import json
import logging
from typing import Any

import pytest

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import load_provider
from mock_providers import VENDOR, Behaviour
from tests.support.lookalikes import KEY, MODEL, PATH, chat, head, raw, serving

DEEPSEEK = load_provider("deepseek")
HEADER_KEY = Provider("acme", "Acme", "api.acme.test", 443, PATH, (MODEL,), auth_header="x-api-key", auth_scheme="")
ANY_MODEL = Provider("acme", "Acme", "api.acme.test", 443, PATH, (), any_model=True)


async def test_a_completion_names_lookalike_and_exchange() -> None:
    async with serving() as served:
        response = await served.ask(chat(), exchange="e-17")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"].startswith("mistral-")
    assert int(response.headers["x-ratelimit-remaining-requests"]) > 0
    answer = response.json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == MODEL
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"] == {
        "role": "assistant",
        "content": "Mistral AI at api.mistral.ai:443 answers exchange e-17.",
    }
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


async def test_the_same_request_gets_the_same_answer() -> None:
    async with serving() as served:
        first, second = [await served.ask(chat(), exchange="e-1") for _ in range(2)]
    assert first.content == second.content


async def test_the_query_string_is_ignored() -> None:
    async with serving() as served:
        assert (await served.ask(chat(), path=f"{PATH}?x=1")).status_code == 200
        assert served.lookalikes.journal.requests[0].target == f"{PATH}?x=1"


async def test_fields_of_real_clients_are_accepted() -> None:
    body = chat(
        temperature=0.7, top_p=1, max_tokens=5, n=2, tools=[], seed=2**53 - 1, safe_prompt=True, stream=None, user="ü"
    )
    async with serving() as served:
        response = await served.ask(body)
    assert [choice["index"] for choice in response.json()["choices"]] == [0, 1]


@pytest.mark.parametrize(
    ("provider", "headers", "status"),
    [
        (DEEPSEEK, {}, 200),
        (DEEPSEEK, {"Authorization": f"bearer {KEY}"}, 200),
        (DEEPSEEK, {"Authorization": f"Bearer  {KEY}"}, 401),
        (DEEPSEEK, {"Authorization": f"Bearer Bearer {KEY}"}, 401),
        (DEEPSEEK, {"Authorization": f"Token {KEY}"}, 401),
        (DEEPSEEK, {"Authorization": KEY}, 401),
        (DEEPSEEK, {"Authorization": "Bearer wrong"}, 401),
        (HEADER_KEY, {"x-api-key": KEY}, 200),
        (HEADER_KEY, {"x-api-key": f"Bearer {KEY}"}, 401),
        (HEADER_KEY, {}, 401),
    ],
)
async def test_the_key_is_checked(provider: Provider, headers: dict[str, str], status: int) -> None:
    async with serving(provider=provider) as served:
        response = await served.ask(chat(model=provider.models[0]), headers=headers)
    assert response.status_code == status
    if status == 401:
        assert "error" in response.json()


async def test_any_key_will_do_when_none_is_set_but_one_there_must_be() -> None:
    async with serving(keys=frozenset()) as served:
        assert (await served.ask(chat(), headers={"Authorization": "Bearer whatever"})).status_code == 200
        assert (await served.ask(chat(), headers={"Authorization": "Bearer"})).status_code == 401


async def test_two_keys_are_none() -> None:
    async with serving(identity="plaintext") as served:
        answer = await raw(served, head(extra="authorization: Bearer other\r\nConnection: close\r\n"))
    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("request_", "status", "answer"),
    [
        ({"body": chat(), "path": "/v1/completions"}, 404, {"message": "no Route matched with those values"}),
        ({"body": chat(), "path": PATH + "/"}, 404, {"message": "no Route matched with those values"}),
        ({"body": chat(), "headers": {"Authorization": "Bearer no"}}, 401, {"detail": "Unauthorized"}),
        ({"body": chat(model="gpt-4")}, 400, "Invalid model: gpt-4"),
        ({"body": chat(model="")}, 400, "Invalid model: "),
        ({"body": chat(model=None)}, 422, "model: a text is required"),
        ({"content": b"{bad"}, 422, "not valid JSON"),
        ({"content": b""}, 422, "not valid JSON"),
        ({"content": b"[" * 100_000}, 422, "not valid JSON"),
        ({"content": gzip.compress(json.dumps(chat()).encode())}, 422, "not valid JSON"),
        ({"body": []}, 422, "must be a JSON object"),
        ({"body": {"model": MODEL}}, 422, "messages: a list"),
        ({"body": chat(messages=[])}, 422, "messages: a list"),
        ({"body": chat(messages="hi")}, 422, "messages: a list"),
        ({"body": chat(messages=["hi"])}, 422, "messages[0]: an object with a role"),
        ({"body": chat(stream="yes")}, 422, "stream: has the wrong type"),
        ({"body": chat(temperature=True)}, 422, "temperature: has the wrong type"),
        ({"body": chat(n=0.5)}, 422, "n: has the wrong type"),
        ({"body": chat(n=1000)}, 422, "n: must be from 1 to 128"),
        ({"body": chat(), "method": "PUT"}, 405, "Method PUT is not allowed"),
        ({"method": "GET"}, 405, "Method GET is not allowed"),
    ],
)
async def test_mistakes_get_the_vendors_errors(request_: dict[str, Any], status: int, answer: Any) -> None:
    async with serving() as served:
        response = await served.ask(request_.pop("body", None), **request_)
    assert response.status_code == status
    if isinstance(answer, str):
        assert answer in response.text
        assert "error" in response.json()["object"] if status != 405 else response.headers["allow"] == "POST"
    else:
        assert response.json() == answer


@pytest.mark.parametrize(
    ("path", "model", "refused"),
    [(PATH, MODEL, None), (PATH, "gpt-4", "unknown_model"), (PATH + "/", "gpt-4", "not_found")],
)
async def test_the_journal_tells_what_was_refused(path: str, model: str, refused: str | None) -> None:
    async with serving() as served:
        await served.ask(chat(model=model), path=path)
        [seen] = served.lookalikes.journal.requests
    assert seen.refused == refused


async def test_a_provider_inferred_from_manifests_takes_any_model() -> None:
    async with serving(provider=ANY_MODEL) as served:
        assert (await served.ask(chat(model="whatever"))).json()["model"] == "whatever"
        assert (await served.ask(chat(), path="/")).json()["error"]["message"] == "Invalid URL (POST /)"


async def test_head_gets_headers_only() -> None:
    async with serving() as served:
        first = await served.ask(method="HEAD")
        second = await served.ask(chat())
    assert (first.status_code, first.content) == (405, b"")
    assert second.status_code == 200


@pytest.mark.parametrize(
    ("behaviour", "status", "content_type", "body"),
    [
        (Behaviour(status=429), 429, "application/json", b"Too Many Requests"),
        (Behaviour(status=401), 401, "application/json", b'{"detail":"Unauthorized"}'),
        (Behaviour(status=599), 599, "application/json", b"Status 599"),
        (Behaviour(status=201), 201, "application/json", b"chat.completion"),
        (Behaviour(status=204), 204, None, b""),
        (Behaviour(status=302, headers=(("Location", "https://elsewhere.test/"),)), 302, None, b""),
        (Behaviour(status=500, text="<h1>Oops</h1>"), 500, "text/html; charset=utf-8", b"<h1>Oops</h1>"),
        (Behaviour(status=503, text=""), 503, "text/plain; charset=utf-8", b""),
        (Behaviour(text='{"id": '), 200, "application/json", b'{"id": '),
        (Behaviour(text="x", headers=(("content-type", "x/y"),)), 200, "x/y", b"x"),
        (Behaviour(status=400, json={"error": "é"}), 400, "application/json", '{"error":"é"}'.encode()),
    ],
)
async def test_canned_answers(behaviour: Behaviour, status: int, content_type: str | None, body: bytes) -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", behaviour)
        response = await served.ask(content=b"not even JSON", path="/anywhere", exchange="e-1")
        follows = await served.ask(chat())
    assert response.status_code == status
    assert response.headers.get("content-type") == content_type
    assert body in response.content
    assert bool(body) == bool(response.content)
    assert [response.headers.get(name) for name, _ in behaviour.headers] == [value for _, value in behaviour.headers]
    assert follows.status_code == 200


@pytest.mark.parametrize(
    ("behaviour", "accepts", "compressed"),
    [
        (VENDOR, "gzip", False),
        (Behaviour(gzip="accepted"), "gzip, deflate", True),
        (Behaviour(gzip="accepted"), "*", True),
        (Behaviour(gzip="accepted"), "gzip;q=0", False),
        (Behaviour(gzip="accepted"), "identity", False),
        (Behaviour(gzip=True), "identity", True),
        (Behaviour(gzip=False), "gzip", False),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_gzip(behaviour: Behaviour, accepts: str, compressed: bool, stream: bool) -> None:
    async with serving() as served:
        served.lookalikes.plan("e-1", behaviour)
        response = await served.ask(chat(stream=stream), exchange="e-1", headers={"Accept-Encoding": accepts})
    assert response.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert "assistant" in response.text


async def test_large_answers() -> None:
    async with serving(behaviour=Behaviour(content_bytes=3_000_000)) as served:
        content = (await served.ask(chat())).json()["choices"][0]["message"]["content"]
        served.listener.behaviour = Behaviour(content_bytes=7)
        short = (await served.ask(chat())).json()["choices"][0]["message"]["content"]
    assert len(content) == 3_000_000
    assert short == "Mistral"


@pytest.mark.parametrize(
    ("behaviour", "path", "expected"),
    [
        (Behaviour(merge={"x": {"y": 1}}), ["x"], {"y": 1}),
        (Behaviour(merge={"choices": [{"finish_reason": "odd"}]}), ["choices", 0, "finish_reason"], "odd"),
        (Behaviour(merge={"choices": [{}, {"index": 1}]}), ["choices", 1], {"index": 1}),
        (Behaviour(merge={"choices": [{"message": {"content": None}}]}), ["choices", 0, "message", "content"], None),
        (Behaviour(merge={"usage": None}), ["usage"], None),
    ],
)
async def test_merge(behaviour: Behaviour, path: list[str | int], expected: Any) -> None:
    async with serving(behaviour=behaviour) as served:
        value = (await served.ask(chat())).json()
    assert value["id"] == "chatcmpl-mistral-verbatim"
    for part in path:
        value = value[part]
    assert value == expected


@pytest.mark.parametrize(
    ("drop", "gone"),
    [
        ("usage", lambda answer: "usage" not in answer),
        ("choices.0.index", lambda answer: "index" not in answer["choices"][0]),
        ("choices.0", lambda answer: answer["choices"] == []),
        ("choices.7.index", lambda answer: answer["choices"][0]["index"] == 0),
        ("nothing.there", lambda answer: "nothing" not in answer),
    ],
)
async def test_drop(drop: str, gone: Any) -> None:
    async with serving(behaviour=Behaviour(drop=(drop,))) as served:
        assert gone((await served.ask(chat())).json())


def test_what_uvicorn_says_of_broken_requests_reaches_no_terminal() -> None:
    assert any(isinstance(one, logging.NullHandler) for one in logging.getLogger("uvicorn.error").handlers)
