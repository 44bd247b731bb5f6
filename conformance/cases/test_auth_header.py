"""Area B: authHeader, which moves the credential to another header or gives it another prefix."""

from __future__ import annotations

import pytest

from conformance.cases import CLIENT_KEY, Behaviour, Level, Scenario, Stage, case
from conformance.cases.needs import needs_key
from conformance.exchange.expectations import ArrivedOnce, Credential, Status, Withheld, verify

# The lookalike answers whatever credential arrives: that is judged here.
ANSWERED = Behaviour(status=200)


def auth_header(name: str, header: str | None, prefix: str | None) -> Scenario:
    """The documented manifests with this authHeader and no other."""
    return Scenario(name, (lambda draft: draft.change_backend(header_name=header, header_prefix=prefix),))


HEADER_ALONE = auth_header("header-name", "x-api-key", None)
PREFIX_ALONE = auth_header("header-prefix", None, "Token")
BOTH = auth_header("header-name-prefix", "x-api-key", "Token")


@case(
    "auth/header-name-moves-key",
    Level.MUST,
    "authHeader.headerName is the header that the key arrives in, and no Authorization stands beside it.",
    source="SEED table authHeader; API AuthHeader.headerName",
    lines=[22],
)
@pytest.mark.parametrize("scenario", [HEADER_ALONE, BOTH], ids=str)
async def test_header_name_moves_key(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/prefix-changes",
    Level.MUST,
    "authHeader.prefix stands before the key instead of Bearer.",
    source="SEED table authHeader; API AuthHeader.prefix",
    lines=[23],
)
@pytest.mark.parametrize("scenario", [PREFIX_ALONE, BOTH], ids=str)
async def test_prefix_changes(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/header-name-alone",
    Level.MUST,
    "authHeader.headerName without prefix counts, too: the key arrives in that header, after Bearer.",
    source="API AuthHeader: headerName changes the header's name, prefix changes Bearer, each on its own",
    lines=[24],
    scenario=HEADER_ALONE,
)
async def test_header_name_alone(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/prefix-spacing",
    Level.MUST,
    "Between prefix and key stands exactly one space, also when the prefix is written with one.",
    source="API AuthHeader.prefix; agentgateway PR#1555",
    lines=[157],
)
@pytest.mark.parametrize("scenario", [PREFIX_ALONE, auth_header("prefix-with-space", None, "Token ")], ids=str)
async def test_prefix_spacing(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/client-cannot-replace-moved-key",
    Level.MUST,
    "Where the key has a header of its own, a client's token neither takes its place nor goes up beside it, in that"
    " header or in Authorization.",
    source="SEED table authHeader, authToken; initializ/forge PR#358",
    lines=[17, 158],
    scenario=HEADER_ALONE,
)
@pytest.mark.parametrize("name", ["x-api-key", "X-API-Key", "Authorization"])
async def test_client_cannot_replace_moved_key(stage: Stage, name: str) -> None:
    needs_key(stage)
    token = CLIENT_KEY.reveal()
    exchange = await stage.chat(headers=((name, f"Bearer {token}"),), behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), Credential(), Withheld((token,)))
