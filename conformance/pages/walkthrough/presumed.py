"""What becomes of a page's objects on the embedded target: which it can take, and what else they presume."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.core.problems import BeyondSuite, InputProblem
from conformance.core.providers.provider import Provider
from conformance.core.redaction import new_key
from conformance.core.yaml.located import Document, dotted
from conformance.exchange.oracle.upstream import Expected
from conformance.manifests.dialects import dialect_named, read_configuration
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Origin
from conformance.manifests.fields.found import UNKNOWN, fields_in
from conformance.manifests.fields.table import table_of
from conformance.manifests.objects import BACKEND_KINDS, Manifest, ObjectId
from conformance.manifests.schemas.kinds import kind_for
from conformance.pages import Apply
from conformance.pages.model import Dummies
from conformance.stage.scenario.inferred import facts_of

__all__ = [
    "fill_in",
    "gateway_class",
    "is_namespaced",
    "kinds_of",
    "lacking",
    "lookalike_of",
    "native_of",
    "presumed_gateway",
    "presumed_parents",
    "presumed_secrets",
    "unusable",
]

_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n]{0,80}>")
_TLS_PORTS = (443, 8443)
_COMPATIBLE = ("openai", "custom")


def unusable(manifest: Manifest, dialect: str) -> str:
    """Why an object is not applied, because its effect is none that this suite knows; empty when it is.

    Raises InputProblem for what is wrong with the object itself.
    """
    if kind_for(manifest.api_version, manifest.kind) is None:
        if manifest.kind in BACKEND_KINDS:
            return ""  # the API's own words for a kind in the wrong group or version
        return f"the embedded target has no {manifest.kind} of {manifest.api_version}"
    if manifest.kind == "Gateway" and "agentgateway" not in str(manifest.spec.get("gatewayClassName")):
        return f"its class {manifest.spec.get('gatewayClassName')} is none of agentgateway's"
    if manifest.kind == "HTTPRoute" and "ExtensionRef" in (
        value for _, key, value in _texts(manifest.data) if key == "type"
    ):
        return "it has a filter of the gateway's own, an ExtensionRef, which is beyond this suite"
    if reason := _unheard_of(manifest, dialect):
        return reason
    try:
        read_configuration([manifest], dialect)
    except BeyondSuite as problem:
        return problem.message
    return ""


def native_of(expected: Expected) -> str:
    """Why a request to a provider with an API of its own is not sent; empty for those that speak OpenAI's."""
    other = expected.llm.provider if expected.llm else "openai"
    return "" if other in _COMPATIBLE else f"not judged: the provider {other} has an API of its own"


def _unheard_of(manifest: Manifest, dialect: str) -> str:
    """The first field of policies that the table of fields does not have, as one of a newer version."""
    table = table_of(dialect)
    for place in sorted({place for section in table.sections for place in section.at}, key=len):
        kind, *path = place.split(".")
        if kind == manifest.kind.removeprefix("Enterprise"):
            for field in fields_in(table, Origin(manifest, tuple(path))):
                if field.row is UNKNOWN:
                    return f"{dotted(field.origin.path)}: {field.row.why}, which is beyond this suite"
    return ""


def is_namespaced(manifest: Manifest) -> bool:
    """Whether objects of the kind are in namespaces; kinds that the target does not have are taken to be."""
    kind = kind_for(manifest.api_version, manifest.kind)
    return kind is None or kind.namespaced


def fill_in(manifest: Manifest) -> str:
    """Fill in what the reader has to: a made-up key in Secrets, a name for a model.

    Returns the placeholder that can only be a reader's own; empty when there is none.
    """
    missing = ""
    for holder, key, value in list(_texts(manifest.data)):
        found = _PLACEHOLDER.search(value)
        if not found:
            continue
        if manifest.kind == "Secret":
            holder[key] = value.replace(found[0], new_key(manifest.name).reveal())
        elif key == "model":
            holder[key] = "-".join(re.findall(r"[a-z0-9]+", found[0].lower()))
        elif manifest.data.get("kind") != "Secret":
            missing = missing or found[0]
    return missing


def _texts(value: Any) -> Iterator[tuple[Any, Any, str]]:
    """Every text in plain data, with what holds it and under which key."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        if isinstance(inner, str):
            yield value, key, inner
        else:
            yield from _texts(inner)


def lookalike_of(backend: Backend, llm: Llm) -> Provider:
    """The facts of the server that stands at a provider entry's host.

    It takes any model: those of a vendor change faster than this suite. In the cluster and at bare addresses nobody
    speaks TLS unless the Backend or the port says so, nor asks for a key that the Backend does not have.
    """
    facts = dataclasses.replace(facts_of(backend, llm), any_model=True)
    if not _is_local(llm.host or ""):
        return facts
    tls = bool(backend.tls or llm.tls) or llm.port in _TLS_PORTS
    return dataclasses.replace(facts, tls=tls, auth_required=llm.auth.kind in ("secret", "inline"))


def _is_local(host: str) -> bool:
    """Whether a host is a Service of the cluster, a bare name or an address."""
    if "." not in host or host.endswith((".svc", ".svc.cluster.local", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def presumed_parents(manifests: Iterable[Manifest]) -> dict[tuple[str, str], tuple[Manifest, dict[str, Any]]]:
    """The Gateways that routes refer to and that are not among the objects: route and parentRef by namespace, name."""
    objects = list(manifests)
    made = {(one.namespace, one.name) for one in objects if one.kind == "Gateway"}
    found: dict[tuple[str, str], tuple[Manifest, dict[str, Any]]] = {}
    for route in (one for one in objects if one.kind == "HTTPRoute"):
        parents = route.spec.get("parentRefs")
        for parent in parents if isinstance(parents, list) else []:
            if not isinstance(parent, dict) or parent.get("kind", "Gateway") != "Gateway":
                continue
            place = (str(parent.get("namespace") or route.namespace), str(parent.get("name")))
            if place not in made:
                found.setdefault(place, (route, parent))
    return found


def presumed_gateway(namespace: str, name: str, parent: dict[str, Any], dialect: str) -> dict[str, Any]:
    """A Gateway as the set-up page makes it, under the name and with the listener that a page's route refers to."""
    listener = {
        "name": parent.get("sectionName") or "http",
        "protocol": "HTTP",
        "port": parent.get("port") or dialect_named(dialect).GATEWAY.port,
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": "agentgateway", "listeners": [listener]},
    }


def presumed_secrets(configuration: Configuration) -> list[Manifest]:
    """Secrets with made-up keys, those that Backends refer to and that are not there.

    For a page that makes none at all: its reader has them from another. Where a page does make Secrets, one that is
    missing is a mistake.
    """
    found: dict[ObjectId, Manifest] = {}
    for _, llm in configuration.llms():
        place = llm.auth.secret_id
        if llm.auth.kind != "secret" or not place.name or place in configuration.secrets:
            continue
        data = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": place.name, "namespace": place.namespace},
            "stringData": {llm.auth.secret_key: new_key(place.name).reveal()},
        }
        found[place] = Manifest(data, Document(data, {(): llm.auth.origin.manifest.at()}))
    return list(found.values())


def gateway_class(name: str, dialect: str) -> dict[str, Any]:
    """A GatewayClass of the dialect's controller."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name},
        "spec": {"controllerName": dialect_named(dialect).CONTROLLER},
    }


def lacking(configuration: Configuration) -> str:
    """What a request needs that nothing on the page has made: there is nothing then that it could be held against."""
    if not any(backend.providers for backend in configuration.backends):
        return "no Backend has been applied before it; the page may go on from another"
    return "" if configuration.routes else "no HTTPRoute has been applied before it; the page may go on from another"


def kinds_of(step: Apply) -> set[str]:
    """The kinds of the objects, as far as they can be read before their step comes."""
    try:
        return {str(one.data.get("kind")) for one in step.documents(Dummies({})) if isinstance(one.data, dict)}
    except InputProblem:
        return set()
