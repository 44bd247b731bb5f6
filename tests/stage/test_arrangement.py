"""Arranging scenes: what is applied and attached, what does not fit, and that all of it is taken down again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from conformance.core.problems import SetupProblem
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.objects import object_id
from conformance.stage.arrangement.arrangement import DEFAULT_PLACE, Arrangement
from conformance.stage.arrangement.kube import RUN_LABEL, SET_UP, Refused
from conformance.stage.arrangement.scene import SceneKey
from conformance.stage.lookalikes import Attachment
from conformance.stage.scenario.profile import Profile, given_profiles
from conformance.stage.scenario.scenario import Draft, Scenario
from conformance.stage.target import GatewayAt
from tests.support.lookalikes import Authorities
from tests.support.nimbus import nimbus

HOST = ("llm.nimbus.example", "10.1.2.3")
SHORT = ("llm.nimbus.example", "nimbus.example")


class Target:
    """What arranging needs of a target, remembered."""

    brings_gateway = False
    gateway = GatewayAt("kgateway-system", "agentgateway", "http://127.0.0.1:1")
    lookalikes = Authorities()
    pace = 0.01
    least_wait = 0.01
    brings_gateway = False
    disposable = False

    def __init__(self) -> None:
        self.attached: list[Attachment] = []
        self.settled = False
        self.bars: dict[str | None, str] = {}

    async def attach(self, attachments: Iterable[Attachment]) -> None:
        self.attached += attachments

    async def settle(self) -> None:
        self.settled = True

    def placed(self, profile: Profile) -> Profile:
        return profile

    def host_here(self, host: str) -> str:
        return host

    def barred(self, host: str | None) -> str | None:
        return self.bars.get(host)


class Cluster:
    """What arranging needs of Kubernetes, remembered; `refuses` and `keeps` are kinds."""

    def __init__(self, *, refuses: str = "", keeps: str = "", has: Iterable[Mapping[str, Any]] = ()) -> None:
        self.refuses, self.keeps = refuses, keeps
        self.has = list(has)
        self.listed: list[str] = []
        self.applied: list[str] = []
        self.deleted: list[str] = []
        self.awaited: list[str] = []

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return {} if f"{kind} {name}" in self.applied else None

    async def list(self, api_version: str, kind: str, namespace: str) -> list[Mapping[str, Any]]:
        self.listed.append(f"{kind} {namespace}")
        if kind == "ReferenceGrant":
            raise Refused(404, "NotFound", "no such kind")
        if kind == "Secret" and self.refuses == "list":
            raise Refused(403, "Forbidden", "secrets is forbidden")
        return [one for one in self.has if (one["kind"], one["metadata"]["namespace"]) == (kind, namespace)]

    async def apply_all(self, objects: Iterable[Mapping[str, Any]]) -> dict[Any, Refused]:
        wanted = list(objects)
        self.applied += [str(object_id(one)) for one in wanted]
        return {object_id(one): Refused(422, "Invalid", "no") for one in wanted if one["kind"] == self.refuses}

    async def delete_all(self, objects: Iterable[Mapping[str, Any]]) -> None:
        wanted = list(objects)
        self.deleted += [str(object_id(one)) for one in wanted]
        if any(one["kind"] == self.keeps for one in wanted):
            raise Refused(403, "Forbidden", "not yours")

    async def wait(self, api_version: str, kind: str, done: Any, seconds: float, **options: Any) -> bool:
        self.awaited.append(kind)
        return not done({})


def arrangement(cluster: Cluster | None = None, *edits: tuple[str, str]) -> Arrangement:
    profiles = given_profiles(nimbus(*edits), DIALECTS[0])
    return Arrangement(Target(), cluster or Cluster(), profiles, DIALECTS[0])  # type: ignore[arg-type]


def remove_secret(draft: Draft) -> None:
    draft.remove("Secret")


def touch_secret(draft: Draft) -> None:
    assert draft.secret


def touch_group(draft: Draft) -> None:
    assert draft.backend["spec"]["ai"]["priorityGroups"]


async def test_everything_is_applied_in_waves_and_awaited() -> None:
    cluster = Cluster()
    one = arrangement(cluster)
    await one.arrange([SceneKey("nimbus", Scenario()), SceneKey("nimbus", Scenario("bare", (remove_secret,)))])
    order = cluster.applied
    assert (
        order.index("Secret llm/nimbus-key") < order.index("Backend llm/nimbus") < order.index("HTTPRoute llm/nimbus")
    )
    assert {"Namespace llm", "Gateway kgateway-system/agentgateway", "Backend llm/nimbus-bare"} < set(order)
    assert "Secret llm/nimbus-key-bare" not in order
    assert cluster.awaited == ["Backend", "HTTPRoute"]
    assert one.target.settled  # type: ignore[attr-defined]
    places = [(each.host, each.port) for each in one.target.attached]  # type: ignore[attr-defined]
    assert places.count(DEFAULT_PLACE) == 1
    assert ("llm-bare.nimbus.example", 8443) in places
    await one.applied.clean_up()
    assert cluster.deleted == order[::-1]
    await one.applied.clean_up()
    assert cluster.deleted == order[::-1], "nothing twice"


async def test_scenes_that_share_a_place_share_its_keys() -> None:
    def other_key(draft: Draft) -> None:
        draft.change_key("sk-another-4711")

    one = arrangement(None, HOST)
    await one.arrange([SceneKey("nimbus", Scenario()), SceneKey("nimbus", Scenario("other", (other_key,)))])
    (shared,) = [each for each in one.target.attached if each.host == HOST[1]]  # type: ignore[attr-defined]
    assert len(shared.keys) == 2
    assert "sk-another-4711" in shared.keys


@pytest.mark.parametrize(
    ("edit", "scenario", "why"),
    [
        (None, Scenario("a", (remove_secret, touch_secret)), "the manifests cannot be varied to 'a': "),
        (None, Scenario("b", (touch_group,)), "the manifests cannot be varied to 'b': they have no 'priorityGroups'"),
        (HOST, Scenario("c", identity="expired"), "all scenes share the lookalike of an IP address"),
        (SHORT, Scenario("d", identity="wildcard"), "there is no wildcard certificate for nimbus-d.example"),
    ],
)
async def test_what_does_not_fit_is_not_applicable(edit: tuple[str, str] | None, scenario: Scenario, why: str) -> None:
    cluster = Cluster()
    one = arrangement(cluster, *([edit] if edit else []))
    key = SceneKey("nimbus", scenario)
    await one.arrange([key])
    assert one.scenes[key].unfit.startswith(why)
    assert not [name for name in cluster.applied if "nimbus" in name]


async def test_two_scenarios_of_one_name_are_a_mistake_of_ours() -> None:
    one = arrangement()
    with pytest.raises(ValueError, match="two scenarios have the name 'twice'"):
        await one.arrange([SceneKey("nimbus", Scenario("twice")), SceneKey("nimbus", Scenario("twice", own=True))])


async def test_a_refused_object_belongs_to_its_scene_and_is_not_awaited() -> None:
    cluster = Cluster(refuses="Backend")
    one = arrangement(cluster)
    key = SceneKey("nimbus", Scenario())
    await one.arrange([key])
    assert [(str(name), refusal.message) for name, refusal in one.scenes[key].refusals.items()] == [
        ("Backend llm/nimbus", "no")
    ]
    assert cluster.awaited == ["HTTPRoute"]
    await one.applied.clean_up()
    assert "Backend llm/nimbus" not in cluster.deleted


async def test_no_gateway_no_run() -> None:
    with pytest.raises(SetupProblem, match="the Gateway cannot be applied: no"):
        await arrangement(Cluster(refuses="Gateway")).arrange([])


async def test_a_route_to_another_gateway_is_not_waited_for() -> None:
    cluster = Cluster()
    one = arrangement(cluster, ("  - name: agentgateway", "  - name: other"))
    await one.arrange([SceneKey("nimbus", Scenario())])
    assert "HTTPRoute llm/nimbus" in cluster.applied
    assert cluster.awaited == ["Backend", "HTTPRoute"]  # the fence's


async def test_what_cannot_be_deleted_is_told_after_all_the_rest() -> None:
    cluster = Cluster(keeps="Backend")
    one = arrangement(cluster)
    await one.arrange([SceneKey("nimbus", Scenario())])
    with pytest.raises(SetupProblem, match="objects of the run could not be deleted: not yours"):
        await one.applied.clean_up()
    assert len(cluster.deleted) == len(cluster.applied)


def test_an_owners_scene_has_a_name_that_is_valid_everywhere() -> None:
    key = SceneKey("nimbus", Scenario("own", own=True), owner="test_long_name_of_a_test_that_goes_on[nimbus-/a/B.c-x]")
    assert len(key.name) <= 40
    assert key.name.replace("-", "").isalnum()
    assert key.name == key.name.lower()


def there(kind: str, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "llm", **({"labels": labels} if labels else {})}}


@pytest.mark.parametrize(
    ("labels", "whose"),
    [
        (None, "not made by this suite"),
        ({"app": "shop"}, "not made by this suite"),
        ({RUN_LABEL: SET_UP}, "part of the target"),
    ],
)
async def test_somebody_elses_object_ends_the_run_before_anything_is_touched(
    labels: dict[str, str] | None, whose: str
) -> None:
    cluster = Cluster(has=[there("HTTPRoute", "nimbus", labels)])
    one = arrangement(cluster)
    with pytest.raises(SetupProblem, match=f"there already, and {whose}: HTTPRoute llm/nimbus - rename or remove"):
        await one.arrange([SceneKey("nimbus", Scenario())])
    assert one.target.attached == []  # type: ignore[attr-defined]
    await one.applied.clean_up()
    assert (cluster.applied, cluster.deleted) == ([], [])


async def test_each_kind_is_looked_up_once_and_only_the_same_name_counts() -> None:
    others = [there("HTTPRoute", "nimbus-2"), there("Backend", "shop"), there("HTTPRoute", "nimbus", {RUN_LABEL: "a1"})]
    cluster = Cluster(has=others)
    one = arrangement(cluster)
    await one.arrange([SceneKey("nimbus", Scenario()), SceneKey("nimbus", Scenario("bare", (remove_secret,)))])
    assert "HTTPRoute llm/nimbus" in cluster.applied
    assert len(cluster.listed) == len(set(cluster.listed))
    cluster.has.append(there("ConfigMap", "late"))
    with pytest.raises(SetupProblem, match="ConfigMap llm/late"):
        await one.applied.apply_objects([{"apiVersion": "v1", **there("ConfigMap", "late")}])
    assert "ConfigMap llm/late" not in cluster.applied


async def test_many_strangers_are_one_message() -> None:
    names = [
        ("Secret", "nimbus-key"),
        ("Backend", "nimbus"),
        ("HTTPRoute", "nimbus"),
        ("BackendTLSPolicy", "nimbus-tls"),
    ]
    with pytest.raises(SetupProblem, match=r"Secret llm/nimbus-key, .* and 1 more"):
        await arrangement(Cluster(has=[there(*one) for one in names])).arrange([SceneKey("nimbus", Scenario())])


async def test_what_goes_with_its_target_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "disposable", True)
    cluster = Cluster(has=[there("HTTPRoute", "nimbus")])
    one = arrangement(cluster)
    await one.arrange([SceneKey("nimbus", Scenario())])
    assert cluster.listed == []


async def test_whether_something_is_there_must_be_seen() -> None:
    with pytest.raises(SetupProblem, match="cannot be seen: secrets is forbidden - let the suite list every Secret"):
        await arrangement(Cluster(refuses="list")).arrange([SceneKey("nimbus", Scenario())])
