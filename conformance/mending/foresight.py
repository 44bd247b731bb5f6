"""What will probably be wrong with manifests, by admission and the oracle, in milliseconds.

It tells which candidates to try first and decides nothing: what works is what the cases say.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator

from conformance.dialects import read_configuration
from conformance.dialects.model import Configuration, Match, Route
from conformance.embedded.admission import AdmissionError, SchemaAdmission
from conformance.embedded.kinds import KINDS, kind_for
from conformance.exchange import ClientRequest
from conformance.located import Document
from conformance.manifests import Manifest, ManifestSet, objects_of
from conformance.mending.view import Gateway, View
from conformance.oracle import Expected, expect
from conformance.problems import InputProblem, Position
from conformance.profile import facts_of
from conformance.providers import Provider

__all__ = ["troubles"]

_ADMISSION = SchemaAdmission()
_KINDS = [one.kind for one in KINDS]


def troubles(view: View) -> list[str]:
    """What will probably be wrong; empty when everything should work."""
    try:
        manifests = ManifestSet(_manifests(view))
        configuration = _with_secrets(read_configuration(manifests, view.dialect.NAME))
    except InputProblem as problem:
        return [str(problem)]
    return [*_refused(manifests), *_unattached(configuration, view.gateways), *_wrong(configuration)]


def _manifests(view: View) -> Iterator[Manifest]:
    for item in view.items:
        data = copy.deepcopy(dict(item.data))
        for one in objects_of(Document(data, {(): Position(item.spot.file)})) if item.kind in _KINDS else ():
            # kubectl's choice for who names none.
            one.data["metadata"].setdefault("namespace", item.namespace)
            yield one


def _with_secrets(configuration: Configuration) -> Configuration:
    """The same with Secrets where a Backend's namespace has none and no other its own: people keep them elsewhere."""
    secrets = dict(configuration.secrets)
    for backend, llm in configuration.llms():
        places = [(one.namespace, one.name) for one in configuration.secrets]
        elsewhere = [one for one in places if one[0] == backend.id.namespace or one[1] == llm.auth.secret]
        if llm.auth.secret and not elsewhere:
            metadata = {"name": llm.auth.secret, "namespace": backend.id.namespace}
            data = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
            made_up = Manifest({**data, "stringData": {llm.auth.secret_key: "made-up"}}, Document(data, {}))
            secrets[made_up.id] = made_up
    return dataclasses.replace(configuration, secrets=secrets)


def _refused(manifests: ManifestSet) -> Iterator[str]:
    for one in manifests:
        kind = kind_for(one.api_version, one.kind)
        if kind is None:
            yield f"nobody serves {one.kind} in {one.api_version}"
            continue
        try:
            _ADMISSION.admit(kind, one.data, None)
        except AdmissionError as error:
            yield str(error)


def _unattached(configuration: Configuration, gateways: tuple[Gateway, ...]) -> Iterator[str]:
    known = {(one.namespace, one.name): [listener.name for listener in one.listeners] for one in gateways}
    for route in configuration.routes:
        for parent in route.parents:
            sections = known.get((parent.namespace, parent.name))
            if sections is None or parent.section not in (None, *sections):
                yield f"{route.id} is attached to nothing"
        if not route.parents:
            yield f"{route.id} has no parent"


def _wrong(configuration: Configuration) -> Iterator[str]:
    reached = set()
    prefixes: list[tuple[str, str]] = []
    for route in configuration.routes:
        for rule in route.rules:
            for match in rule.matches:
                if match.path_type == "PathPrefix" and (match.path, "") in prefixes and not match.headers:
                    yield f"{route.id} shares a prefix"
                prefixes.append((match.path, "".join(name for _, name, _ in match.headers)))
                expected = expect(configuration, _request(route, match))
                if expected.answer is not None:
                    yield expected.answer.why
                elif expected.backend is not None and expected.llm is not None:
                    reached.add(expected.backend.id)
                    yield from _unlike(expected, facts_of(expected.backend, expected.llm))
    for backend in configuration.backends:
        if backend.id not in reached:
            yield f"no route leads to {backend.id}"


def _request(route: Route, match: Match) -> ClientRequest:
    host = route.hostnames[0].replace("*", "any") if route.hostnames else "localhost:8080"
    headers = [("host", host), *((name, value) for _, name, value in match.headers)]
    return ClientRequest(match.method or "POST", match.path, tuple(headers), b"{}")


def _unlike(expected: Expected, facts: Provider) -> Iterator[str]:
    """How what will arrive differs from what the provider takes."""
    if (expected.host, expected.port) != (facts.host, facts.port):
        yield f"{expected.host}:{expected.port} is not {facts.authority}"
    if (expected.tls is not None) != facts.tls:
        yield "TLS on one side only"
    if expected.tls is not None and (facts.host not in expected.tls.verify or expected.tls.sni != facts.host):
        yield "another server name than the host's"
    if expected.tls is not None and expected.tls.trust is None:
        yield "no authority"
    if expected.target.partition("?")[0] != facts.path:
        yield f"path {expected.target}"
    if expected.credential is not None and not expected.passthrough:
        name, value = expected.credential
        scheme, space, key = value.rpartition(" ")
        if (
            name.lower() != facts.auth_header.lower()
            or scheme != facts.auth_scheme
            or not key
            or space != " " * bool(scheme)
        ):
            yield "another header than the provider's"
    if expected.model is not None and expected.model not in facts.models and not facts.any_model:
        yield f"model {expected.model}"
    if expected.authority.partition(":")[0] != facts.host:
        yield f"Host {expected.authority}"
