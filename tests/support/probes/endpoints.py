"""Probes of APIs beside chat completions: the gateway is told of them, for the bench's controller knows none."""

from __future__ import annotations

from dataclasses import replace

from conformance.targets.reference.gateway.apis import Apis
from conformance.targets.reference.gateway.config import (
    BackendRef,
    GatewayConfig,
    Listener,
    LlmBackend,
    Match,
    PathMatch,
    Route,
    Rule,
)
from mock_providers.behaviour import Behaviour
from tests.support.gateway import Bench, catches

EMBEDDING = {"model": "mistral-embed", "input": "one", "x-any": 1}
ROUTES = (("/embeddings", "Embeddings"), ("/responses", "Responses"), ("ings", "Responses"), ("*", "Passthrough"))


def tell(one: Bench, model: str | None = None) -> None:
    """Let Mistral have several APIs below /any."""
    provider = next(each for each in one.gateway.config.providers() if "mistral" in each.name)
    apis = Apis(ROUTES, prefix="/v1")
    several = LlmBackend("any", ((replace(provider, path=None, path_prefix="/v1", model=model, apis=apis),),))
    rule = Rule((Match(PathMatch("prefix", "/any")),), (), (BackendRef(several),))
    one.gateway.configure(GatewayConfig((Listener("any", 80, (Route("any", (rule,)),)),)))


@catches("apis-not-told-apart", "shortest-end-counts", "api-at-chats-path", "api-fields-dropped")
async def each_api_has_its_endpoint(one: Bench) -> None:
    tell(one)
    answer = await one.send("/any/embeddings", EMBEDDING)
    assert answer.status_code == 200
    assert answer.json()["object"] == "list"
    assert (one.only().target, one.only().json()) == ("/v1/embeddings", EMBEDDING)
    answer = await one.send("/any/responses?x=1", {"model": "mistral-medium-2505", "input": "Hello"})
    assert answer.json()["object"] == "response"
    assert one.only().target == "/v1/responses?x=1"


@catches("passthrough-read")
async def what_passes_through_is_not_read(one: Bench) -> None:
    tell(one)
    answer = await one.send_planned(Behaviour(status=200, text="as it is"), "/any/files", content=b"\xff")
    assert answer.text == "as it is"
    assert (one.only().body, one.only().target) == (b"\xff", "/v1/any/files")
    assert one.only().values("authorization")


@catches("api-model-kept")
async def a_configured_model_is_that_of_all_apis(one: Bench) -> None:
    tell(one, model="codestral-embed")
    assert (await one.send("/any/embeddings", EMBEDDING)).json()["model"] == "codestral-embed"
    for lacking in ('{"model": "m"}', "[]", "x"):
        answer = await one.send("/any/responses", content=lacking)
        assert (answer.status_code, answer.text.startswith("processing failed")) == (503, True)
