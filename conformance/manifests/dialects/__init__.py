"""API dialects: what each one's objects look like, read into one model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.manifests.dialects import agentgateway_1, kgateway_2_1
from conformance.manifests.dialects.dialect import Dialect
from conformance.manifests.dialects.gateway_api import check_grant, read_attached, read_policy, read_route
from conformance.manifests.dialects.model import Backend, Configuration, Route, Rule, ways_to
from conformance.manifests.objects import BACKEND, POLICY, Manifest

__all__ = ["BEYOND", "DIALECTS", "backend_by", "choose_dialect", "dialect_named", "dialect_of", "read_configuration"]

_PAGE: Dialect = kgateway_2_1
_SUCCESSOR: Dialect = agentgateway_1
_ALL = (_PAGE, _SUCCESSOR)
_BY_NAME = {one.NAME: one for one in _ALL}
_BY_KIND = {one.BACKEND_KIND: one for one in _ALL}

DIALECTS = tuple(_BY_NAME)
"""Names of all dialects; the first is that of the documented page."""

BEYOND = ("AgentgatewayModel",)
"""Kinds of these APIs that change requests in ways that the oracle does not know."""


def dialect_named(name: str) -> Dialect:
    """The dialect of a name. Raises KeyError for any other."""
    return _BY_NAME[name]


def dialect_of(manifests: Iterable[Manifest]) -> Dialect:
    """The dialect of manifests that are known to be of one: that of their first Backend; the page's without any."""
    return next((_BY_KIND[one.kind] for one in manifests if one.role == BACKEND), _PAGE)


def choose_dialect(manifests: Iterable[Manifest], wanted: str | None = None) -> str:
    """The name of the dialect that manifests are in; `wanted`, or the page's, for those without a Backend.

    Raises InputProblem for manifests of two dialects, or of another than wanted.
    """
    first: Manifest | None = None
    for one in (one for one in manifests if one.role == BACKEND):
        mine = _BY_KIND[one.kind].NAME
        if wanted is not None and mine != wanted and first is None:
            raise one.problem(
                f"{one.id} is of the dialect {mine}, and --dialect says {wanted}",
                "kind",
                remedy=f"leave out --dialect, or use --dialect {mine}",
            )
        if first is not None and first.kind != one.kind:
            raise one.problem(
                f"{one.id} is of the dialect {mine}, but {first.id} at {first.at('kind')} is of"
                f" {dialect_of([first]).NAME}",
                "kind",
                remedy="certify one dialect at a time: no gateway serves both",
            )
        first = first or one
    return dialect_of([first]).NAME if first else wanted or DIALECTS[0]


def read_configuration(manifests: Iterable[Manifest], dialect: str | None = None) -> Configuration:
    """What the manifests say. Kinds that are not about providers are left out.

    Raises InputProblem for fields of the wrong type, for Backends of two dialects or another than `dialect`, and for
    kinds by which expectations would change in ways that the oracle does not know.
    """
    everything = list(manifests)
    name = choose_dialect(everything, dialect)
    for manifest in everything:
        _refuse_beyond(manifest)

    def of(kind: str) -> list[Manifest]:
        return [manifest for manifest in everything if manifest.role == kind]

    backends = [dialect_named(name).read_backend(manifest) for manifest in of(BACKEND)]
    read = Configuration(
        dialect=name,
        backends=tuple(backend for backend in backends if backend is not None),
        routes=tuple(read_route(manifest) for manifest in of("HTTPRoute")),
        policies=tuple(read_policy(manifest) for manifest in of("BackendTLSPolicy")),
        secrets={manifest.id: manifest for manifest in of("Secret")},
        config_maps={manifest.id: manifest for manifest in of("ConfigMap")},
        grants=tuple(check_grant(manifest) for manifest in of("ReferenceGrant")),
        attached=tuple(read_attached(manifest) for manifest in of(POLICY)),
        gateway_labels={(one.namespace, one.name): one.data["metadata"].get("labels") or {} for one in of("Gateway")},
    )
    return _with_policies(read) if read.attached else read


def _with_policies(read: Configuration) -> Configuration:
    """With what policies say of rules and Backends that these do not say themselves."""
    dialect = dialect_named(read.dialect)
    routes = tuple(
        replace(route, rules=tuple(dialect.rule_with_policies(read, route, rule) for rule in route.rules))
        for route in read.routes
    )
    read = replace(read, routes=routes)
    return replace(read, backends=tuple(_usual(read, one) for one in read.backends))


def _usual(configuration: Configuration, backend: Backend) -> Backend:
    """A Backend as it is for requests by the first rule that leads to it."""
    way = next(ways_to(configuration.routes, backend.id), (None, None))
    return dialect_named(configuration.dialect).with_policies(configuration, backend, *way)


def backend_by(configuration: Configuration, backend: Backend, route: Route, rule: Rule) -> Backend:
    """A Backend as it is for requests by a rule: policies may be attached to that."""
    dialect = dialect_named(configuration.dialect)
    if not configuration.attached or (read := dialect.read_backend(backend.origin.manifest)) is None:
        return backend
    return dialect.with_policies(configuration, read, route, rule)


def _refuse_beyond(manifest: Manifest) -> None:
    if manifest.kind in BEYOND:
        raise manifest.refused()
