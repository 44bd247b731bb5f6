"""What the input cannot show and is assumed, so that the rest can be judged."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.core.redaction import new_key
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.dialects.model import ParentRef, Route
from conformance.manifests.gateways import GatewayFacts, means
from conformance.manifests.objects import Manifest, ManifestSet
from conformance.manifests.rendering.variables import Default
from conformance.manifests.secrets import variables_of

__all__ = ["Assumed", "defaults_of", "gateways_elsewhere", "services_elsewhere", "unset_variables"]

# kgateway-system and agentgateway-system, which are two, have 0.82.
_ALIKE = 0.85
# What an object may be called; a placeholder that was never filled in is none.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Assumed:
    """One thing that is assumed, at the field that asks for it; `check` is what tells of it."""

    manifest: Manifest
    path: FieldPath
    message: str
    remedy: str
    check: str = "variable-unset"


def unset_variables(
    manifests: ManifestSet, environment: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[Assumed, ...]]:
    """The environment with made-up keys for the variables in Secrets that have no value there, and which they are."""
    unset = [(secret, key, name) for secret, key, name in _variables(manifests) if not environment.get(name)]
    made_up = {name: new_key(name.lower()).reveal() for _, _, name in unset}
    found = (
        Assumed(
            secret,
            ("stringData", key),
            f"the variable ${name} has no value here; a made-up key stands for it",
            f"export {name}=..., or name another variable: --secret {secret.name}=VARIABLE; kubectl fills in none",
        )
        for secret, key, name in unset
    )
    return {**environment, **made_up}, tuple(found)


def defaults_of(defaults: Iterable[tuple[Manifest, Default]], manifests: Iterable[Manifest]) -> Iterator[Assumed]:
    """The variables in what concerns us whose defaults stand in their place."""
    ours = {id(one) for one in manifests}
    for manifest, default in defaults:
        if id(manifest) in ours:
            message = f"the variable ${default.name} has no value here; its default stands for it, as Flux fills it in"
            remedy = "name its value under variables in .agw-conformance.yaml"
            yield Assumed(manifest, default.path, message, remedy)


def _variables(manifests: ManifestSet) -> Iterator[tuple[Manifest, str, str]]:
    """(Secret, key, name) of every variable."""
    for secret in manifests.of_kind("Secret"):
        values = secret.data.get("stringData")
        for key, value in values.items() if isinstance(values, dict) else ():
            for name in variables_of(value) if isinstance(value, str) else ():
                yield secret, key, name


def gateways_elsewhere(routes: Sequence[Route], known: Sequence[GatewayFacts], dialect: str) -> list[Manifest]:
    """Gateways that routes name and that no mistake explains: a copy of the documented one for each.

    Only where none is given and no route names a known one: else it is rather that one that is meant.
    """
    found: dict[tuple[str, str], Manifest] = {}
    parents = [one for route in routes for one in route.parents]
    if any(means(parent, one) for parent in parents for one in known):
        return []
    for parent in parents:
        place = (parent.namespace, parent.name)
        if (parent.group, parent.kind) != (GROUP, "Gateway") or place in found or _is_mistake(parent, known):
            continue
        (documented,) = (one for one in gateway_manifests(dialect) if one.kind == "Gateway")
        data = copy.deepcopy(documented.data)
        data["metadata"] |= {"namespace": parent.namespace, "name": parent.name}
        (listener,) = data["spec"]["listeners"]
        listener["name"], listener["port"] = parent.section or listener["name"], parent.port or listener["port"]
        found[place] = Manifest(data, Document(None, {(): parent.origin.position}))
    return list(found.values())


def services_elsewhere(
    routes: Sequence[Route], services: Sequence[Manifest]
) -> tuple[list[Manifest], tuple[Assumed, ...]]:
    """Services that get copies of requests and are not in the input: one like each of them, and that it is assumed."""
    here = {(one.namespace, one.name) for one in services}
    found: dict[tuple[str, str], tuple[Manifest, Assumed]] = {}
    for ref in (ref for route in routes for rule in route.rules for ref in rule.mirrors):
        place = ref.id.namespace, ref.id.name
        if (ref.id.group, ref.id.kind) != ("", "Service") or place in here or place in found:
            continue
        port = ref.origin.manifest.written(*ref.origin.path, "port")
        metadata = {"namespace": place[0], "name": place[1]}
        data = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": port}]}}
        told = f"{ref.id}, to which copies of requests go, is not in the input; one like it stands for it"
        where = (*ref.origin.path, "name")
        remedy = "see to it that it is in the cluster, or give it, too"
        assumed = Assumed(ref.origin.manifest, where, told, remedy, "mirror-elsewhere")
        found[place] = Manifest(data, Document(None, {(): ref.origin.position})), assumed
    return [one for one, _ in found.values()], tuple(one for _, one in found.values())


def _is_mistake(parent: ParentRef, known: Sequence[GatewayFacts]) -> bool:
    """Whether it is a known Gateway that is meant, or another product's documented one, or none can be called so."""
    if not all(_NAME.fullmatch(one) for one in (parent.namespace, parent.name)):
        return True
    documented = [dialect_named(name).GATEWAY for name in DIALECTS]
    if any((one.namespace, one.name) == (parent.namespace, parent.name) for one in documented):
        return True
    written = parent.origin.manifest.written(*parent.origin.path, "namespace") is not None
    for one in known:
        same_name, same_namespace = one.name == parent.name, one.namespace == parent.namespace
        if same_name and (not written or parent.namespace == "default" or _like(one.namespace, parent.namespace)):
            return True  # kubectl's own namespace is where things get by mistake
        if not same_name and _like(one.name, parent.name) and (same_namespace or not written):
            return True
    return False


def _like(one: str, other: str) -> bool:
    """Whether one may be the other misspelt: with a word more it is another name."""
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(f"{shorter}-") or longer.endswith(f"-{shorter}"):
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE
