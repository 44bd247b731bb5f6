"""Applies a page's manifests to a target: those it can take, with what the page presumes to be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from conformance.core.problems import Position
from conformance.core.startup.records import dataclass
from conformance.exchange.exchange import Exchange
from conformance.manifests.dialects import dialect_named, read_configuration
from conformance.manifests.input.native import native_members, native_type, without
from conformance.manifests.objects import Manifest, objects_of
from conformance.manifests.secrets import name_keys, register_secrets
from conformance.pages import Apply, Step
from conformance.pages.walkthrough.presumed import (
    fill_in,
    gateway_class,
    is_namespaced,
    kinds_of,
    lookalike_of,
    presumed_gateway,
    presumed_parents,
    presumed_secrets,
    unusable,
)
from conformance.stage.arrangement.applied import Applied
from conformance.stage.lookalikes import Attachment
from conformance.stage.target import Target

__all__ = ["Applying", "Outcome", "StepResult"]

Outcome: TypeAlias = Literal["ok", "failed", "not run"]

# What stands behind hosts; lookalikes stand there instead.
_INDIFFERENT = frozenset(
    {"Deployment", "EndpointSlice", "Pod", "PersistentVolumeClaim", "ServiceAccount", "StatefulSet"}
)


@dataclass(frozen=True)
class StepResult:
    """How one step of the page went."""

    outcome: Outcome
    title: str
    position: Position
    details: tuple[str, ...] = ()
    exchange: Exchange | None = None


class Applying:
    """The objects of all these steps on a target. `manifests` are those that stand."""

    def __init__(self, steps: Iterable[Step], target: Target, applied: Applied, dialect: str) -> None:
        self._target = target
        self._applied = applied
        self._dialect = dialect
        self._gateways: set[tuple[str, str]] = set()
        self._makes_secrets = any(isinstance(step, Apply) and "Secret" in kinds_of(step) for step in steps)
        self._left_out: list[str] = []
        self.manifests: list[Manifest] = []
        # Whether requests may go otherwise for the lack of what was left out.
        self.decisive = False

    def leave_out(self, what: str, line: int, *, decisive: bool = True) -> None:
        """Remember what was not applied, for the requests that may depend on it."""
        self._left_out.append(f"{what} of line {line}")
        self.decisive = self.decisive or decisive

    @property
    def without(self) -> tuple[str, ...]:
        """What is to be told of a request: the objects that are not there."""
        return (f"without what was not run: {', '.join(self._left_out)}",) if self._left_out else ()

    async def apply(self, step: Apply, variables: Mapping[str, str]) -> list[StepResult]:
        """Apply what can be, and say of the rest why not. Raises InputProblem for manifests that cannot be read."""
        objects = [one for document in step.documents(variables) for one in objects_of(document)]
        register_secrets(one.data for one in objects)
        results: list[StepResult] = []
        usable: list[Manifest] = []
        for one in objects:
            if not one.namespace and is_namespaced(one):
                one.data["metadata"]["namespace"] = step.namespace or "default"
            missing = fill_in(one)
            why = f"{missing} is for the reader to fill in" if missing else unusable(one, self._dialect)
            if why:
                place = one.at("kind")
                self.leave_out(f"{one.kind} {one.name}", place.line, decisive=one.kind not in _INDIFFERENT)
                results.append(StepResult("not run", f"kubectl apply {one.kind} {one.name}", place, (why,)))
            elif native_members(one) and not native_type(one):
                names = ", ".join(dict.fromkeys(type_ for _, type_, _ in native_members(one)))
                left = (
                    f"{one.kind} {one.name} without its providers of APIs of their own, which are not judged: {names}"
                )
                results.append(StepResult("not run", f"kubectl apply {one.kind} {one.name}", one.at("kind"), (left,)))
                usable.append(without(one))
            else:
                usable.append(one)
        return [await self._apply_all(step, usable), *results] if usable else results

    async def _apply_all(self, step: Apply, objects: list[Manifest]) -> StepResult:
        title = f"kubectl apply {', '.join(f'{one.kind} {one.name}' for one in objects)}"
        details = [f"of {step.file}, line {objects[0].at('kind').line}"] if step.file else []
        following = [one for one in self.manifests if one.id not in {new.id for new in objects}] + objects
        configuration = read_configuration(following, self._dialect)
        name_keys(configuration)
        secrets = [] if self._makes_secrets else presumed_secrets(configuration)
        details += [f"{one.id}, which the page does not make, was made for it" for one in secrets]
        await self._attach(objects)
        details += await self._presume(objects)
        names = {one.namespace for one in objects if one.namespace}
        await self._applied.apply_namespaces({self._target.gateway.namespace, *names})
        refusals = await self._applied.apply_objects(one.data for one in (*secrets, *objects))
        if refusals:
            told = tuple(refusal.message for refusal in refusals.values())
            return StepResult("failed", title, step.position, told)
        self.manifests = following + secrets
        return StepResult("ok", title, step.position, tuple(details))

    async def _presume(self, objects: list[Manifest]) -> list[str]:
        """Make the Gateways that these routes refer to and the page does not make, and the classes of those it does."""
        place = dialect_named(self._dialect).GATEWAY
        self._gateways |= {(place.namespace, place.name)}
        made = {(one.namespace, one.name) for one in (*self.manifests, *objects) if one.kind == "Gateway"}
        classes = {str(one.spec.get("gatewayClassName")) for one in objects if one.kind == "Gateway"} - {"agentgateway"}
        wanted = [gateway_class(name, self._dialect) for name in sorted(classes)]
        told: list[str] = []
        for (namespace, name), (_, parent) in presumed_parents(objects).items():
            if (namespace, name) in self._gateways | made:
                continue
            wanted.append(presumed_gateway(namespace, name, parent, self._dialect))
            told.append(f"Gateway {namespace}/{name}, which the page does not make, was made for it")
            self._gateways.add((namespace, name))
            await self._applied.apply_objects([_namespace(namespace)])
        refusals = await self._applied.apply_objects(wanted)
        return told + [str(refusal) for refusal in refusals.values()]

    async def _attach(self, objects: list[Manifest]) -> None:
        """A lookalike for every host that a Backend names, before the gateway may dial it."""
        for backend in read_configuration(objects, self._dialect).backends:
            for llm in backend.providers:
                if llm.host and llm.port:
                    facts = lookalike_of(backend, llm)
                    identity: Literal["good", "plaintext"] = "good" if facts.tls else "plaintext"
                    await self._target.attach([Attachment(llm.host, llm.port, facts, identity=identity)])


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
