"""What is said of objects once they stand: a controller that takes its time is waited for, and not waited for twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance import InputProblem, certify
from conformance.certification.standing import look
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.object_watch import Done
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.scenario.scenario import DOCUMENTED
from tests.support.checks import KGATEWAY, documented
from tests.support.cluster import Json

MANIFESTS = ManifestSet(read_manifests(documented(KGATEWAY), "mistral.yaml"))
GOOD = {"type": "Accepted", "status": "True", "reason": "Accepted"}
REPORTING = 3


class Slow:
    """A cluster whose controllers speak of an object only while it is waited for."""

    def __init__(self, *, speaks: bool = True, generation: int = 1) -> None:
        self.waited: list[str] = []
        self.speaks = speaks
        self.spoken = False
        self.generation = generation

    def item(self, kind: str, name: str) -> Json:
        conditions = [{**GOOD, "observedGeneration": self.generation if self.spoken else 0}] if self.spoken else []
        status: Json = {"conditions": conditions}
        if kind == "HTTPRoute":
            status = {"parents": [status]}
        if kind == "BackendTLSPolicy":
            status = {"ancestors": [status]}
        return {"metadata": {"name": name, "namespace": "kgateway-system", "generation": 1}, "status": status}

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Json:
        return self.item(kind, name)

    async def wait(self, api_version: str, kind: str, done: Done, **_: Any) -> bool:
        self.waited.append(kind)
        mine = [one for one in MANIFESTS if one.kind == kind]
        assert not done({})
        before = {(one.namespace, one.name): self.item(kind, one.name) for one in mine}
        assert done(before) is self.spoken
        self.spoken |= self.speaks
        return done({(one.namespace, one.name): self.item(kind, one.name) for one in mine})


def arrangement(slow: Slow, *, in_a_cluster: bool) -> Arrangement:
    scenes = {SceneKey("mistral", DOCUMENTED): SimpleNamespace(manifests=MANIFESTS, refusals={})}
    target = SimpleNamespace(brings_gateway=in_a_cluster)
    made = SimpleNamespace(scenes=scenes, kubernetes=slow, target=target, wait=slow.wait)
    return cast("Arrangement", made)


async def test_a_real_controller_is_waited_for() -> None:
    slow = Slow()
    found = await look(arrangement(slow, in_a_cluster=True))
    assert sorted(set(slow.waited)) == ["Backend", "BackendTLSPolicy", "HTTPRoute"]
    assert (found.reporting, found.troubles) == (REPORTING, ())


@pytest.mark.parametrize("in_a_cluster", [True, False])
async def test_who_never_speaks_is_told(*, in_a_cluster: bool) -> None:
    slow = Slow(speaks=False)
    found = await look(arrangement(slow, in_a_cluster=in_a_cluster))
    assert {one.text for one in found.troubles} == {"no controller says anything of it"}
    assert len(found.troubles) == REPORTING
    assert bool(slow.waited) is in_a_cluster, "our own controller has said all that it will"


async def test_what_is_said_of_an_older_object_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, held = Slow(generation=0), list[bool]()
    slow.spoken = True

    async def wait(_: str, kind: str, done: Done, **options: Any) -> bool:
        held.append(done({(one.namespace, one.name): slow.item(kind, one.name) for one in MANIFESTS}))
        return False

    monkeypatch.setattr(slow, "wait", wait)
    await look(arrangement(slow, in_a_cluster=True))
    assert held == [False] * REPORTING


def test_an_unknown_case_is_told_before_anything_is_looked_for() -> None:
    with pytest.raises(InputProblem, match="--case no/such: no case of `certify`"):
        certify("/nowhere", cases=["no/such"], target="kind")
