"""What people do with the official clients, through a gateway; each vendor's errors are the client's own exceptions."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from mock_providers import Behaviour
from tests.clients.conftest import Gateway, blocks

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it asks the network for prices
openai = pytest.importorskip("openai", reason="make clients installs it")
mistral = pytest.importorskip("mistralai.client", reason="make clients installs it")
errors = pytest.importorskip("mistralai.client.errors", reason="make clients installs it")
litellm = pytest.importorskip("litellm", reason="make clients installs it")

# What the clients' own dependencies warn of is not ours to mend.
pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]

GPT, MISTRAL = "gpt-4o", "mistral-medium-2505"
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]
SCHEMA: Any = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY}}


def client(gateway: Gateway, **options: Any) -> Any:
    """OpenAI's, which is told nothing but where the gateway is."""
    return openai.AsyncOpenAI(base_url=f"{gateway.url}/openai/v1", api_key="any", **{"max_retries": 0, **options})


async def test_the_pages_lines(gateway: Gateway) -> None:
    """Each client's lines, run as they stand but for the gateway's place."""
    seen: dict[str, Any] = {}
    for block in blocks("python"):
        await asyncio.to_thread(exec, block.replace("http://localhost:8080", gateway.url), seen)
    assert "OpenAI at api.openai.com" in seen["answer"].choices[0].message.content
    first = await asyncio.to_thread(seen["client"].chat.complete, model=MISTRAL, messages=HELLO)
    assert "Mistral AI at api.mistral.ai" in first.choices[0].message.content


async def test_openai_chats_streams_and_calls_tools(gateway: Gateway) -> None:
    async with client(gateway) as one:
        stream = await one.chat.completions.create(
            model=GPT, messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        assert "answers exchange" in "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
        assert chunks[-1].usage.total_tokens > 0
        answer = await one.chat.completions.create(model=GPT, messages=HELLO, tools=TOOLS)
        (call,) = answer.choices[0].message.tool_calls
        assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "city"})
        heard = [*HELLO, answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "21 C"}]
        final = await one.chat.completions.create(model=GPT, messages=heard, tools=TOOLS)
        assert "21 C" in final.choices[0].message.content


async def test_openai_holds_answers_to_json_and_to_a_schema(gateway: Gateway) -> None:
    async with client(gateway) as one:
        for form, keys in (({"type": "json_object"}, {"answer"}), (SCHEMA, {"city"})):
            answer = await one.chat.completions.create(model=GPT, messages=HELLO, response_format=form)
            assert set(json.loads(answer.choices[0].message.content)) == keys


async def test_openai_lists_models_embeds_and_responds(gateway: Gateway) -> None:
    async with client(gateway) as one:
        assert GPT in [each.id async for each in one.models.list()]
        assert (await one.models.retrieve(GPT)).id == GPT
        # The client asks for base64 unless it is told otherwise, and decodes that itself.
        written = await one.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        plain = await one.embeddings.create(model="text-embedding-3-small", input="a", encoding_format="float")
        assert written.data[0].embedding == pytest.approx(plain.data[0].embedding)
        whole = await one.responses.create(model=GPT, input="Hello")
        assert "answers exchange" in whole.output_text
        events = [each async for each in await one.responses.create(model=GPT, input="Hello", stream=True)]
        assert events[-1].type == "response.completed"
        assert events[-1].response.output_text == whole.output_text


async def test_openai_tells_errors_retries_and_times_out(gateway: Gateway) -> None:
    again = Behaviour(status=429, headers=(("retry-after-ms", "1"),))
    async with client(gateway) as one:
        with pytest.raises(openai.BadRequestError, match="n: must be from 1 to 128"):
            await one.chat.completions.create(model=GPT, messages=HELLO, n=1000)
        headers = await gateway.planned("clients-429", again)
        with pytest.raises(openai.RateLimitError):
            await one.with_options(max_retries=1).chat.completions.create(
                model=GPT, messages=HELLO, extra_headers=headers
            )
        assert await gateway.arrivals("clients-429") == 2
        for status, error in ((401, openai.AuthenticationError), (404, openai.NotFoundError)):
            headers = await gateway.planned(f"clients-{status}", Behaviour(status=status))
            with pytest.raises(error):
                await one.chat.completions.create(model=GPT, messages=HELLO, extra_headers=headers)
        headers = await gateway.planned("clients-late", Behaviour(first_byte_after=60))
        with pytest.raises(openai.APITimeoutError):
            await one.chat.completions.create(model=GPT, messages=HELLO, extra_headers=headers, timeout=0.3)


async def test_twenty_side_by_side_each_get_their_own(gateway: Gateway) -> None:
    async with client(gateway) as one:

        async def ask(number: int) -> str:
            headers = {"x-conformance-exchange": f"side-{number}"}
            answer = await one.chat.completions.create(model=GPT, messages=HELLO, extra_headers=headers)
            return str(answer.choices[0].message.content)

        answers = await asyncio.gather(*map(ask, range(20)))
    assert [f"exchange side-{number}." in text for number, text in enumerate(answers)] == [True] * 20


async def test_mistral(gateway: Gateway) -> None:
    async with mistral.Mistral(server_url=f"{gateway.url}/mistral", api_key="any") as one:
        stream = await one.chat.stream_async(model=MISTRAL, messages=HELLO)
        pieces = [event.data.choices[0].delta.content or "" async for event in stream if event.data.choices]
        assert "answers exchange" in "".join(pieces)
        answer = await one.chat.complete_async(model=MISTRAL, messages=HELLO, tools=TOOLS, tool_choice="any")
        assert answer.choices[0].message.tool_calls[0].function.name == "weather"
        answer = await one.chat.complete_async(model=MISTRAL, messages=HELLO, response_format=SCHEMA)
        assert set(json.loads(answer.choices[0].message.content)) == {"city"}
        assert MISTRAL in [each.id for each in (await one.models.list_async()).data]
        vectors = await one.embeddings.create_async(model="mistral-embed", inputs=["a", "b"])
        assert [len(each.embedding) for each in vectors.data] == [64, 64]
        headers = await gateway.planned("clients-mistral", Behaviour(status=404))
        with pytest.raises(errors.SDKError, match="no Route matched"):
            await one.chat.complete_async(model=MISTRAL, messages=HELLO, http_headers=headers)


async def test_litellm(gateway: Gateway) -> None:
    place = {"api_base": f"{gateway.url}/openai/v1", "api_key": "any"}
    stream = await litellm.acompletion(f"openai/{GPT}", HELLO, stream=True, **place)
    pieces = [each.choices[0].delta.content or "" async for each in stream if each.choices]
    assert "answers exchange" in "".join(pieces)
    answer = await litellm.acompletion(f"openai/{GPT}", HELLO, tools=TOOLS, **place)
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"
    vectors = await litellm.aembedding("openai/text-embedding-3-small", ["a"], **place)
    assert len(vectors.data) == 1
    headers = await gateway.planned("clients-litellm", Behaviour(status=404))
    with pytest.raises(litellm.NotFoundError):
        await litellm.acompletion(f"openai/{GPT}", HELLO, extra_headers=headers, **place)
