"""Arranges the scenarios of all selected cases at once: lookalikes attached, objects applied, statuses awaited."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.core import deadlines
from conformance.core.deadlines import Patience
from conformance.exchange.messages import ClientResponse
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Configuration, Door
from conformance.manifests.objects import BACKEND, Manifest, ManifestSet, ObjectId
from conformance.manifests.parts import united
from conformance.stage.arrangement.applied import Applied
from conformance.stage.arrangement.attachments import (
    DEFAULT,
    DEFAULT_PLACE,
    attachments_of,
    merged,
    names_besides,
    unsuitable,
)
from conformance.stage.arrangement.entrance import bring_gateway
from conformance.stage.arrangement.fence import Fence, beside_fence, fence_for, until_marked
from conformance.stage.arrangement.kube import Kubernetes
from conformance.stage.arrangement.ownership import check_permitted
from conformance.stage.arrangement.scene import Scene, SceneKey
from conformance.stage.arrangement.surroundings import Surroundings
from conformance.stage.scenario.profile import Profile
from conformance.stage.scenario.scenario import DOCUMENTED, Material, draft_of
from conformance.stage.target import Target

__all__ = ["DEFAULT_PLACE", "Arrangement"]


class Arrangement:
    """All scenes of a run on one target."""

    def __init__(
        self,
        target: Target,
        kubernetes: Kubernetes,
        profiles: Sequence[Profile],
        dialect: str,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.target = target
        self.surroundings = surroundings or Surroundings()
        self.kubernetes = kubernetes
        self.profiles = {profile.name: target.placed(profile) for profile in profiles}
        self.dialect = dialect
        self.scenes: dict[SceneKey, Scene] = {}
        self._doors: dict[Door, str | None] = {}
        self.fence: Fence
        self.applied = Applied(kubernetes, self.surroundings, disposable=target.disposable)
        self.patience = Patience(target.pace, target.least_wait)
        self._overtaking = asyncio.Lock()

    @property
    def material(self) -> Material:
        """What changes may refer to."""
        at = self.target.gateway
        ca = (self.target.lookalikes.trusted_ca, self.target.lookalikes.other_ca)
        material = Material(*ca, at.namespace, at.name, self.target.host_here)
        if (entrance := self.surroundings.entrance) is None or (listener := entrance.listener) is None:
            return material
        return dataclasses.replace(material, listener=listener.name, takes_all=listener.allowed == "All")

    @property
    def configurations(self) -> Iterator[Configuration]:
        """What the manifests of each scene say; few who have it at hand need to know."""
        return (one.configuration for one in self.scenes.values())

    def compose(self, key: SceneKey) -> Scene:
        """The scene of a key: manifests drafted, configuration read, lookalikes chosen; nothing is applied yet."""
        profile = self.profiles[key.provider]
        try:
            name = key.name if key.scenario == DOCUMENTED else f"{key.name}{profile.tag}"
            draft = draft_of(key.scenario, profile.manifests, profile.provider, name, self.material)
        except LookupError as error:
            reason = f"they have no {error}" if isinstance(error, KeyError) else error
            why = f"the manifests cannot be varied to {key.scenario.name!r}: {reason}"
            return self._unfit(key, profile, why)
        if key.scenario == DOCUMENTED:
            draft.manifests.manifests += self.surroundings.policies
        configuration = self.surroundings.read(draft.manifests, self.dialect)
        given = read_configuration(profile.manifests, self.dialect)
        hosts = {llm.host for _, llm in given.llms()}
        if not profile.provider.tls and key.scenario.identity != "good":
            return self._unfit(key, profile, "the provider speaks plaintext, so it has no certificate")
        barred = next((said for _, llm in configuration.llms() if (said := self.target.barred(llm.host))), "")
        if why := barred or unsuitable(key.scenario, configuration, hosts):
            return self._unfit(key, profile, why)
        attachments = tuple(attachments_of(key.scenario, profile, configuration, names_besides(given)))
        return Scene(key, profile, draft.manifests, configuration, attachments, surroundings=self.surroundings)

    def _unfit(self, key: SceneKey, profile: Profile, why: str) -> Scene:
        nothing = ManifestSet([])
        return Scene(key, profile, nothing, read_configuration(nothing, self.dialect), (), unfit=why)

    async def arrange(self, keys: Iterable[SceneKey]) -> None:
        """Apply everything in one batch and await the statuses together."""
        named = {(one.provider, one.name): one for one in self.scenes}
        for key in keys:
            if key not in self.scenes:
                _check_name(key, named.setdefault((key.provider, key.name), key))
                self.scenes[key] = self.compose(key)
        self.fence = fence_for(self.target, self.surroundings, self.dialect)
        scenes = [*self.scenes.values(), self.fence.scene]
        # Before anything is touched. Namespaces that are there are used as they are.
        await self.applied.refuse_strangers(one.data for scene in scenes for one in scene.manifests)
        await self.target.attach(merged([DEFAULT, *(one for scene in scenes for one in scene.attachments)]))
        await bring_gateway(self.target, self.surroundings, self.applied, self.dialect)
        namespaces = {one.namespace for scene in scenes for one in scene.manifests if one.namespace}
        await self.applied.apply_namespaces(namespaces)
        await self._apply_scenes(scenes)
        await self._open_doors()
        await self._await_statuses(scenes)
        await self.target.settle()

    async def _open_doors(self) -> None:
        """Let requests come in by each Gateway and port that a given route is attached to."""
        for scene in self.scenes.values():
            for attached in (one for route in scene.configuration.routes for one in route.attached):
                if (door := attached.door) not in self._doors:
                    namespace, _, name = door.gateway.partition("/")
                    self._doors[door] = await self.target.way_in(namespace, name, door.port)

    def url_of(self, door: Door | None) -> str | None:
        """Where requests come in by a Gateway and port; None: where all others do."""
        return self._doors.get(door) if door else None

    async def _apply_scenes(self, scenes: Sequence[Scene]) -> None:
        # Objects that others refer to go first; it spares the controller statuses that are stale at once.
        for kinds in _WAVES:
            batch = [(scene, one) for scene in scenes for one in scene.manifests if _wave(one.role) is kinds]
            parts: dict[ObjectId, list[Manifest]] = {}
            for _, one in batch:
                parts.setdefault(one.id, []).append(one)
            refusals = await self.applied.apply_objects(united(found) for found in parts.values())
            for scene, one in batch:
                if one.id in refusals:
                    check_permitted(refusals[one.id])
                    scene.refusals[one.id] = refusals[one.id]

    async def _await_statuses(self, scenes: Sequence[Scene]) -> None:
        """Until the controllers have looked at every Backend and route; whatever they concluded is for the cases."""
        backends = [one for scene in scenes for one in scene.manifests.of_kind(BACKEND)]
        # A route to another Gateway concerns nobody here: it would be waited for in vain.
        routes = [one for scene in scenes for one in scene.manifests.of_kind("HTTPRoute") if self._is_ours(one)]
        refused = {one for scene in scenes for one in scene.refusals}
        for group, seen in ((backends, _has_conditions), (routes, _has_parents)):
            waiting = [one for one in group if one.id not in refused]
            if not waiting:
                continue
            places = [(one.namespace, one.name) for one in waiting]

            def done(
                objects: dict[tuple[str, str], dict[str, Any]],
                places: list[tuple[str, str]] = places,
                seen: Any = seen,
            ) -> bool:
                return all(place in objects and seen(objects[place]) for place in places)

            await self.wait(waiting[0].api_version, waiting[0].kind, done)

    async def wait(
        self,
        api_version: str,
        kind: str,
        done: Callable[[dict[tuple[str, str], dict[str, Any]]], bool],
        *,
        name: str | None = None,
        everyone: bool = False,
    ) -> bool:
        """Wait for what controllers report, as `Kubernetes.wait` does, with the patience that is left for the kind."""
        seconds = self.patience.seconds(kind, deadlines.STATUS)
        good = await self.kubernetes.wait(api_version, kind, done, seconds, name=name, everyone=everyone)
        if not good:
            self.patience.lose(kind)
        return good

    async def overtaken(self, send: Callable[[str], Awaitable[ClientResponse]]) -> bool:
        """Whether the gateway follows a change made only now. What was changed before it follows by then, or never.

        Where the target tells when all was handed on, or nothing is to be learnt, nothing is changed, and it is False.
        """
        if self.target.tells or self.patience.hurried:
            return False
        seconds = self.patience.seconds(_ANY_CHANGE, deadlines.BEHIND)
        async with self._overtaking:
            path, route, mark = beside_fence(self.fence)
            await self.applied.apply_objects([route])
            try:
                followed = await until_marked(lambda: send(path), mark, seconds)
            finally:
                await self.kubernetes.delete(route)
        if not followed:
            self.patience.lose(_ANY_CHANGE)
        return followed

    def _is_ours(self, route: Manifest) -> bool:
        at = self.target.gateway
        ours = {(one.namespace, one.name) for one in self.surroundings.gateways}
        if self.target.brings_gateway or self.surroundings.documented(self.dialect):
            ours.add((at.namespace, at.name))
        parents = route.spec.get("parentRefs") or []
        return any((one.get("namespace") or route.namespace, one.get("name")) in ours for one in parents)


_ANY_CHANGE = "any change"
_WAVES = (("Namespace", "Secret", "ConfigMap", "ReferenceGrant", "Service"), (BACKEND, "Gateway"), ())


def _check_name(key: SceneKey, other: SceneKey) -> None:
    """Scenes of one name would have the same objects: a mistake in the cases, which must not go unnoticed."""
    if other != key:
        raise ValueError(f"two scenarios have the name {key.name!r}: {other.scenario} and {key.scenario}")


def _wave(kind: str) -> tuple[str, ...]:
    return next((kinds for kinds in _WAVES if kind in kinds), _WAVES[-1])


def _has_conditions(item: Mapping[str, Any]) -> bool:
    return bool((item.get("status") or {}).get("conditions"))


def _has_parents(item: Mapping[str, Any]) -> bool:
    return bool((item.get("status") or {}).get("parents"))
