"""Area N: the documented providers, all behind one gateway, each with what is its own."""

from __future__ import annotations

from conformance.cases import Behaviour, Level, Stage, case, parametrize
from conformance.cases.provider_table import PROVIDERS
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    ModelArrives,
    Reached,
    RequestAuthority,
    RequestTarget,
    Secured,
    verify,
)


@case(
    "isolation/every-listed-provider",
    Level.SHOULD,
    "With all the listed providers behind one gateway, each gets its requests with its own host, server name, path,"
    " model and key.",
    source="agentgateway documentation, OpenAI-compatible providers; FACTS 4.4",
    lines=[143, 147],
)
@parametrize("scenario", [one.scenario for one in PROVIDERS], ids=str)
async def test_every_listed_provider(stage: Stage) -> None:
    # The lookalike is the scene's own provider, which may know neither the path nor the model.
    exchange = await stage.chat(behaviour=Behaviour(status=200))
    verify(
        exchange, ArrivedOnce(), Reached(), Secured(), RequestTarget(), RequestAuthority(), ModelArrives(), Credential()
    )
