"""The search for a fix: where it looks, in which order, and where it ends."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Mapping

import pytest

from conformance.certification.mending import Score, find_fix
from conformance.core.problems import InputProblem
from conformance.core.yaml.located import read_documents
from tests.support.mending import FILE, NEXT, PAGE, WITHOUT_POLICY, around, documented, search


def test_of_what_cannot_be_read_nothing_is_known() -> None:
    found = search({FILE: "a: [\n"}, PAGE)
    assert (found.fix, found.note) == (None, "no single change is known that might help")


def test_a_fault_is_mended_where_it_was_found() -> None:
    """Host and name differ; both ways would do, and the check says which."""
    text = documented(PAGE).replace("api.mistral.ai", "llm.nimbus.example")
    broken = text.replace("    hostname: llm.nimbus.example\n    well", "    hostname: llm.nimbsu.example\n    well")
    line = next(number for number, one in enumerate(broken.splitlines(), 1) if "nimbsu" in one)
    found = search({FILE: broken}, PAGE, line).fix
    assert found is not None
    assert found.texts[FILE] == text
    assert found.warning == ""


def test_what_nobody_knows_is_said() -> None:
    """Of a host without facts a wrong port cannot be told from a right one."""
    text = documented(PAGE).replace("api.mistral.ai", "llm.nimbus.example").replace("      port: 443\n", "")
    found = search({FILE: text}, PAGE).fix
    assert found is not None
    assert found.title == "Set spec.ai.llm.port of Backend mistral to 443"
    assert found.warning.startswith("Nothing is known of llm.nimbus.example but what the manifests say")


def test_the_right_file_of_several_is_changed() -> None:
    documents = documented(NEXT).split("---\n")
    texts = {f"{number}.yaml": one for number, one in enumerate(documents)}
    broken = {**texts, "1.yaml": texts["1.yaml"].replace("port: 443", "port: 8443")}
    found = search(broken, NEXT).fix
    assert found is not None
    assert found.texts == texts
    assert found.diff.count("\n--- ") + found.diff.startswith("--- ") == 1


def test_a_list_in_json_gets_its_policy() -> None:
    items = [one.data for one in read_documents(WITHOUT_POLICY, FILE)]
    texts = {"m.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2)}
    found = search(texts, PAGE).fix
    assert found is not None
    assert [one["kind"] for one in json.loads(found.texts["m.json"])["items"]][-1] == "BackendTLSPolicy"


def test_single_json_objects_get_a_file_beside_them() -> None:
    items = [one.data for one in read_documents(WITHOUT_POLICY, FILE)]
    texts = {f"{one['kind']}.json": json.dumps(one) for one in items}
    found = search(texts, PAGE).fix
    assert found is not None
    assert "--- /dev/null\n+++ b/Backend.json-more.yaml\n" in found.diff


def test_nothing_helps_against_two_mistakes() -> None:
    broken = documented(PAGE).replace("port: 443", "port: 1").replace("- name: agentgateway", "- name: other")
    found = search({FILE: broken}, PAGE)
    assert found.fix is None
    assert not found.cut_short
    assert found.note == f"no single change helps ({found.tried} tried): there may be more than one mistake"


GET = documented(NEXT).replace("value: /mistral\n", "value: /mistral\n      method: GET\n", 1)


async def test_against_what_no_change_mends_a_refused_one_is_no_answer() -> None:
    async def never(texts: Mapping[str, str]) -> Score:
        return Score(defects=1)

    found = await find_fix({FILE: GET}, never, around(NEXT), seconds=60)
    assert found.refused == ""
    assert "there may be more than one mistake" in found.note
    assert "for you to decide" in dataclasses.replace(found, mistakes=1).note


def test_a_search_is_bounded_in_number() -> None:
    broken = documented(PAGE).replace("port: 443", "port: 1").replace("- name: agentgateway", "- name: other")
    found = search({FILE: broken}, PAGE, most=2)
    assert (found.fix, found.tried, found.cut_short) == (None, 2, True)
    assert found.note.startswith("the search was cut short: 2 of ")


async def test_a_search_is_bounded_in_time() -> None:
    cancelled = asyncio.Event()

    async def never(texts: Mapping[str, str]) -> Score:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Score()

    found = await find_fix({FILE: documented(PAGE)}, never, around(PAGE), seconds=1)
    assert (found.fix, found.cut_short) == (None, True)
    assert found.note.startswith("the search was cut short: ")


async def test_a_candidate_that_cannot_be_read_has_failed() -> None:
    async def unreadable(texts: Mapping[str, str]) -> Score:
        raise InputProblem("no")

    found = await find_fix({FILE: documented(PAGE)}, unreadable, around(PAGE), seconds=60)
    assert found.fix is None
    assert found.tried == found.candidates > 1


@pytest.mark.parametrize("score", [Score(failed=1), Score(refused=1), Score(defects=1)])
def test_only_what_has_no_fault_at_all_passes(score: Score) -> None:
    assert not score.passes
    assert Score().passes
