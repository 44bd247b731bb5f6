"""Probes of what the gateway tells of keys and sizes, of grants that come and go, and of whom statuses are about."""

from __future__ import annotations

import copy

from conformance.manifests.schemas.kinds import BACKEND, BACKEND_TLS_POLICY, HTTP_ROUTE, REFERENCE_GRANT
from mock_providers.behaviour import Behaviour
from tests.support.gateway import KEYS, Bench, catches, secret
from tests.support.gateway_objects import backend, backend_ref, policy, route
from tests.support.probes.heads import model
from tests.support.probes.routes import grant

ELSEWHERE = "elsewhere"
PASSWORD = "a-password-nobody-needs"
GATEWAY = {"name": "agentgateway", "namespace": "kgateway-system"}


@catches("key-in-answer-header")
async def answers_show_no_key(one: Bench) -> None:
    assert KEYS["mistral"] not in str((await one.send()).headers)


@catches("unsendable-key-quoted", "secret-data-in-status")
async def useless_secrets_stay_secret(one: Bench) -> None:
    await one.apply(secret("mistral-secret", f"{PASSWORD}\nsecond-line"))
    assert PASSWORD not in (await one.send()).text
    await one.apply(secret("mistral-secret", PASSWORD, key="password"))
    assert PASSWORD not in (await one.send()).text
    assert PASSWORD not in str(one.status(BACKEND, "mistral"))


@catches("secret-key-case-ignored")
async def the_case_of_a_secrets_entry_counts(one: Bench) -> None:
    await one.apply(secret("mistral-secret", PASSWORD, key="authorization"))
    await one.send()
    assert all(PASSWORD not in str(seen.headers) for seen in one.seen())


@catches("size-not-told", "large-answers-cut")
async def what_is_too_large_is_said_to_be(one: Bench) -> None:
    answer = await one.send_planned(Behaviour(content_bytes=2 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.text) == (503, "processing failed: response was too large")


@catches("grant-deletion-ignored", "late-grant-ignored")
async def grants_come_and_go(one: Bench) -> None:
    await one.apply(
        secret("mistral-secret", KEYS["mistral"], namespace=ELSEWHERE),
        backend("far", {"openai": model()}, namespace=ELSEWHERE),
        policy("far", namespace=ELSEWHERE),
        route("far", backend_ref("far", namespace=ELSEWHERE)),
    )
    assert (await one.send("/far")).status_code == 500
    await one.apply(grant())
    assert (await one.send("/far")).status_code == 200
    await one.delete(REFERENCE_GRANT, "grant", ELSEWHERE)
    assert (await one.send("/far")).status_code == 500


@catches("status-namespace-missing", "policy-namespace-missing")
async def statuses_name_the_gateway_with_its_namespace(one: Bench) -> None:
    await one.apply(
        secret("mistral-secret", KEYS["mistral"], namespace=ELSEWHERE),
        backend("far", {"openai": model()}, namespace=ELSEWHERE),
        policy("far", namespace=ELSEWHERE),
        route("far", namespace=ELSEWHERE),
    )
    parent = one.status(HTTP_ROUTE, "far", ELSEWHERE)["parents"][0]["parentRef"]
    ancestor = one.status(BACKEND_TLS_POLICY, "far", ELSEWHERE)["ancestors"][0]["ancestorRef"]
    assert GATEWAY.items() <= parent.items()
    assert GATEWAY.items() <= ancestor.items()


@catches("refs-of-refused-missing")
async def refused_routes_report_their_references(one: Bench) -> None:
    await one.apply(route("mistral", parent={"sectionName": "nowhere"}))
    found = one.conditions(HTTP_ROUTE, "mistral", "parents", 0)
    assert {name: condition[0] for name, condition in found.items()} == {"Accepted": "False", "ResolvedRefs": "True"}


@catches("foreign-entries-dropped", "transition-time-moves")
async def statuses_keep_what_did_not_change(one: Bench) -> None:
    status = copy.deepcopy(one.status(HTTP_ROUTE, "mistral"))
    foreign = {**copy.deepcopy(status["parents"][0]), "controllerName": "example.test/other"}
    for entry in (*status["parents"], foreign):
        for condition in entry["conditions"]:
            condition["lastTransitionTime"] = "2020-01-01T00:00:00Z"
    one.store.set_status(HTTP_ROUTE, "kgateway-system", "mistral", {"parents": [*status["parents"], foreign]})
    await one.apply(route("mistral", timeouts={"request": "5s"}))
    parents = one.status(HTTP_ROUTE, "mistral")["parents"]
    assert {parent["controllerName"] for parent in parents} == {"kgateway.dev/agentgateway", "example.test/other"}
    times = {each["lastTransitionTime"] for parent in parents for each in parent["conditions"]}
    assert times == {"2020-01-01T00:00:00Z"}
