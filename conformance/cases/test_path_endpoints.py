"""Areas C, D and G: requests for other APIs than chat completions, where the Backend says how each is asked for."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Draft, Exchange, Level, Scenario, Stage, case, parametrize
from conformance.exchange.expectations import (
    ArrivedOnce,
    BodyUntouched,
    Credential,
    MethodArrives,
    ModelArrives,
    Reached,
    RequestTarget,
    RestOfBodyKept,
    Secured,
    Status,
    TextReturns,
    verify,
)
from conformance.exchange.oracle.endpoints import CHAT, is_translated, routes_of

END = "/chat/completions"
# The shorter end must not win over the longer one.
ROUTES = {
    END: CHAT,
    "/responses": "Responses",
    "/embeddings": "Embeddings",
    "ings": "Responses",
    "/models": "Models",
    "/files": "Passthrough",
}
MESSAGE = {"role": "user", "content": "Write a short haiku about artificial intelligence."}
BODIES: dict[str, dict[str, Any]] = {
    CHAT: {"messages": [MESSAGE]},
    "Responses": {"input": [MESSAGE], "metadata": {"a": "ü"}, "reasoning": None},
    "Embeddings": {"input": ["one", "zwei 🦜"], "dimensions": 8, "x-any": [1, {"b": None}]},
}
EMBEDDER = "agw-conformance-embedder"  # nobody has listed the models that make embeddings
OWN_ARRIVAL = (Status(200), ArrivedOnce(), Reached(), Secured(), RequestTarget(), Credential())


def with_apis(how: str, *, model: bool = False) -> Scenario:
    """One Backend for several APIs, at a base of its own (`prefix`) or one that the route makes (`rewrite`)."""

    def change(draft: Draft) -> None:
        if draft.dialect.NAME != "agentgateway-1":
            raise LookupError("a Backend that says how other APIs than chat completions are asked for")
        if not draft.provider.path.endswith(END) or [one["path"]["type"] for one in draft.rule["matches"]] != [
            "PathPrefix"
        ]:
            raise LookupError("a route with one match, of a prefix, to a provider whose path ends as OpenAI's does")
        draft.change_backend(path=None, **({} if model else {"model": None}))
        base = draft.provider.path.removesuffix(END)
        if how == "prefix":
            draft.llm["pathPrefix"] = base or "/"
        else:
            _rewrite(draft.rule, base or "/")
        draft.backend["spec"].setdefault("policies", {}).setdefault("ai", {})["routes"] = ROUTES

    return Scenario(f"apis-{how}{'-model' if model else ''}", (change,))


def _rewrite(rule: dict[str, Any], base: str) -> None:
    filters = rule.setdefault("filters", [])
    rewrite = next((one for one in filters if one["type"] == "URLRewrite"), None)
    if rewrite is None:
        rewrite = {"type": "URLRewrite", "urlRewrite": {}}
        filters.append(rewrite)
    rewrite["urlRewrite"]["path"] = {"type": "ReplacePrefixMatch", "replacePrefixMatch": base}


PREFIX, REWRITE = with_apis("prefix"), with_apis("rewrite")


def below(stage: Stage, end: str) -> str:
    """A path below that of the route's match."""
    return f"{stage.way.match.path.rstrip('/')}{end}"


async def ask(stage: Stage, api: str, end: str, model: str = "", **options: Any) -> Exchange:
    """A request for an API, with a model that the provider has for it, or with another."""
    model = model or (EMBEDDER if api == "Embeddings" else stage.provider.models[0])
    return await stage.chat(path=below(stage, end), body={"model": model, **BODIES[api]}, **options)


@case(
    "path/endpoint-by-suffix",
    Level.MUST,
    "The longest end of a request's path that policies.ai.routes has says which API it is for; it goes to that API's"
    " endpoint at the Backend's base, once, with the Backend's key and the request's model.",
    source="API BackendAI.routes, RouteType, LLMProvider.pathPrefix (agentgateway 1.4)",
    lines=[34, 147],
)
@parametrize("scenario", [PREFIX, REWRITE], ids=str)
@parametrize("api", [CHAT, "Responses", "Embeddings"])
@parametrize("query", ["", "?x=1"])
async def test_endpoint_by_suffix(stage: Stage, api: str, query: str) -> None:
    end = next(suffix for suffix, kind in ROUTES.items() if kind == api)
    verify(await ask(stage, api, end + query), *OWN_ARRIVAL, ModelArrives())


@case(
    "path/endpoints-of-manifests",
    Level.MUST,
    "A request for each API that policies.ai.routes names goes where the manifests say, with the Backend's key and"
    " model.",
    source="API BackendAI.routes, RouteType, LLMProvider.path and pathPrefix (agentgateway 1.4)",
    lines=[34, 147],
    certifies=True,
)
async def test_endpoints_of_manifests(stage: Stage) -> None:
    backend, llm = next(stage.configuration.llms())
    said = routes_of(stage.configuration, backend, llm, stage.way.route, stage.way.rule)
    known = [(end, api) for end, api in (said[0] if said else {}).items() if api in BODIES and end != "*"]
    stage.only_if(known, "the Backend says of no other API than chat completions how it is asked for")
    stage.only_if(stage.way.match.path_type == "PathPrefix", "the route matches no prefix that APIs could be below")
    for end, api in known:
        if not is_translated(llm, api) and stage.goes_by(stage.way, stage.request(path=below(stage, _rooted(end)))):
            # What a vendor makes of a model that is none of its API's is not for the manifests to say.
            exchange = await ask(stage, api, _rooted(end), behaviour=Behaviour(status=200, json=ANSWERS[api]))
            verify(exchange, *OWN_ARRIVAL, ModelArrives())


def _rooted(end: str) -> str:
    return f"/{end.lstrip('/')}"


ANSWERS: dict[str, dict[str, Any]] = {
    CHAT: {"id": "1", "object": "chat.completion", "model": "m", "choices": [], "created": 1},
    "Responses": {"id": "1", "object": "response", "status": "completed", "model": "m", "output": []},
    "Embeddings": {"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 1, "total_tokens": 1}},
}


@case(
    "path/passthrough-as-it-is",
    Level.MUST,
    "What is Passthrough keeps its method, its body byte by byte, and its path at the Backend's base; host and key are"
    " the Backend's all the same.",
    source="API RouteTypePassthrough: sends requests upstream as-is without LLM processing (agentgateway 1.4)",
    lines=[34, 79],
)
@parametrize("scenario", [REWRITE], ids=str)
@parametrize("body", [b'{"a" : "b",  "x":1e2}', b"\x00\xff no JSON", None], ids=["json", "bytes", "get"])
async def test_passthrough_as_it_is(stage: Stage, body: bytes | None) -> None:
    method = "GET" if body is None else "POST"
    answered = Behaviour(status=200, text="as it is")
    exchange = await stage.chat(path=below(stage, "/files?x=1"), method=method, body=body or b"", behaviour=answered)
    verify(exchange, *OWN_ARRIVAL, MethodArrives(), BodyUntouched(), TextReturns("as it is"))


@case(
    "model/endpoint-overridden",
    Level.MUST,
    "A model that the Backend names is that of requests for every API, whatever these ask for.",
    source="SEED table model; API LLMProvider.openai.model; AGW override_model in each process_*_request",
    lines=[40],
)
@parametrize("scenario", [with_apis("prefix", model=True)], ids=str)
@parametrize("api", ["Responses", "Embeddings"])
async def test_endpoint_overridden(stage: Stage, api: str) -> None:
    stage.only_if(stage.llm.model, "the Backend has no model")
    end = next(suffix for suffix, kind in ROUTES.items() if kind == api)
    answered = Behaviour(status=200, json=ANSWERS[api])
    exchange = await ask(stage, api, end, "another-model", behaviour=answered)
    verify(exchange, Status(200), ArrivedOnce(), ModelArrives())


@case(
    "body/endpoint-body-kept",
    Level.MUST,
    "Every field of a request for Responses or embeddings arrives as the client sent it, those that nobody knows too.",
    source="OpenAI API reference, Responses, Embeddings; AGW types::responses, types::embeddings (rest)",
    lines=[76],
)
@parametrize("scenario", [PREFIX], ids=str)
@parametrize("api", ["Responses", "Embeddings"])
async def test_endpoint_body_kept(stage: Stage, api: str) -> None:
    end = next(suffix for suffix, kind in ROUTES.items() if kind == api)
    verify(await ask(stage, api, end), Status(200), ArrivedOnce(), RestOfBodyKept())


@case(
    "errors/models-not-implemented",
    Level.INFO,
    "What is answered to a request for the list of models, where policies.ai.routes has it as Models.",
    source="API RouteTypeModels; AGW httpproxy.rs: 501, nothing goes to the provider (agentgateway 1.4)",
    lines=[95],
)
@parametrize("scenario", [PREFIX], ids=str)
async def test_models_not_implemented(stage: Stage) -> None:
    exchange = await stage.chat(path=below(stage, "/models"), method="GET")
    stage.observe(f"the client got {answered_with(exchange)}; requests upstream: {len(exchange.arrivals)}")


def answered_with(exchange: Exchange) -> str:
    """Status and text."""
    return f"{exchange.response.status} {exchange.response.excerpt(80)}"
