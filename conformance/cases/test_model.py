"""Area D: the model upstream and in the answer."""

from __future__ import annotations

from typing import Any

from conformance.cases import DOCUMENTED, Aspect, Behaviour, Level, Scenario, Stage, case, parametrize
from conformance.cases.needs import needs_model
from conformance.cases.variations import GROUPED_UNLIKE
from conformance.exchange.expectations import ArrivedOnce, Facet, Holds, ModelArrives, Status, verify

# The lookalike answers whatever model arrives: that is judged here.
ANSWERED = Behaviour(status=200)
NO_MODEL = Scenario("no-model", (lambda draft: draft.change_backend(model=None),))


@case(
    "model/overrides-empty",
    Level.MUST,
    'The Backend\'s model replaces the empty model that the page\'s request has ("model": "").',
    source="SEED Mistral 7; SEED table model",
    lines=[39],
    certifies=True,
)
async def test_overrides_empty(stage: Stage) -> None:
    needs_model(stage)
    verify(await stage.chat(model=""), Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/overrides-other",
    Level.MUST,
    "The Backend's model replaces another model in the request.",
    source="SEED table model: override the model name",
    lines=[40],
)
@parametrize("scenario", [DOCUMENTED, GROUPED_UNLIKE], ids=str)
@parametrize("model", ["other-model", "gpt-4o", "vendor/other:latest"])
async def test_overrides_other(stage: Stage, model: str) -> None:
    needs_model(stage)
    verify(await stage.chat(model=model, behaviour=ANSWERED), Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/added-when-absent",
    Level.MUST,
    "The Backend's model is put into a request that has none.",
    source="SEED table model; AGW process_completions_request",
    lines=[41],
    certifies=("absent",),
)
@parametrize("model", [..., None], ids=["absent", "null"])
async def test_added_when_absent(stage: Stage, model: Any) -> None:
    needs_model(stage)
    verify(await stage.chat(model=model), Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/taken-from-request",
    Level.MUST,
    "Where the Backend has no model, the request's goes upstream letter by letter.",
    source="SEED table model: if unset, the model name is taken from the request; API OpenAIConfig.model",
    lines=[42],
    scenario=NO_MODEL,
)
@parametrize("model", ["small-model-1", "Vendor/Some.Model-v1:latest@2", "modèle 模型"])
async def test_taken_from_request(stage: Stage, model: str) -> None:
    verify(await stage.chat(model=model, behaviour=ANSWERED), Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/empty-without-backend-model",
    Level.SHOULD,
    'An empty model ("") goes upstream as it is where the Backend has none.',
    source="SEED table model: if unset, the model name is taken from the request; FACTS 2.4, 7.2 (measured)",
    lines=[43],
    scenario=NO_MODEL,
)
async def test_empty_without_backend_model(stage: Stage) -> None:
    exchange = await stage.chat(model="", behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/empty-of-backend",
    Level.SHOULD,
    'A model that the Backend gives as "" replaces that of the request, too.',
    source="SEED table model: override the model name; FACTS 2.4, 7.2 (measured)",
    lines=[40],
    scenario=Scenario("empty-model", (lambda draft: draft.change_backend(model=""),), invalid=True),
)
async def test_empty_of_backend(stage: Stage) -> None:
    refused = [one.message for one in stage.refusals]
    stage.only_if(not refused, f"the API endpoint takes no empty model: {' '.join(refused)[:160]}")
    exchange = await stage.chat(model="other-model", behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), ModelArrives())


@case(
    "model/absent-without-backend-model",
    Level.INFO,
    "What becomes of a request without a model where the Backend has none, either.",
    source="FACTS 2.4, 7.2",
    lines=[44],
    scenario=NO_MODEL,
)
@parametrize("model", [..., None], ids=["absent", "null"])
async def test_absent_without_backend_model(stage: Stage, model: Any) -> None:
    exchange = await stage.chat(model=model, behaviour=ANSWERED)
    answer = f"{exchange.response.status} {exchange.response.excerpt(120)!r}"
    stage.observe(f"the client got {answer}; requests upstream: {len(exchange.arrivals)}")


@case(
    "model/response-untouched",
    Level.MUST,
    "The answer's model is the one that the provider answered with, whatever was asked for.",
    source="OpenAI API reference, chat.completion.model; FACTS 6.9",
    lines=[45],
    certifies=True,
    about=(Aspect.ANSWER,),
)
async def test_response_untouched(stage: Stage) -> None:
    returned = "as-the-provider-names-it-2507"
    exchange = await stage.chat(behaviour=Behaviour(status=200, merge={"model": returned}))
    verify(
        exchange,
        Status(200),
        ArrivedOnce(),
        Holds(Facet.RESPONSE_MODEL, returned, lambda seen: seen.response.json()["model"]),
    )
