"""Reads what is to be certified: the objects that concern us, what is left out, and keys for the Secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from conformance.core.providers.provider import Provider
from conformance.core.startup.records import dataclass
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.cleaning import without_bookkeeping
from conformance.manifests.dialects import choose_dialect, dialect_named, read_configuration
from conformance.manifests.dialects.documented import gateway_manifests
from conformance.manifests.dialects.model import Configuration, Route
from conformance.manifests.gateway_classes import controllers_of, owner_of
from conformance.manifests.gateways import GatewayFacts, read_gateway
from conformance.manifests.input.assumed import (
    Assumed,
    defaults_of,
    gateways_elsewhere,
    services_elsewhere,
    unset_variables,
)
from conformance.manifests.input.concern import Concern, Place, default_namespaces, reason_for
from conformance.manifests.input.elsewhere import (
    authorities_elsewhere,
    named_gateways,
    namespaces_elsewhere,
    no_backend,
    unserved,
)
from conformance.manifests.input.files import LeftOut, check_twice, read_files
from conformance.manifests.input.key_sources import Source, sources_of
from conformance.manifests.input.keys import MadeUp, Needed, fill, make_up, named_secrets, needed_secrets
from conformance.manifests.input.native import NativeUse, native_uses, secrets_of
from conformance.manifests.input.operators import Recognised, explained, recognise
from conformance.manifests.objects import Manifest, ManifestSet, ObjectId
from conformance.manifests.secrets import name_keys, substitute

__all__ = ["Given", "LeftOut", "MadeUp", "Recognised", "known_gateways", "read_input"]


@dataclass(frozen=True)
class Given:
    """What was given to certify, and what was made of it.

    `manifests` are those that concern us, made-up Secrets among them. `gateways` are the Gateways that exist: those
    among the manifests, else the target's. What was `left_out` and `recognised` is in order of position. `routes` are
    all HTTPRoutes as they were given, with what of them leads to no provider. `facts` are those of providers that a
    person named in files. `services` are all Services of the input. What is `assumed` is a mistake where the person is
    `strict`. `natives`: which keys go to native providers. `sources`: where the values of Secrets are from.
    `acceptances`: what the repository accepts of what is found. `rendered`: folders of which a program made objects.
    """

    manifests: ManifestSet
    dialect: str
    gateways: tuple[GatewayFacts, ...]
    left_out: tuple[LeftOut, ...] = ()
    made_up: tuple[MadeUp, ...] = ()
    recognised: tuple[Recognised, ...] = field(default=())
    routes: tuple[Route, ...] = ()
    facts: tuple[Provider, ...] = ()
    services: tuple[Manifest, ...] = ()
    assumed: tuple[Assumed, ...] = ()
    strict: bool = False
    natives: tuple[NativeUse, ...] = ()
    sources: Mapping[Source, str] = field(default_factory=dict, repr=False)
    acceptances: tuple[Acceptance, ...] = ()
    rendered: tuple[Path, ...] = ()

    @property
    def written(self) -> list[Manifest]:
        """The manifests that somebody wrote, less the made-up Secrets."""
        return [one for one in self.manifests if not one.made_up]

    @property
    def configuration(self) -> Configuration:
        """What the manifests say."""
        return read_configuration(self.manifests, self.dialect)


def read_input(
    paths: Iterable[str],
    *,
    stdin: Path | None = None,
    secrets: Mapping[str, str] | None = None,
    gateway: tuple[str, str] | None = None,
    dialect: str | None = None,
    environment: Mapping[str, str] | None,
    instead: Mapping[str, str] | None = None,
    assume: bool = False,
    stands: Sequence[Manifest] = (),
    values: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Given:
    """The manifests in files, folders and `-`, made ready to be applied.

    `secrets`: by `name` or `namespace/name` of a Secret the environment variable that holds its key. `gateway`: the
    (namespace, name) of one more Gateway. `environment` has the values of variables; None: Secrets stay as they are
    written. `instead`: texts in place of those that files hold. `assume`: a made-up key for a variable without a value.
    `stands`: Gateways that stand elsewhere, and count as given where a route names them and the input lacks them.
    `values` and `variables` as in `read_files`.
    Of objects as `kubectl get -o yaml` prints them, what the cluster noted is left away. Raises InputProblem.
    """
    read = read_files(paths, stdin=stdin, instead=instead, values=values, variables=variables)
    found, foreign = read.manifests, read.left_out
    found += named_gateways(found, stands)
    for manifest in found:
        manifest.data = without_bookkeeping(manifest.data)
    default_namespaces(found)
    recognised, sources = [one for manifest in found if (one := recognise(manifest))], sources_of(found)
    # An object that makes a Secret is no Secret; what it makes is told apart from it by `make_up`.
    concern = Concern(one for one in found if one.kind == "Secret" or all(one is not by.manifest for by in recognised))
    if not concern.backends:
        raise no_backend(found, concern, foreign)
    name = choose_dialect(concern.backends, dialect)
    parts = [*concern.backends, *concern.routes, *concern.policies, *concern.grants, *concern.attached]
    configuration = read_configuration(parts, name)
    needed = needed_secrets(configuration)
    beside = concern.secrets_beside
    all_secrets = [
        one
        for one in concern.rest()
        if (one.group, one.kind) == ("", "Secret") and (one.id in needed or (one.namespace, one.name) not in beside)
    ]
    plain = [one for one in all_secrets if all(one is not by.manifest for by in recognised)]
    read_too = _client_certificates(configuration) | {place[1:] for place in secrets_of(concern.attached)}
    others = [one for one in all_secrets if (one.namespace, one.name) in read_too]
    kept, made_up = _referred(plain, needed), tuple[MadeUp, ...]()
    if environment is not None:
        kept, made_up = _with_keys(all_secrets, needed, recognised, secrets or {}, environment)
    config_maps = _config_maps(configuration, concern.rest())
    if assume and not concern.gateways and gateway is None:
        known = known_gateways(concern.classes, name, gateway)
        concern.gateways = gateways_elsewhere(concern.parsed(), known, name)
    kept += [one for one in others if all(one is not other for other in kept)]
    services = [one for one in found if (one.group, one.kind) == ("", "Service")]
    elsewhere, assumed = services_elsewhere(concern.parsed(), services) if assume else ([], ())
    if assume:
        made = authorities_elsewhere(configuration, config_maps)
        config_maps += [one for one, _ in made]
        assumed += tuple(told for _, told in made)
    ours = [*kept, *config_maps, *concern.services(), *elsewhere, *parts, *concern.gateways, *concern.classes]
    ours += _namespaces(concern.rest(), {one.namespace for one in ours})
    check_twice(ours)
    gateways = known_gateways([*concern.gateways, *concern.classes], name, gateway)
    if assume:
        made = namespaces_elsewhere(configuration.routes, gateways, concern.rest())
        ours += [one for one, _ in made]
        assumed += tuple(told for _, told in made)
    _leave_out(concern, ours, {one.id for one in kept}, gateways)
    manifests = ManifestSet(_in_order(ours, found))
    if environment is not None:
        environment = {**read.values, **environment}
        if assume:
            environment, unset = unset_variables(manifests, environment)
            assumed += (*unset, *defaults_of(read.defaults, manifests))
        substitute(manifests, environment)
    name_keys(read_configuration(manifests, name))
    left_out = [*foreign, *concern.left_out, *unserved(concern.gateways), *_unused(recognised, needed)]
    return Given(
        manifests=manifests,
        dialect=name,
        gateways=gateways,
        left_out=tuple(sorted(left_out, key=lambda one: one.position)),
        made_up=made_up,
        recognised=tuple(
            explained(one, needed[one.secret].keys, _instead(one, plain, made_up))
            for one in recognised
            if one.secret in needed
        ),
        routes=concern.all_routes,
        assumed=assumed,
        services=tuple(services),
        natives=native_uses(found),
        sources=sources,
        rendered=tuple(read.rendered),
    )


def _with_keys(
    secrets: list[Manifest],
    needed: Mapping[ObjectId, Needed],
    recognised: Iterable[Recognised],
    given: Mapping[str, str],
    environment: Mapping[str, str],
) -> tuple[list[Manifest], tuple[MadeUp, ...]]:
    """The Secrets that matter, with keys in them; and those whose keys are made up."""
    kept = list(secrets)
    named = named_secrets(given, secrets, needed)
    made_up = [one for one in make_up(kept, needed, recognised, named.values()) if one.secret not in named.values()]
    fill(kept, needed, {name: (named[name], variable) for name, variable in given.items()}, environment)
    return _referred(kept, needed), tuple(made_up)


def _instead(one: Recognised, plain: Iterable[Manifest], made_up: Iterable[MadeUp]) -> str:
    """What stands for the value that an operator fills in."""
    if any(secret.id == one.secret for secret in plain):
        return "the Secret among the manifests"
    return "a made-up key" if any(by.recognised is one for by in made_up) else "the key of --secret"


def known_gateways(
    given: Iterable[Manifest], dialect: str, also: tuple[str, str] | None = None
) -> tuple[GatewayFacts, ...]:
    """The Gateways that exist: the given ones; else the documented one, by the name of `also` where that is given.

    Given ones that are not agentgateway's by their class, given or not, are there and serve nothing.
    """
    manifests = list(given)
    controllers = controllers_of(manifests)
    found = [read_gateway(one) for one in manifests if one.kind == "Gateway"]
    places = [(one.namespace, one.name) for one in found]
    served = any(owner_of(one.class_name, controllers).served for one in found)
    if also in places or (also is None and served):
        return tuple(found)
    documented = next(read_gateway(one) for one in gateway_manifests(dialect) if one.kind == "Gateway")
    place = dialect_named(dialect).GATEWAY
    namespace, name = also or (place.namespace, place.name)
    if (namespace, name) in places:
        return tuple(found)
    return (*found, GatewayFacts(namespace, name, documented.listeners, documented.class_name, documented.origin))


def _referred(secrets: list[Manifest], needed: Mapping[ObjectId, Needed]) -> list[Manifest]:
    """The Secrets that Backends refer to, and those that a missing one may have been meant to be."""
    missing = [one for one in needed.values() if all(secret.id != one.secret for secret in secrets)]
    namespaces, names = {one.secret.namespace for one in missing}, {one.secret.name for one in missing}
    return [one for one in secrets if one.id in needed or one.namespace in namespaces or one.name in names]


def _config_maps(configuration: Configuration, rest: Iterable[Manifest]) -> list[Manifest]:
    """The ConfigMaps that certificates of authorities are taken from, and those that a missing one may be meant by."""
    wanted = {(policy.id.namespace, name) for policy in configuration.policies for _, _, name in policy.ca_refs}
    for backend, llm in configuration.llms():
        own = [tls for tls in (backend.tls, llm.tls) if tls]
        wanted |= {(tls.namespace, name) for tls in own for name in tls.ca_refs or ()}
    given = [one for one in rest if (one.group, one.kind) == ("", "ConfigMap")]
    missing = wanted - {(one.namespace, one.name) for one in given}
    return [one for one in given if (one.namespace, one.name) in wanted or _may_be_meant(one, missing)]


def _may_be_meant(config_map: Manifest, missing: set[Place]) -> bool:
    """Whether a reference to a ConfigMap that is not there may have been meant for this one."""
    near = any(config_map.name == name or config_map.namespace == namespace for namespace, name in missing)
    return near and "BEGIN CERTIFICATE" in str(config_map.data.get("data"))


def _client_certificates(configuration: Configuration) -> set[Place]:
    """The Secrets that the gateway shows providers certificates from, and those of further keys."""
    further = {
        (one.origin.manifest.namespace, one.secret) for _, llm in configuration.llms() for one in llm.auth.further
    }
    own = (tls for backend, llm in configuration.llms() for tls in (backend.tls, llm.tls) if tls)
    found = further | {(tls.namespace, tls.client_certificate) for tls in own}
    return {(namespace, name) for namespace, name in found if name}


def _namespaces(rest: Iterable[Manifest], used: set[str]) -> list[Manifest]:
    """The Namespaces that something is in; in several files one may stand several times."""
    found = {one.name: one for one in rest if (one.group, one.kind) == ("", "Namespace") and one.name in used}
    return list(found.values())


def _leave_out(concern: Concern, ours: list[Manifest], made: set[ObjectId], gateways: Iterable[GatewayFacts]) -> None:
    targets = {(one.kind, one.namespace, one.name) for one in ours} | concern.secrets_named
    targets |= {("Gateway", one.namespace, one.name) for one in gateways}
    targets |= {(to.kind, to.namespace, to.name) for route in concern.parsed() for to in route.parents}
    for one in concern.rest():
        taken = any(one is other for other in ours) or (one.kind in ("Namespace", "Secret") and one.id in made)
        if not taken and not (one.kind == "Namespace" and any(one.id == other.id for other in ours)):
            concern.leave_out(one, reason_for(one, targets))


def _unused(recognised: Iterable[Recognised], needed: Mapping[ObjectId, Needed]) -> list[LeftOut]:
    """Objects for Secrets that nobody refers to; a Secret itself is left out as such."""
    return [
        LeftOut(str(one.manifest.id), one.position, f"no Backend refers to {one.secret}, which it makes", one.manifest)
        for one in recognised
        if one.secret not in needed and one.manifest.kind != "Secret"
    ]


def _in_order(ours: Iterable[Manifest], found: list[Manifest]) -> list[Manifest]:
    """As they were given; what was made for them comes first."""
    places = {id(one): number for number, one in enumerate(found)}
    return sorted(ours, key=lambda one: places.get(id(one), -1))
