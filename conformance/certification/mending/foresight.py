"""What will probably be wrong with manifests, by admission and the oracle, in milliseconds.

It tells which candidates to try first and decides nothing: what works is what the cases say.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator

from conformance.certification.mending.view import ExistingGateway, Item, View
from conformance.core.problems import InputProblem, Position
from conformance.core.providers.paths import may_have
from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document
from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import Expected, expect
from conformance.manifests.dialects import read_configuration
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Match, Route
from conformance.manifests.objects import Manifest, objects_of
from conformance.manifests.schemas import AdmissionError, SchemaAdmission
from conformance.manifests.schemas.kinds import KINDS, kind_for
from conformance.stage.scenario.inferred import facts_of

__all__ = ["Foresight", "troubles"]

_KINDS = [one.kind for one in KINDS]


class Foresight:
    """What will probably be wrong, with what is known of the objects of one view remembered for all others."""

    def __init__(self, view: View) -> None:
        # By identity, which holds as long as the view does.
        self._view = view
        self._admission = SchemaAdmission(view.dialect.NAME)
        self._known = {id(item.data): self._know(item) for item in view.items}

    def troubles(self, view: View) -> list[str]:
        """What will probably be wrong; empty when everything should work."""
        known = [self._known.get(id(item.data)) or self._know(item) for item in view.items]
        if problems := [one.problem for one in known if one.problem]:
            return problems
        try:
            manifests = [one.manifest for one in known if one.manifest]
            configuration = _with_secrets(read_configuration(manifests, view.dialect.NAME))
        except InputProblem as problem:
            return [str(problem)]
        refused = [one.refused for one in known if one.refused]
        return [*refused, *_unattached(configuration, view.gateways), *self._wrong(configuration)]

    def _know(self, item: Item) -> _Known:
        if item.kind not in _KINDS:
            return _Known()
        data = copy.deepcopy(dict(item.data))
        try:
            (manifest,) = objects_of(Document(data, {(): Position(item.spot.file)}))
        except InputProblem as problem:
            return _Known(problem=str(problem))
        # kubectl's choice for who names none.
        manifest.data["metadata"].setdefault("namespace", item.namespace)
        return _Known(manifest, refused=self._refused(manifest))

    def _refused(self, manifest: Manifest) -> str:
        """Why the API endpoint will refuse an object; empty when it will not."""
        kind = kind_for(manifest.api_version, manifest.kind)
        if kind is None:
            return f"nobody serves {manifest.kind} in {manifest.api_version}"
        try:
            self._admission.admit(kind, manifest.data, None)
        except AdmissionError as error:
            return str(error)
        return ""

    def _wrong(self, configuration: Configuration) -> Iterator[str]:
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
                        yield from _unlike(expected, self._facts(expected.backend, expected.llm))
        for backend in configuration.backends:
            if backend.id not in reached:
                yield f"no route leads to {backend.id}"

    def _facts(self, backend: Backend, llm: Llm) -> Provider:
        return self._view.vendor(llm.host or "") or facts_of(backend, llm)


@dataclass(frozen=True)
class _Known:
    """What is known of one object: as a manifest, or why it is none; and why admission would refuse it."""

    manifest: Manifest | None = None
    problem: str = ""
    refused: str = ""


def troubles(view: View) -> list[str]:
    """What will probably be wrong with a view; empty when everything should work."""
    return Foresight(view).troubles(view)


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


def _unattached(configuration: Configuration, gateways: tuple[ExistingGateway, ...]) -> Iterator[str]:
    known = {(one.namespace, one.name): [listener.name for listener in one.listeners] for one in gateways}
    for route in configuration.routes:
        for parent in route.parents:
            sections = known.get((parent.namespace, parent.name))
            if sections is None or parent.section not in (None, *sections):
                yield f"{route.id} is attached to nothing"
        if not route.parents:
            yield f"{route.id} has no parent"


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
    has = facts.has_path(expected.target) or may_have(facts, expected.target)
    if not has or facts.lacking(expected.target):
        yield f"path {expected.target}"
    if expected.credential is not None and not expected.passthrough:
        name, value = expected.credential
        scheme, space, key = value.rpartition(" ")
        if not facts.reads(name, scheme) or not key or space != " " * bool(scheme):
            yield "another header than the provider's"
    if expected.model is not None and expected.model not in facts.models and not facts.any_model:
        yield f"model {expected.model}"
    if expected.authority.partition(":")[0] != facts.host:
        yield f"Host {expected.authority}"
