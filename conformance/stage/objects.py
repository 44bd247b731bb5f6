"""The objects of a stage: how a case changes them, and what it waits for them to report."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.core.problems import Place
from conformance.exchange.expectations.base import Mismatch, Refuted
from conformance.exchange.expectations.refusals import Refusal, refusal_of
from conformance.exchange.expectations.statuses import Condition, condition_of, differences
from conformance.manifests.dialects import dialect_named
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.dialects.gateway_api import GROUP as GATEWAY_API
from conformance.manifests.dialects.model import Configuration, Llm
from conformance.manifests.gateways import GatewayFacts
from conformance.manifests.objects import BACKEND, Manifest, ObjectId
from conformance.stage.arrangement.arrangement import Arrangement
from conformance.stage.arrangement.kube import Refused
from conformance.stage.arrangement.scene import Scene
from conformance.stage.case import NotApplicable
from conformance.stage.scenario.draft import rename_host
from mock_providers.behaviour import Identity

__all__ = ["StageObjects", "refusals_in"]


def refusals_in(scene: Scene) -> list[Refusal]:
    """All refusals of a scene's objects, each at its field."""
    return [refusal_of(one, scene.refusals[one.id]) for one in scene.manifests if one.id in scene.refusals]


class StageObjects:
    """One scene's objects."""

    def __init__(self, arrangement: Arrangement, scene: Scene) -> None:
        self._arrangement = arrangement
        self._scene = scene
        self.target = arrangement.target
        self.lookalikes = arrangement.target.lookalikes
        self.kubernetes = arrangement.kubernetes
        self.shown: Identity | None = None  # what the scenario's identity has become
        # What was changed last, for the report about a gateway that does not follow.
        self._last_change = self._how = ""

    @property
    def configuration(self) -> Configuration:
        """What the scene's manifests say."""
        return self._scene.configuration

    @property
    def dialect(self) -> Dialect:
        """The API that the scene's manifests are written in."""
        return dialect_named(self.configuration.dialect)

    @property
    def llm(self) -> Llm:
        """The provider entry that the scene is about: the first that the manifests have."""
        return self.configuration.backends[0].providers[0]

    def only_if(self, condition: object, reason: str) -> None:
        """Raise NotApplicable to these manifests unless `condition` holds, which must depend on them alone."""
        if not condition:
            raise NotApplicable(reason)

    @property
    def manifests(self) -> list[Manifest]:
        """The scene's objects as they are now."""
        return list(self._scene.manifests)

    def only_with(self, *kinds: str) -> None:
        """Raise NotApplicable unless the manifests have exactly one object of each of these kinds."""
        for kind in kinds:
            count = len(self._scene.manifests.of_kind(kind))
            self.only_if(count == 1, f"the case needs one {kind}, and the manifests have {count or 'none'}")

    def manifest(self, kind: str, name: str | None = None) -> Manifest:
        """The scene's object of a kind; where it has several, that of a name."""
        if name is None:
            return self._scene.manifests.one(kind)
        return next(one for one in self._scene.manifests.of_kind(kind) if one.name == name)

    def refusal(self, kind: str) -> Refused | None:
        """How the endpoint refused the scene's object of a kind, if it did."""
        return self._scene.refusals.get(self.manifest(kind).id)

    @property
    def refusals(self) -> list[Refusal]:
        """All refusals of the scene's objects."""
        return refusals_in(self._scene)

    async def object(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """The scene's object of a kind as the endpoint has it now; empty when it is gone."""
        one = self.manifest(kind, name)
        return await self.kubernetes.get(one.api_version, one.kind, one.namespace, one.name) or {}

    async def change(
        self, kind: str, edit: Callable[[dict[str, Any]], None], *, name: str | None = None
    ) -> dict[str, Any]:
        """Edit the scene's object of a kind and apply it; returns it as stored."""
        one = self.manifest(kind, name)
        before = copy.deepcopy(one.data)
        edit(one.data)
        self._changed(one)
        if gone := _emptied(before, one.data):
            # What loses its last field is null to server-side apply (Kubernetes 1.34), and refused. kubectl patches.
            await self.kubernetes.patch(one.api_version, one.kind, one.namespace, one.name, gone)
        return await self.kubernetes.apply(one.data)

    async def change_backend(self, **changes: Any) -> dict[str, Any]:
        """Change host, port, path, model, header_name or header_prefix of the Backend's first provider entry."""

        def edit(data: dict[str, Any]) -> None:
            self.dialect.change_llm(data, self.dialect.raw_llms(data)[0], changes)

        return await self.change(BACKEND, edit)

    async def change_host(self, host: str) -> None:
        """Another host in the Backend, in the routes' rewrites and in the policies."""
        old = self.llm.host or ""
        rename_host(self._scene.manifests, old, host)
        await self.change_backend(host=host)
        for one in self._scene.manifests.of_kind("HTTPRoute", "BackendTLSPolicy"):
            await self.change(one.kind, lambda data: None, name=one.name)

    async def attach(self, host: str, port: int) -> None:
        """Let a further host and port lead to a lookalike of the scene's provider."""
        another = replace(self._scene.attachments[0], host=host, port=port)
        await self.target.attach([another])
        self._scene.attachments = (*self._scene.attachments, another)

    async def show(self, identity: Identity) -> None:
        """Let the scene's lookalikes identify themselves otherwise from now on; their connections end."""
        self.shown = identity
        self._scene.attachments = tuple(replace(one, identity=identity) for one in self._scene.attachments)
        await self.target.attach(self._scene.attachments)

    async def apply(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Apply a further object; it is removed when the run ends."""
        refusals = await self._arrangement.applied.apply_objects([data])
        if refusals:
            raise next(iter(refusals.values()))
        added = Manifest(dict(data), self._scene.profile.manifests.manifests[0].document)
        self._scene.manifests.manifests.append(added)
        self._changed(added)
        return dict(data)

    async def relabel(self, namespace: str, labels: Mapping[str, str | None]) -> None:
        """Give a namespace these labels; None takes one away."""
        await self.kubernetes.patch("v1", "Namespace", "", namespace, {"metadata": {"labels": labels}})
        self._last_change, self._how = f"Namespace {namespace}", "change"

    async def reapply(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """Apply the scene's object of a kind as it is."""
        return await self.kubernetes.apply(self.manifest(kind, name).data)

    async def delete(self, what: str | Manifest) -> Manifest:
        """Delete the scene's object (of a kind); returns it so that it can be restored."""
        one = self.manifest(what) if isinstance(what, str) else what
        await self.kubernetes.delete(one.data)
        self._scene.manifests = self._scene.manifests.without(one)
        self._changed(one, "deletion")
        return one

    async def restore(self, manifest: Manifest) -> None:
        """Apply an object again that was deleted."""
        await self.kubernetes.apply(manifest.data)
        self._scene.manifests.manifests.append(manifest)
        self._changed(manifest)

    async def replace(self, manifest: Manifest) -> None:
        """Let an object be again what it was when this was copied."""
        one = self.manifest(manifest.kind, manifest.name)
        one.data = manifest.data
        self._changed(one)
        await self.kubernetes.apply(one.data)

    def _changed(self, one: Manifest, how: str = "change") -> None:
        self._last_change, self._how = str(one.id), how
        self._scene.refresh()

    async def reports(
        self, kind: str, *wanted: Condition, name: str | None = None, anyones: bool = False
    ) -> dict[str, Any]:
        """Await that the scene's object reports these conditions, where it has parents or ancestors by the gateway's
        own controller, or `anyones`.

        Returns the object. Raises Refuted when it never did.
        """
        one = self.manifest(kind, name)
        controller = None if anyones else self.dialect.CONTROLLER
        return await self._reports(one.api_version, one.id, wanted, controller=controller, where=Place(one.at()))

    async def gateway_reports(self, kind: str, namespace: str, name: str, *wanted: Condition) -> dict[str, Any]:
        """`reports` for a Gateway or GatewayClass, which belong to no scene and may have been there before."""
        return await self._reports(
            f"{GATEWAY_API}/v1", ObjectId(GATEWAY_API, kind, namespace, name), wanted, everyone=True
        )

    async def becomes(self, kind: str, done: Callable[[dict[str, Any]], bool]) -> bool:
        """Wait until the scene's object is so; False when it was not in time."""
        one = self.manifest(kind)
        return await self._becomes(one.api_version, one.id, done)

    @property
    def gateways(self) -> Sequence[GatewayFacts]:
        """The Gateways that the manifests have of their own; none: routes attach to the documented one."""
        return self._arrangement.surroundings.gateways

    async def gateway_becomes(self, done: Callable[[dict[str, Any]], bool]) -> bool:
        """Wait until the Gateway of the routes is so; False when it was not in time."""
        at = self.target.gateway
        one = ObjectId(GATEWAY_API, "Gateway", at.namespace, at.name)
        return await self._becomes(f"{GATEWAY_API}/v1", one, done, everyone=True)

    async def _becomes(
        self, api_version: str, one: ObjectId, done: Callable[[dict[str, Any]], bool], *, everyone: bool = False
    ) -> bool:
        def there(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            return done(objects.get((one.namespace, one.name), {}))

        return await self._arrangement.wait(api_version, one.kind, there, name=one.name, everyone=everyone)

    async def _reports(
        self,
        api_version: str,
        one: ObjectId,
        wanted: Sequence[Condition],
        *,
        controller: str | None = None,
        where: Place | None = None,
        everyone: bool = False,
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def differing() -> list[Mismatch]:
            return differences(str(one), found, wanted, controller=controller, where=where)

        def done(item: dict[str, Any]) -> bool:
            nonlocal found
            found = item
            return not differing()

        await self._becomes(api_version, one, done, everyone=everyone)
        if mismatches := differing():
            raise Refuted(None, mismatches)
        return found

    async def condition(
        self, kind: str, type_: str, *, status: str | None = None, reason: str | None = None
    ) -> dict[str, Any]:
        """A condition of the scene's object, whoever wrote it, awaited until it has this status and reason.

        Returns it as it is at the deadline when it never was so; empty when there is none.
        """
        one = self.manifest(kind)
        found: dict[str, Any] = {}

        def done(objects: dict[tuple[str, str], dict[str, Any]]) -> bool:
            nonlocal found
            found = dict(condition_of(objects.get((one.namespace, one.name), {}), type_))
            return (
                bool(found)
                and (status is None or found["status"] == status)
                and (reason is None or found["reason"] == reason)
            )

        await self._arrangement.wait(one.api_version, one.kind, done, name=one.name)
        return found

    def spare(self, kind: str) -> dict[str, Any]:
        """A copy of the scene's first object of a kind under another name, to be edited for a dry run."""
        found = self._scene.manifests.of_kind(kind)
        self.only_if(found, f"the manifests have no {kind}")
        data = found[0].copy().data
        data["metadata"]["name"] += "-spare"
        return data

    async def dry_run(self, data: Mapping[str, Any], *, created: bool = False) -> Refused | None:
        """Ask the endpoint whether it would take an object, by server-side apply or `created`; None when it would."""
        try:
            await (self.kubernetes.create(data) if created else self.kubernetes.apply(data, dry_run=True))
        except Refused as refused:
            return refused
        return None


def _emptied(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that takes away the last fields of mappings which are empty now."""
    patch = {}
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(before := old.get(key), dict):
            patch[key] = _emptied(before, value) if value else dict.fromkeys(before)
    return {key: change for key, change in patch.items() if change}
