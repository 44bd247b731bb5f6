"""What static checks look at and what they say: the sheet, the facts of Gateways, and defects at a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from typing import Any

from conformance.certification.checks.in_cluster import reached
from conformance.certification.checks.vendors import vendor_of
from conformance.core.problems import Place, Position
from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath
from conformance.exchange.oracle.tls import ExpectedTls, expected_tls
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.dialects import dialect_named
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Route
from conformance.manifests.gateways import GatewayFacts
from conformance.manifests.input.assumed import Assumed
from conformance.manifests.input.key_sources import Source
from conformance.manifests.input.native import NativeUse
from conformance.manifests.listener_sets import ListenerSets
from conformance.manifests.named_facts import llms_meant
from conformance.manifests.objects import Manifest, ManifestSet, ObjectId

__all__ = ["Defect", "Entry", "Found", "Severity", "Sheet"]


class Severity(StrEnum):
    """An ERROR will not work and makes the verdict "not conformant"; a WARNING never does."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Defect:
    """One mistake in the manifests, of the object that it is `about`.

    `check` is an id of `CHECKS`; `field` is dotted, as Kubernetes writes it.
    """

    check: str
    severity: Severity
    position: Position
    field: str
    message: str
    remedy: str
    source: str
    about: ObjectId | None = None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.position, self.field)

    def __str__(self) -> str:
        return f"{self.position}: {self.field}: {self.message} - {self.remedy} [{self.check}]"


@dataclass(frozen=True)
class Found:
    """What a rule yields: a defect of the field at `path` of an object, or of its nearest ancestor if it is missing.

    `assumed`: it is none that the input shows, but something that is assumed to be there. `meant`: the field that was
    meant, where a name is misspelt; that this one is missing there is not told, too.
    """

    check: str
    manifest: Manifest
    path: FieldPath
    message: str
    remedy: str
    severity: Severity = Severity.ERROR
    assumed: bool = False
    meant: FieldPath = ()


@dataclass(frozen=True)
class Entry:
    """A provider entry with its Backend and the TLS that is in force for it, if any.

    `reached`: its host or, where that is a Service of the input for an external name, that name. `vendor`: who is known
    to be there. `meant`: whose host it should have by the facts that a person named, where it has another.
    """

    backend: Backend
    llm: Llm
    tls: ExpectedTls | None
    reached: str | None = None
    vendor: Provider | None = None
    meant: Provider | None = None

    @property
    def manifest(self) -> Manifest:
        """The Backend's object."""
        return self.llm.origin.manifest

    @property
    def path(self) -> FieldPath:
        """Where the entry is in it."""
        return self.llm.origin.path

    @property
    def data(self) -> Mapping[str, Any]:
        """The entry as it is written."""
        found: Any = self.manifest.data
        for part in self.path:
            found = found[part]
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Sheet:
    """Everything that checks look at.

    `manifests`: all that concern us, namespaces and `$VARIABLES` filled in; Secrets with made-up keys may be among
    them. `gateways`: those that exist: the given ones, else the target's. `version`: of the gateway under test (its
    data plane, as `0.10.5`), if known; `version_assumed`: it is only the one that the API is measured on. `routes`:
    every HTTPRoute of the input as a whole, also what of them leads to no provider but may take requests that are meant
    for one; none: those of the configuration. `facts`: of providers, that a person named in files. `services`: those of
    the input, by (namespace, name). `assumed`: what the reading of the input took for granted; `strict`: that is an
    error. `others`: (kind, namespace, name) of what was left out. `natives`: the keys that providers with an API of
    their own get. `sources`: where the values of Secrets are from, by (namespace, name, key).
    `acceptances`: what the repository accepts of what is found. `beside`: what was left out. `rendered`: whether a
    program, such as Kustomize, made the objects.
    """

    manifests: ManifestSet
    configuration: Configuration
    dialect: str
    gateways: tuple[GatewayFacts, ...] = ()
    version: str | None = None
    version_assumed: bool = False
    routes: tuple[Route, ...] = ()
    facts: tuple[Provider, ...] = ()
    services: Mapping[tuple[str, str], Manifest] = field(default_factory=dict)
    assumed: tuple[Assumed, ...] = ()
    strict: bool = False
    others: frozenset[tuple[str, str, str]] = frozenset()
    natives: tuple[NativeUse, ...] = ()
    sources: Mapping[Source, str] = field(default_factory=dict, repr=False)
    acceptances: tuple[Acceptance, ...] = ()
    beside: tuple[Manifest, ...] = ()
    rendered: bool = False

    @property
    def api(self) -> Dialect:
        """The API that the manifests are written in."""
        return dialect_named(self.dialect)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every provider entry of every Backend."""
        found, meant = self.configuration, llms_meant(self.facts, self.configuration)
        hosts = [reached(self.services, llm.host) for _, llm in found.llms()]
        return tuple(
            Entry(
                backend,
                llm,
                expected_tls(found, backend, llm),
                host,
                vendor_of(host, self.facts, llm.port),
                meant.get(number),
            )
            for number, (host, (backend, llm)) in enumerate(zip(hosts, found.llms(), strict=True))
        )

    def is_own(self, vendor: Provider | None) -> bool:
        """Whether a provider's facts are of those that a person named, and so are all that is to be held to."""
        return vendor in self.facts

    @cached_property
    def everything(self) -> tuple[Manifest, ...]:
        """What is certified, and what was left out of it."""
        return (*self.manifests, *self.beside)

    @cached_property
    def listener_sets(self) -> ListenerSets:
        """The sets of listeners, and what their Gateways make of them."""
        return ListenerSets(self.everything)

    @cached_property
    def backends(self) -> Mapping[ObjectId, Backend]:
        """The Backends for LLM providers, by id."""
        return {backend.id: backend for backend in self.configuration.backends}
