"""What stands beside chat completions, and answers that are held to tools or to a schema."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import load_provider
from mock_providers import Behaviour
from mock_providers.vendor.endpoints import Endpoint, endpoint_of, model_in
from mock_providers.vendor.instances import instance
from tests.support.lookalikes import MODEL, Served, chat, serving

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in ("weather", "time")]
NODE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
    "required": ["name"],
}


async def answer(served: Served, endpoint: Endpoint, body: Any, **options: Any) -> Any:
    """What is answered to a request for an endpoint."""
    response = await served.ask(body, path=f"/v1{endpoint}", method=endpoint.method, **options)
    assert response.status_code == 200, response.text
    return response.json()


def events(text: str) -> list[Any]:
    """The data of a stream's events."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


@pytest.mark.parametrize(
    ("vendor", "target", "endpoint"),
    [
        ("mistral", "/v1/chat/completions", Endpoint.CHAT),
        ("mistral", "/v1/models?limit=3", Endpoint.MODELS),
        ("groq", "/openai/v1/embeddings", Endpoint.EMBEDDINGS),
        ("groq", "/v1/embeddings", None),
        ("azure-openai", "/openai/deployments/any/embeddings?api-version=1", Endpoint.EMBEDDINGS),
        ("mistral", "/v1/models/", None),
        ("mistral", "/v1/completions", None),
    ],
)
def test_endpoints_stand_beside_chat_completions(vendor: str, target: str, endpoint: Endpoint | None) -> None:
    assert endpoint_of(load_provider(vendor), target) is endpoint


def test_names_of_models_may_have_slashes() -> None:
    assert model_in(load_provider("mistral"), "/v1/models/meta-llama%2FLlama/3?x=1") == "meta-llama/Llama/3"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (WEATHER, {"city": "city"}),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 7}, 7),
        ({"type": ["null", "integer"], "minimum": 3, "multipleOf": 5}, 5),
        ({"type": "number", "exclusiveMinimum": 1, "maximum": 9}, 1.5),
        ({"type": "integer", "maximum": -4}, -4),
        ({"type": "string", "minLength": 7, "maxLength": 8}, "value.."),
        ({"type": "string", "format": "date"}, "2024-10-03"),
        ({"items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}}, 1),
        ({"$ref": "elsewhere.json"}, None),
        ({}, {}),
    ],
)
def test_an_instance_fits_its_schema(schema: dict[str, Any], value: Any) -> None:
    assert instance(schema) == value


def test_a_schema_that_refers_to_itself_comes_to_an_end() -> None:
    found = instance({**NODE, "$defs": {"node": NODE}})
    depth = 0
    while "next" in found:
        found, depth = found["next"], depth + 1
        assert found["name"] == "name"
    assert 0 < depth < 10


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"answer": "answer"}),
        ({"type": "json_schema", "json_schema": {"name": "w", "strict": True, "schema": WEATHER}}, {"city": "city"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_json_where_that_is_asked_for(form: Any, content: Any, stream: bool) -> None:
    async with serving() as served:
        response = await served.ask(chat(response_format=form, stream=stream))
    if stream:
        deltas = [one["choices"][0]["delta"] for one in events(response.text)]
        text = "".join(one.get("content") or "" for one in deltas)
    else:
        text = response.json()["choices"][0]["message"]["content"]
    if content is None:
        assert text.startswith("Mistral AI at")
    else:
        assert json.loads(text) == content


@pytest.mark.parametrize(
    ("fields", "called"),
    [
        ({}, ["weather", "time"]),
        ({"parallel_tool_calls": False}, ["weather"]),
        ({"tool_choice": "required"}, ["weather", "time"]),
        ({"tool_choice": {"type": "function", "function": {"name": "time"}}}, ["time"]),
        ({"tool_choice": "none"}, []),
        ({"tools": []}, []),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_offered_tools_are_called(fields: dict[str, Any], called: list[str], stream: bool) -> None:
    async with serving() as served:
        response = await served.ask(chat(**{"tools": TOOLS, "stream": stream, **fields}))
    choices = [one["choices"][0] for one in (events(response.text) if stream else [response.json()])]
    parts = [one["delta" if stream else "message"] for one in choices]
    calls = [call for part in parts for call in part.get("tool_calls") or []]
    by_index: dict[int, str] = {}
    for number, call in enumerate(calls):
        index = call.get("index", number)
        by_index[index] = by_index.get(index, "") + call["function"]["arguments"]
    assert [call["function"]["name"] for call in calls if "name" in call["function"]] == called
    assert [json.loads(by_index[index]) for index in sorted(by_index)] == [{"city": "city"}] * len(called)
    assert choices[-1]["finish_reason"] == ("tool_calls" if called else "stop")


@pytest.mark.parametrize(
    ("endpoint", "body", "text"),
    [
        (Endpoint.CHAT, {"messages": [{"role": "tool", "tool_call_id": "1", "content": "21 C"}]}, "choices"),
        (Endpoint.RESPONSES, {"input": [{"type": "function_call_output", "call_id": "1", "output": "21 C"}]}, "output"),
        (
            Endpoint.MESSAGES,
            {"max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "tool_result", "content": "21 C"}]}]},
            "content",
        ),
    ],
)
async def test_what_a_tool_said_is_heard_and_it_is_not_asked_again(endpoint: Endpoint, body: Any, text: str) -> None:
    async with serving() as served:
        found = await answer(served, endpoint, {"model": MODEL, "tools": TOOLS, **body})
    assert "The tool said: 21 C" in json.dumps(found[text])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tools": ["weather"]}, "tools[0]: an object"),
        ({"tools": [{"type": "function"}]}, "tools[0]: a function with a name"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "no"}}}, "'no' is not among"),
        ({"tools": TOOLS, "tool_choice": "perhaps"}, "'perhaps' is not known"),
        ({"response_format": {"type": "xml"}}, "'xml' is not known"),
        ({"response_format": {"type": "json_schema"}}, "name: a text is required"),
        ({"response_format": "json"}, "response_format: has the wrong type"),
    ],
)
async def test_what_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    async with serving() as served:
        response = await served.ask(chat(**fields))
    assert response.status_code == 422
    assert words in response.text


async def test_models_are_listed_and_shown() -> None:
    async with serving() as served:
        found = await answer(served, Endpoint.MODELS, None)
        one = await served.ask(path=f"/v1/models/{MODEL}", method="GET")
        other = await served.ask(path="/v1/models/gpt-4", method="GET")
        without = await served.ask(path="/v1/models", method="GET", headers={"Authorization": "Bearer no"})
    assert [entry["id"] for entry in found["data"]] == list(load_provider("mistral").models)
    assert one.json() == found["data"][0]
    assert (other.status_code, without.status_code) == (400, 401)


@pytest.mark.parametrize("given", ["one", ["one", "two"], [1, 2], [[1, 2], [3]]])
async def test_embeddings_come_as_numbers_or_as_text(given: Any) -> None:
    body = {"model": "mistral-embed", "input": given, "dimensions": 16}
    async with serving() as served:
        plain = await answer(served, Endpoint.EMBEDDINGS, body)
        written = await answer(served, Endpoint.EMBEDDINGS, {**body, "encoding_format": "base64"})
        refused = await served.ask({**body, "model": MODEL}, path="/v1/embeddings")
    count = len(given) if isinstance(given, list) and not isinstance(given[0], int) else 1
    assert [one["index"] for one in plain["data"]] == list(range(count))
    for one, other in zip(plain["data"], written["data"], strict=True):
        assert sum(number**2 for number in one["embedding"]) == pytest.approx(1)
        assert struct.unpack("<16f", base64.b64decode(other["embedding"])) == pytest.approx(one["embedding"])
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "body", [{"input": []}, {"input": {}}, {"input": "x", "dimensions": 0}, {"input": "x", "encoding_format": "hex"}]
)
async def test_embeddings_of_nothing_are_refused(body: dict[str, Any]) -> None:
    async with serving() as served:
        assert (await served.ask({"model": "e", **body}, path="/v1/embeddings")).status_code == 422


@pytest.mark.parametrize("tools", [[], [{"type": "function", "name": "weather", "parameters": WEATHER}]])
async def test_responses_whole_and_streamed_say_the_same(tools: list[Any]) -> None:
    body = {"model": MODEL, "input": "Hello", "tools": tools}
    async with serving() as served:
        whole = await answer(served, Endpoint.RESPONSES, body, exchange="e-1")
        stream = events((await served.ask({**body, "stream": True}, path="/v1/responses", exchange="e-1")).text)
    assert [one["sequence_number"] for one in stream] == list(range(len(stream)))
    assert stream[0]["type"] == "response.created"
    assert stream[-1]["type"] == "response.completed"
    assert stream[-1]["response"]["output"] == whole["output"]
    deltas = "".join(one["delta"] for one in stream if one["type"].endswith(".delta"))
    (item,) = whole["output"]
    assert deltas == (item["arguments"].ljust(3) if tools else item["content"][0]["text"])


@pytest.mark.parametrize("tools", [[], [{"name": "weather", "input_schema": WEATHER}]])
async def test_messages_whole_and_streamed_say_the_same(tools: list[Any]) -> None:
    body = chat(max_tokens=9, tools=tools)
    async with serving() as served:
        (block,) = (await answer(served, Endpoint.MESSAGES, body))["content"]
        stream = events((await served.ask({**body, "stream": True}, path="/v1/messages")).text)
    deltas = [one["delta"] for one in stream if one["type"] == "content_block_delta"]
    if tools:
        assert json.loads("".join(one["partial_json"] for one in deltas)) == block["input"] == {"city": "city"}
    else:
        assert "".join(one["text"] for one in deltas) == block["text"]
    assert [one["type"] for one in stream if not one["type"].startswith("content")] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    assert stream[-2]["delta"]["stop_reason"] == ("tool_use" if tools else "end_turn")


@pytest.mark.parametrize("endpoint", [Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.MESSAGES])
async def test_a_stream_may_end_with_what_the_behaviour_says(endpoint: Endpoint) -> None:
    body = chat(input="Hello", max_tokens=9, stream=True)
    async with serving(behaviour=Behaviour(closing={"type": "error"})) as served:
        response = await served.ask(body, path=f"/v1{endpoint}")
    assert events(response.text)[-1] == {"type": "error"}


@pytest.mark.parametrize(("own", "said"), [({}, "rate_limit_exceeded"), (None, "Too Many Requests")])
async def test_who_asks_too_often_is_told_when_to_come_again(own: Any, said: str) -> None:
    mistral: Provider = load_provider("mistral")
    async with serving(provider=mistral if own is None else replace(mistral, errors=own)) as served:
        served.listener.behaviour = Behaviour(status=429)
        response = await served.ask(chat())
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert said in response.text
