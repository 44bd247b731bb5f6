"""Area M: who gets to see a key, on the wire and in what the gateway says."""

from __future__ import annotations

import json
from typing import Any

from conformance.cases import (
    Behaviour,
    Draft,
    Exchange,
    Level,
    NotApplicable,
    Scenario,
    Stage,
    case,
    new_key,
    parametrize,
)
from conformance.cases.needs import needs_secret
from conformance.cases.variations import KEY_LOWER_CASE, KEY_OTHER_NAME, NO_POLICY, needs_tls
from conformance.exchange.expectations import Encrypted, Facet, Holds, Undisclosed, Withheld, verify
from conformance.manifests.secrets import secret_value

SHORTEST_KEY = 12


class Watch:
    """What the gateway says from now on, to be searched for the scene's key, or for these texts."""

    def __init__(self, stage: Stage, *secrets: str) -> None:
        if reason := stage.target.unsupported("logs"):
            raise NotApplicable(reason)
        found = [one for one in secrets or (stage.key,) if len(one) >= SHORTEST_KEY]
        stage.only_if(found, "the Backend has no key, or one too short to be told from other text")
        self._secrets = tuple(found)
        self._target = stage.target
        self._before = len(stage.target.leaks())

    def verify(self, exchange: Exchange, **places: str) -> None:
        """No key in the client's response, in the gateway's log since then, nor in these further texts."""
        leaks = self._target.leaks()[self._before :]
        verify(exchange, Undisclosed(self._secrets, places), Holds(Facet.DISCLOSURE, [], lambda _: leaks))


@case(
    "secrets/hidden-in-provider-errors",
    Level.MUST,
    "When the provider answers with an error, or with nothing usable, no key is in the client's response or in the"
    " gateway's log.",
    source="FACTS 6.8; CWE-209, CWE-532",
    lines=[131],
)
@parametrize(
    "answer",
    [
        *({"status": status} for status in (400, 401, 403, 404, 429, 500, 503)),
        {"text": '{"choices": ['},
        {"text": "<html>bad gateway</html>"},
        {"reset": "before-response"},
    ],
    ids=lambda answer: "-".join(str(value) for value in answer.values())[:12],
)
async def test_hidden_in_provider_errors(stage: Stage, answer: dict[str, Any]) -> None:
    watch = Watch(stage)
    watch.verify(await stage.chat(behaviour=Behaviour(**answer)))


@case(
    "secrets/hidden-in-gateway-errors",
    Level.MUST,
    "When the gateway does not get through to the provider, no key is in the client's response or in the gateway's"
    " log.",
    source="FACTS 6.8; CWE-209, CWE-532",
    lines=[131],
)
@parametrize(
    "scenario",
    [
        Scenario("wrong-name", identity="wrong-name"),
        Scenario("other-authority", identity="other-authority"),
        Scenario("refused", reach="refused"),
        Scenario("unresolvable", reach="unresolvable"),
        NO_POLICY,
    ],
    ids=str,
)
async def test_hidden_in_gateway_errors(stage: Stage) -> None:
    watch = Watch(stage)
    watch.verify(await stage.chat())


@case(
    "secrets/hidden-in-request-errors",
    Level.MUST,
    "When the request is what is wrong, no key is in the client's response or in the gateway's log.",
    source="FACTS 6.8; CWE-209, CWE-532",
    lines=[131],
)
@parametrize(
    "wrong",
    [{"body": b'{"model": '}, {"body": b""}, {"messages": ...}, {"method": "GET"}, {"below": "?key=1"}],
    ids=["half-json", "empty", "no-messages", "get", "query"],
)
async def test_hidden_in_request_errors(stage: Stage, wrong: dict[str, Any]) -> None:
    watch = Watch(stage)
    watch.verify(await stage.chat(**wrong))


@case(
    "secrets/hidden-in-statuses",
    Level.MUST,
    "No key is in the status of any object or in any event about one.",
    source="FACTS 6.8; CWE-200",
    lines=[131],
    certifies=True,
)
async def test_hidden_in_statuses(stage: Stage) -> None:
    watch = Watch(stage)
    places = await reported(stage)
    watch.verify(await stage.chat(), **places)


async def reported(stage: Stage) -> dict[str, str]:
    """The statuses of all objects of the scene, and the events about them."""
    places = {}
    for one in stage.manifests:
        found = await stage.kubernetes.get(one.api_version, one.kind, one.namespace, one.name) or {}
        places[f"the status of {one.id}"] = json.dumps(found.get("status"), ensure_ascii=False)
        for event in await stage.kubernetes.list("v1", "Event", one.namespace):
            if event.get("involvedObject", {}).get("name") == one.name:
                places[f"an event about {one.id}"] = json.dumps(event, ensure_ascii=False)
    return places


def beside_the_key(draft: Draft) -> None:
    """The Secret holds more than the key."""
    data, name = draft.secret, draft.provider.name
    data["stringData"] = {**data.get("stringData", {}), "password": new_key(f"{name}-password").reveal()}


def in_two_lines(draft: Draft) -> None:
    """A key that no header can carry."""
    first, second = (new_key(f"{draft.provider.name}-{one}").reveal() for one in ("first-line", "second-line"))
    draft.change_key(f"{first}\n{second}", encoded=True)


def held(stage: Stage) -> list[str]:
    """What the Secrets of the scene hold, entry by entry and line by line."""
    found: list[str] = []
    for one in stage.manifests:
        if one.kind == "Secret":
            values = [
                secret_value(one.data, name) for field in ("data", "stringData") for name in one.data.get(field) or ()
            ]
            found += [line.strip() for value in values for line in (value or "").splitlines()]
    return [one.removeprefix("Bearer ") for one in found]


@case(
    "secrets/no-secret-data-shown",
    Level.MUST,
    "Nothing that a Secret holds is in a status, an event, the gateway's log or the client's response, be it usable as"
    " a key or not.",
    source="Kubernetes, good practices for Secrets; CWE-200, CWE-209, CWE-532",
    lines=[131, 184],
)
@parametrize(
    "scenario",
    [
        KEY_OTHER_NAME,
        KEY_LOWER_CASE,
        Scenario("key-and-password", (beside_the_key,)),
        Scenario("key-in-two-lines", (in_two_lines,)),
    ],
    ids=str,
)
async def test_no_secret_data_shown(stage: Stage) -> None:
    needs_secret(stage)
    watch = Watch(stage, *held(stage))
    exchange = await stage.chat()
    watch.verify(exchange, **await reported(stage))


@case(
    "secrets/encrypted",
    Level.MUST,
    "A provider that speaks TLS gets the request, and the key in it, by TLS only.",
    source='SEED overview, "requires explicit TLS ... for HTTPS endpoints"',
    lines=[46, 134, 161],
    certifies=True,
)
async def test_encrypted(stage: Stage) -> None:
    stage.only_if(stage.provider.tls, "the provider speaks plaintext")
    verify(await stage.chat(), Encrypted())


@case(
    "secrets/cleartext-without-policy",
    Level.INFO,
    "Whether the key goes out in cleartext when there is no BackendTLSPolicy.",
    source="FACTS D5, 6.7",
    lines=[134],
    scenario=NO_POLICY,
)
async def test_cleartext_without_policy(stage: Stage) -> None:
    needs_tls(stage)
    exchange = await stage.chat()
    sent = Withheld((stage.key,)).check(exchange) is not None
    stage.observe("without a BackendTLSPolicy the key goes out in " + ("cleartext" if sent else "no way at all"))


@case(
    "secrets/hidden-in-config-dump",
    Level.MUST,
    "The proxy's dump of its configuration shows no key.",
    source="FACTS 6.8; CWE-532",
    lines=[132],
    needs=("config dump",),
)
async def test_hidden_in_config_dump(stage: Stage) -> None:
    watch = Watch(stage)
    watch.verify(await stage.chat(), **{"the config dump": await stage.operations.config_dump()})
