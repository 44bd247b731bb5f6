"""Objects in a cluster through the official client, against the embedded endpoint."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.manifests.objects import object_id
from conformance.stage.arrangement.kube import RUN_LABEL, Kubernetes, Refused
from conformance.targets.embedded.target import client_of
from tests.support.kube import config_map, endpoint


async def test_apply_get_delete() -> None:
    async with endpoint() as (kubernetes, _, _):
        given = config_map(a="1")
        stored = await kubernetes.apply(given)
        assert stored["metadata"]["labels"] == {RUN_LABEL: "run-1"}
        assert "labels" not in given["metadata"]
        assert (await kubernetes.apply(config_map(b="2")))["data"] == {"b": "2"}
        found = await kubernetes.get("v1", "ConfigMap", "opal", "one")
        assert found is not None
        assert found["data"] == {"b": "2"}
        assert (await kubernetes.get("v1", "Namespace", "", "opal") or {})["kind"] == "Namespace"
        await kubernetes.delete(given)
        await kubernetes.delete(given)
        assert await kubernetes.get("v1", "ConfigMap", "opal", "one") is None


async def test_whatever_is_asked_gives_its_connection_back() -> None:
    async with endpoint() as (kubernetes, _, _):
        given = config_map(a="1")
        for _ in range(2):
            await kubernetes.create(given)
            await kubernetes.apply(given)
            assert await kubernetes.list("v1", "ConfigMap", "opal")
            await kubernetes.patch("v1", "ConfigMap", "opal", "one", {"data": {"a": "2"}})
            await kubernetes.delete(given)
        pools = kubernetes.client.rest_client.pool_manager.pools
        assert [pools[place].num_connections for place in list(pools.keys())] == [1]


async def test_all_of_a_run_go_at_once_and_nothing_else(tmp_path: Path) -> None:
    async with endpoint() as (kubernetes, _, server):
        client = client_of(server, tmp_path)
        other = Kubernetes(client, "run-2")
        await other.apply(config_map("theirs"))
        other.close()
        client.close()
        ours = [
            config_map("one"),
            config_map("two"),
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "jade"}},
        ]
        assert not await kubernetes.apply_all(ours)
        await kubernetes.delete_all(ours)
        assert [one["metadata"]["name"] for one in await kubernetes.list("v1", "ConfigMap", "opal")] == ["theirs"]
        assert await kubernetes.get("v1", "Namespace", "", "jade") is None
        assert await kubernetes.get("v1", "Namespace", "", "opal") is not None


async def test_a_dry_run_stores_nothing() -> None:
    async with endpoint() as (kubernetes, _, _):
        assert (await kubernetes.apply(config_map(a="1"), dry_run=True))["data"] == {"a": "1"}
        assert await kubernetes.get("v1", "ConfigMap", "opal", "one") is None


@pytest.mark.parametrize(
    ("data", "status", "reason", "message"),
    [
        ({**config_map(), "data": {"a": 1}}, 500, "", "expected string"),
        ({**config_map(), "daten": {}}, 500, "", ".daten: field not declared in schema"),
        ({**config_map(), "apiVersion": "v2"}, 404, "NotFound", 'no matches for kind "ConfigMap" in version "v2"'),
        ({**config_map(), "kind": "ConfigMop"}, 404, "NotFound", 'no matches for kind "ConfigMop" in version "v1"'),
        (config_map("No Name"), 422, "Invalid", "a lowercase RFC 1123 subdomain"),
        (
            {**config_map(), "metadata": {"name": "x", "namespace": "gone"}},
            404,
            "NotFound",
            'namespaces "gone" not found',
        ),
    ],
)
async def test_a_refusal_says_what_the_endpoint_said(
    data: dict[str, Any], status: int, reason: str, message: str
) -> None:
    async with endpoint() as (kubernetes, _, _):
        with pytest.raises(Refused) as raised:
            await kubernetes.apply(data)
    assert raised.value.status == status
    assert reason in raised.value.reason
    assert message in str(raised.value)


PATHS = [
    "../../../../../../api/v1/namespaces/victim",
    "..",
    ".",
    "a/b",
    "a%2Fb",
    "one?dryRun=All",
    "one#",
    "one?x=",
    "o ne",
    "",
]


@pytest.mark.parametrize("name", PATHS)
async def test_a_name_is_one_segment_of_the_path_and_nothing_else(name: str) -> None:
    async with endpoint() as (kubernetes, _, _):
        for existing in ("victim", "one"):
            await kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": existing}})
        await kubernetes.apply(config_map(a="1"))
        objects = [("Namespace", "", "victim"), ("Namespace", "", "one"), ("ConfigMap", "opal", "one")]
        before = [await kubernetes.get("v1", *one) for one in objects]
        wrong = config_map(name, a="2")
        with pytest.raises(Refused):
            await kubernetes.apply(wrong)
        with pytest.raises(Refused):
            await kubernetes.apply({**wrong, "metadata": {"name": "one", "namespace": f"opal/{name}"}})
        await kubernetes.delete(wrong)
        assert [await kubernetes.get("v1", *one) for one in objects] == before


async def test_of_many_objects_those_refused_are_told() -> None:
    async with endpoint() as (kubernetes, _, _):
        good = [config_map(f"good-{number}", a=str(number)) for number in range(20)]
        bad = config_map("Bad")
        refusals = await kubernetes.apply_all([*good, bad])
        assert list(refusals) == [object_id(bad)]
        assert await kubernetes.get("v1", "ConfigMap", "opal", "good-19") is not None


async def test_waiting_goes_by_events() -> None:
    async with endpoint() as (kubernetes, _, _):
        await kubernetes.apply(config_map("one", a="1"))
        seen: list[set[str]] = []
        looked = threading.Event()

        def two_then_gone(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            names = {name for _, name in objects}
            seen.append(names)
            looked.set()
            return {"one", "two"} in seen and "one" not in names

        waiting = asyncio.ensure_future(kubernetes.wait("v1", "ConfigMap", two_then_gone, 20))
        await asyncio.to_thread(looked.wait, 20)
        await kubernetes.apply(config_map("two"))
        await kubernetes.apply(config_map("two", b="3"))
        await kubernetes.delete(config_map("one"))
        assert await waiting is True
        assert seen[0] == {"one"}
        named = await kubernetes.wait(
            "v1", "ConfigMap", lambda objects: list(objects) == [("opal", "two")], 5, name="two"
        )
        assert named is True
        assert await kubernetes.wait("v1", "ConfigMap", lambda objects: len(objects) == 7, 1.1) is False


async def test_other_runs_are_none_of_our_business(tmp_path: Path) -> None:
    async with endpoint() as (kubernetes, _, server):
        client = client_of(server, tmp_path)
        other = Kubernetes(client, "run-2")
        try:
            await other.apply(config_map("theirs"))
            await kubernetes.apply(config_map("ours"))
            assert await kubernetes.wait("v1", "ConfigMap", lambda objects: list(objects) == [("opal", "ours")], 5)
        finally:
            other.close()
            client.close()


async def test_an_endpoint_that_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "ENDPOINT", 0.3)
    async with endpoint() as (kubernetes, loop, server):
        looked = threading.Event()

        def never(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            looked.set()
            return False

        waiting = asyncio.ensure_future(kubernetes.wait("v1", "Namespace", never, 20))
        await asyncio.to_thread(looked.wait, 20)
        await loop.call(server.stop())
        for attempt in (waiting, kubernetes.apply(config_map()), kubernetes.get("v1", "Secret", "opal", "x")):
            with pytest.raises(SetupProblem, match="the Kubernetes API endpoint does not answer"):
                await attempt


async def test_discovery_is_kept_in_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with endpoint():
        written = await asyncio.to_thread(lambda: [one.name for one in tmp_path.rglob("*.json")])
    assert written == []
