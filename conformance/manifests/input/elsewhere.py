"""Objects that the input lacks and that stand elsewhere: authorities that an operator makes, labels of Namespaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document
from conformance.manifests.dialects.model import Configuration, Origin, ParentRef, Route
from conformance.manifests.gateways import GatewayFacts, admits, labels_of_namespaces, means, read_gateway
from conformance.manifests.input.assumed import Assumed
from conformance.manifests.input.concern import Concern, backend_kind_of
from conformance.manifests.input.files import CHART, TEMPLATE, LeftOut
from conformance.manifests.objects import BACKEND_KINDS, Manifest, ObjectId
from conformance.manifests.remedies import nearest
from conformance.manifests.rendering.gitops import deployed

__all__ = [
    "MADE_ELSEWHERE",
    "authorities_elsewhere",
    "named_gateways",
    "namespaces_elsewhere",
    "nearest_or_generated",
    "no_backend",
    "unserved",
]

MADE_ELSEWHERE = "-----BEGIN CERTIFICATE-----\nmade elsewhere\n-----END CERTIFICATE-----\n"
"""In place of the certificate of an authority that an operator (trust-manager, cert-manager) puts into a ConfigMap."""

# As Kustomize's generators have it: hasher.Encode, ten letters and digits.
_HASHED = re.compile(r"-[a-z0-9]{10}")
_NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"

Made = list[tuple[Manifest, Assumed]]
"""What is made up, each with how it is told."""


def named_gateways(given: Sequence[Manifest], stands: Iterable[Manifest]) -> list[Manifest]:
    """Those Gateways that stand elsewhere, that a route among the given objects names, and that are not given."""
    here = {(one.namespace, one.name) for one in given if one.kind == "Gateway"}
    named = set()
    for route in given:
        refs = route.spec.get("parentRefs") if route.kind == "HTTPRoute" else None
        for ref in refs if isinstance(refs, list) else ():
            if isinstance(ref, dict):
                named.add((str(ref.get("namespace") or route.namespace), str(ref.get("name"))))
    return [one.copy() for one in stands if (one.namespace, one.name) in named - here]


def unserved(gateways: Iterable[Manifest]) -> Iterator[LeftOut]:
    """What of the Gateways' listeners is no part of the test (conformance.manifests.gateways.served_in_clear)."""
    for one in gateways:
        for listener in read_gateway(one).listeners:
            where = listener.origin.position if listener.origin else one.at()
            if listener.protocol == "HTTPS":
                what = f"TLS of the listener {listener.name} of {one.id}"
                yield LeftOut(what, where, "the requests of the test come in clear", one)
            elif listener.protocol != "HTTP":
                said = f"HTTPRoutes do not attach to protocol {listener.protocol}"
                yield LeftOut(f"the listener {listener.name} of {one.id}", where, said, one)


def authorities_elsewhere(configuration: Configuration, given: Sequence[Manifest]) -> Made:
    """The ConfigMaps that authorities are taken from and that are not among the given ones, nor misspelt there."""
    found: dict[ObjectId, tuple[Manifest, Assumed]] = {}
    for origin, namespace, name in _authorities(configuration):
        place = ObjectId("", "ConfigMap", namespace, name)
        if not name or place in found or any(one.name == name for one in given):
            continue
        if nearest_or_generated(name, [one.name for one in given if one.namespace == namespace]):
            continue
        metadata = {"name": name, "namespace": namespace}
        data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": MADE_ELSEWHERE}}
        told = Assumed(
            origin.manifest,
            origin.path,
            f"the ConfigMap {namespace}/{name} is not in the input; one with the right authority is assumed",
            "give it, or see to it that it is in the cluster",
            "ca-missing",
        )
        found[place] = (_made(data, origin), told)
    return list(found.values())


def nearest_or_generated(name: str, known: Sequence[str]) -> str | None:
    """The known name that may be meant: it is this one with a hash of Kustomize's, or most like it."""
    hashed = (one for one in known if _HASHED.fullmatch(one.lower().removeprefix(name.lower())))
    return next(hashed, None) or nearest(name, known)


def _authorities(configuration: Configuration) -> Iterator[tuple[Origin, str, str]]:
    """(field, namespace, name) of every reference to a ConfigMap with an authority."""
    for policy in configuration.policies:
        for index, (group, kind, name) in enumerate(policy.ca_refs):
            if (group, kind) == ("", "ConfigMap"):
                yield policy.origin.below("validation", "caCertificateRefs", index, "name"), policy.id.namespace, name
    for backend in configuration.backends:
        for tls in (backend.tls, *(llm.tls for llm in backend.providers)):
            for index, name in enumerate((tls.ca_refs or ()) if tls else ()):
                assert tls is not None
                yield tls.origin.below("caCertificateRefs", index, "name"), backend.id.namespace, name


def namespaces_elsewhere(routes: Iterable[Route], gateways: Sequence[GatewayFacts], given: Iterable[Manifest]) -> Made:
    """Namespaces that the input lacks, with the labels by which a listener that a route names lets them in."""
    labels = labels_of_namespaces(given)
    found: dict[str, tuple[Manifest, Assumed]] = {}
    for route in routes:
        namespace = route.id.namespace
        if namespace in labels or namespace in found:
            continue
        for parent in route.parents:
            if (wanted := _wanted(parent, namespace, gateways)) is not None:
                metadata = {"name": namespace, "labels": wanted}
                data = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
                found[namespace] = (_made(data, parent.origin), _told(parent, namespace, wanted))
                break
    return list(found.values())


def _wanted(parent: ParentRef, namespace: str, gateways: Sequence[GatewayFacts]) -> Mapping[str, str] | None:
    """The labels that a Namespace must have to be let in; None where it is without any, or with none."""
    meant = [
        (gateway, listener)
        for gateway in gateways
        if means(parent, gateway)
        for listener in gateway.listeners
        if parent.section in (None, listener.name) and parent.port in (None, listener.port)
    ]
    if any(admits(gateway, listener, namespace, {}) for gateway, listener in meant):
        return None
    for gateway, listener in meant:
        asked = {name: value for name, value in _asked(listener.selector).items() if name != _NAME_OF_NAMESPACE}
        known = {namespace: {**asked, _NAME_OF_NAMESPACE: namespace}}
        if listener.allowed == "Selector" and admits(gateway, listener, namespace, known):
            return asked
    return None


def _asked(selector: Mapping[str, Any]) -> dict[str, str]:
    """Labels that a selector asks for."""
    labels = dict(selector.get("matchLabels") or {})
    for one in selector.get("matchExpressions") or []:
        values = one.get("values") or ["true"]
        if one["operator"] in ("In", "Exists"):
            labels.setdefault(one["key"], values[0])
    return labels


def _told(parent: ParentRef, namespace: str, labels: Mapping[str, str]) -> Assumed:
    shown = ", ".join(f"{name}={value}" for name, value in labels.items())
    return Assumed(
        parent.origin.manifest,
        (*parent.origin.path, "sectionName" if parent.section else "name"),
        f"the Namespace {namespace} is not in the input; that it has the labels of the listener is assumed: {shown}",
        f"give the Namespace {namespace} with its labels",
        "listener-not-allowed",
    )


def _made(data: dict[str, Any], origin: Origin) -> Manifest:
    return Manifest(data, Document(None, {(): origin.position}))


_NOT_JUDGED = {
    "AgentgatewayModel": "its requests go by the model in their body, an experiment of agentgateway 1.4 that is"
    " switched on apart; its provider, baseURL, policies and virtualModel are not judged",
    "LLMInferenceService": "KServe makes the model's servers and routes of it; where these lead is not judged",
}
_GIVE_BACKEND = "give an AgentgatewayBackend with its route to have requests judged"


def no_backend(found: Sequence[Manifest], concern: Concern, foreign: Sequence[LeftOut]) -> InputProblem:
    """The problem, at the object or file that a person should look at."""
    for one in found:
        if why := _NOT_JUDGED.get(one.kind):
            return InputProblem(f"no Backend of type AI, but {one.id}: {why}", position=one.at(), remedy=_GIVE_BACKEND)
    for one in found:
        if "ai" in one.spec and (kind := backend_kind_of(one.group)) and kind != one.kind:
            return one.problem(f"{one.group} has no kind {one.kind}", "kind", remedy=f"write kind: {kind}")
    if left := next((one for one in foreign if one.what in (TEMPLATE, CHART)), None):
        return InputProblem(f"no Backend of type AI, but {left.what}", position=left.position, remedy=left.reason)
    if source := next((one for one in found if deployed(one)), None):
        message = f"no Backend of type AI, but {source.id}"
        return InputProblem(message, position=source.at(), remedy=deployed(source))
    where = found[0].at() if found else foreign[0].position if foreign else Position("<stdin>")
    others = [one for one in concern.left_out if one.manifest and one.manifest.kind in BACKEND_KINDS]
    other = min(others, key=lambda one: one.manifest is None or "ai" not in one.manifest.spec, default=None)
    also = f"; {other.what} is {other.reason}" if other else ""
    remedy = "give the Backend together with its Secret, HTTPRoute and BackendTLSPolicy"
    return InputProblem(f"no Backend of type AI among the manifests{also}", position=where, remedy=remedy)
