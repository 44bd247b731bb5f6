"""What is wrong with a page by itself, before any gateway is asked: names that do not line up, known misstatements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath
from conformance.manifests.objects import BACKEND_KINDS
from conformance.pages.model import Apply, Dummies, ExpectedOutput, Export, Page, Request, Section
from conformance.pages.statements import KNOWN_STATEMENTS

__all__ = ["Note", "notes"]

_BACKENDS = BACKEND_KINDS


@dataclass(frozen=True)
class Note:
    """One finding. `error`: what the page says cannot work; `warning`: it misleads; `info`: worth knowing."""

    severity: Literal["error", "warning", "info"]
    position: Position
    text: str
    source: str = ""

    def __str__(self) -> str:
        source = f" (source: {self.source})" if self.source else ""
        return f"{self.position}: {self.severity}: {self.text}{source}"


@dataclass(frozen=True)
class _Object:
    """A Kubernetes object of the page, with reading that never fails: what is not there is nothing."""

    document: Document
    section: Section
    apply: Apply

    def get(self, *path: str | int) -> Any:
        value: Any = self.document.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def text(self, *path: str | int) -> str:
        value = self.get(*path)
        return value if isinstance(value, str) else ""

    def items(self, *path: str | int) -> Iterator[FieldPath]:
        """The paths of a list's elements."""
        value = self.get(*path)
        for index in range(len(value) if isinstance(value, list) else 0):
            yield (*path, index)

    @property
    def kind(self) -> str:
        return self.text("kind")

    @property
    def name(self) -> str:
        return self.text("metadata", "name")

    @property
    def namespace(self) -> str:
        return self.text("metadata", "namespace") or self.apply.namespace or "default"

    def note(self, severity: Literal["error", "warning", "info"], text: str, *path: str | int) -> Note:
        return Note(severity, self.document.at(*path), f"{self.kind} {self.name}: {text}")


def notes(page: Page, before: Sequence[Page] = ()) -> list[Note]:
    """The findings of a page, in its order. Nothing is raised and nothing asked: the page alone is looked at.

    What the pages `before` it make is there, too, and may be what its requests go by.
    """
    objects, found = _objects(page)
    checks = _Checks(page, objects, [one for other in before for one in _objects(other)[0]])
    requests = () if before else (checks.requests,)
    for check in (checks.secrets, checks.routes, checks.policies, checks.tls, *requests, checks.outputs):
        found += check()
    found += _statements(page)
    return sorted(found, key=lambda note: (note.position, note.text))


def _objects(page: Page) -> tuple[list[_Object], list[Note]]:
    objects: list[_Object] = []
    found: list[Note] = []
    for section in page.sections:
        for step in section.steps:
            if not isinstance(step, Apply):
                continue
            try:
                documents = step.documents(Dummies({}))
            except InputProblem as problem:
                found.append(Note("error", problem.position or step.position, problem.message))
                continue
            objects += [_Object(document, section, step) for document in documents]
    return objects, found


def _statements(page: Page) -> Iterator[Note]:
    """Sentences that released gateways are known not to follow."""
    for section in page.sections:
        for line in section.prose:
            for statement in KNOWN_STATEMENTS:
                if all(pattern.search(line.text) for pattern in statement.patterns):
                    yield Note("warning", line.position, statement.holds, statement.source)


class _Checks:
    """The references between the objects, requests and example outputs of one page."""

    def __init__(self, page: Page, objects: list[_Object], before: list[_Object]) -> None:
        self.page = page
        self.objects = objects
        self.index = {(one.kind, one.name, one.namespace): one for one in reversed([*objects, *before])}
        self.backends = [one for one in objects if one.kind in _BACKENDS]

    def of(self, *kinds: str) -> list[_Object]:
        return [one for one in self.objects if one.kind in kinds]

    def named(self, name: str, namespace: str, *kinds: str) -> _Object | None:
        found = (self.index.get((kind, name, namespace)) for kind in kinds)
        return next((one for one in found if one), None)

    def secrets(self) -> Iterator[Note]:
        """A Backend's secretRef names a Secret of the page, in the Backend's namespace, with the key in it."""
        for backend in self.backends:
            for path in _paths_to(backend.get("spec"), "secretRef", ("spec",)):
                name = backend.text(*path, "name")
                secret = self.named(name, backend.namespace, "Secret")
                if not secret:
                    missing = f"secretRef names {name!r}, and the page makes no such Secret in {backend.namespace}"
                    yield backend.note("warning", missing, *path, "name")
                    continue
                wanted = backend.text(*path, "key") or "Authorization"
                if wanted not in {**_mapping(secret.get("data")), **_mapping(secret.get("stringData"))}:
                    yield secret.note("error", f"lacks the key {wanted}, where the gateway looks for the API key")

    def routes(self) -> Iterator[Note]:
        """Each backendRef to a Backend names one of the page, and a hostname rewrite is that Backend's host."""
        for route in self.of("HTTPRoute"):
            for rule in route.items("spec", "rules"):
                hosts: set[str] = set()
                for ref in route.items(*rule, "backendRefs"):
                    if route.text(*ref, "kind") not in _BACKENDS:
                        continue
                    name, namespace = route.text(*ref, "name"), route.text(*ref, "namespace") or route.namespace
                    if backend := self.named(name, namespace, *_BACKENDS):
                        hosts |= _hosts(backend)
                    else:
                        missing = f"backendRefs names {name!r}, and the page makes no such Backend in {namespace}"
                        yield route.note("warning", missing, *ref, "name")
                for at in route.items(*rule, "filters"):
                    path = (*at, "urlRewrite", "hostname")
                    rewritten = route.text(*path)
                    if rewritten and hosts and rewritten not in hosts:
                        differs = f"rewrites the host to {rewritten}, but the Backend's host is {_listed(hosts)}"
                        yield route.note("warning", differs, *path)

    def policies(self) -> Iterator[Note]:
        """Each targetRef names a Backend of the page, and the name to verify is the Backend's host."""
        for policy in self.of("BackendTLSPolicy"):
            hostname = policy.text("spec", "validation", "hostname")
            for ref in policy.items("spec", "targetRefs"):
                name = policy.text(*ref, "name")
                if policy.text(*ref, "kind") not in _BACKENDS:
                    continue
                target = self.named(name, policy.namespace, *_BACKENDS)
                if not target:
                    missing = f"targetRefs names {name!r}, and the page makes no such Backend in {policy.namespace}"
                    yield policy.note("warning", missing, *ref, "name")
                elif (hosts := _hosts(target)) and hostname not in hosts:
                    differs = f"verifies the name {hostname}, but the Backend's host is {_listed(hosts)}"
                    yield policy.note("error", differs, "spec", "validation", "hostname")

    def tls(self) -> Iterator[Note]:
        """A Backend with a custom host on 443 gets TLS from the page: without it the key goes out in plaintext."""
        covered = {
            (policy.text(*ref, "name"), policy.namespace)
            for policy in self.of("BackendTLSPolicy")
            for ref in policy.items("spec", "targetRefs")
        }
        for backend in self.backends:
            inline = backend.get("spec", "policies", "tls") is not None
            ports = [backend.get(*path) for path in _paths_to(backend.get("spec"), "port", ("spec",))]
            if 443 in ports and not inline and (backend.name, backend.namespace) not in covered:
                yield backend.note(
                    "error", "port 443 without a BackendTLSPolicy: the API key would be sent in plaintext", "spec"
                )

    def requests(self) -> Iterator[Note]:
        """Each request's path is one that a route of the page takes."""
        prefixes = [
            route.text(*match, "path", "value")
            for route in self.of("HTTPRoute")
            for rule in route.items("spec", "rules")
            for match in route.items(*rule, "matches")
        ]
        known: dict[str, str] = {}
        for step in self.page.steps:
            if isinstance(step, Export):
                step.remember(known)
            elif isinstance(step, Request) and prefixes and all(prefixes):
                path = step.resolve(Dummies(known)).parts().target.partition("?")[0]
                if not any(f"{path}/".startswith(prefix.rstrip("/") + "/") for prefix in prefixes):
                    yield Note("warning", step.position, f"no route of the page takes the path {path}")

    def outputs(self) -> Iterator[Note]:
        """An example output names the model and the provider of its own section."""
        for section in self.page.sections:
            own = [one for one in self.backends if one.section is section]
            others = [one for one in self.backends if one.section is not section]
            for step in section.steps:
                if isinstance(step, ExpectedOutput) and isinstance(step.value, dict) and own:
                    yield from _of_output(step, own, others)


def _of_output(step: ExpectedOutput, own: list[_Object], others: list[_Object]) -> Iterator[Note]:
    model, identity = step.value.get("model"), step.value.get("id")
    models = {name for backend in own for name in _models(backend)}
    if isinstance(model, str) and models and model not in models:
        belongs = next((other.name for other in others if model in _models(other)), "")
        whose = f", which is the model of the Backend {belongs}" if belongs else ""
        text = f"the example output names the model {model}{whose}; this section's Backend asks for {_listed(models)}"
        yield Note("warning", step.position, text)
    names = {one.name for one in own}
    for other in sorted({one.name for one in others} - names):
        if isinstance(identity, str) and f"-{other}-" in identity:
            text = f"the example output's id {identity} names {other}, and this section is about {_listed(names)}"
            yield Note("warning", step.position, text)


def _models(backend: _Object) -> set[str]:
    return {backend.text(*path) for path in _paths_to(backend.get("spec"), "model", ("spec",))} - {""}


def _hosts(backend: _Object) -> set[str]:
    return {backend.text(*path) for path in _paths_to(backend.get("spec"), "host", ("spec",))} - {""}


def _paths_to(value: Any, key: str, path: FieldPath) -> Iterator[FieldPath]:
    """The paths of every field of this name below the value: dialects nest the same fields differently."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield (*path, name)
            yield from _paths_to(inner, key, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths_to(inner, key, (*path, index))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(names: set[str]) -> str:
    return " or ".join(sorted(names))
