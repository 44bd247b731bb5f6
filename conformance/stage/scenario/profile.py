"""Profiles: the providers a run is about, each with the manifests that put it behind the gateway."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from conformance.core.fixtures import fixtures, shown
from conformance.core.problems import InputProblem
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import is_file, is_known, load_provider
from conformance.core.redaction import new_key
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import dialect_named, read_configuration
from conformance.manifests.dialects.model import Configuration
from conformance.manifests.objects import Manifest, ManifestSet, ObjectId, read_manifests
from conformance.manifests.remedies import MOVED
from conformance.manifests.render import key_variable, render
from conformance.manifests.secrets import bare_key, is_placeholder, secret_value, substitute
from conformance.stage.scenario.belonging import belonging, tags
from conformance.stage.scenario.inferred import facts_of

__all__ = [
    "Profile",
    "check_keys",
    "choose_profiles",
    "documented_profile",
    "fence_profile",
    "given_profiles",
    "rendered_profile",
]


@dataclass(frozen=True)
class Profile:
    """One provider and its manifests: the documented ones, or those under certification."""

    provider: Provider
    manifests: ManifestSet
    curl: str | None = None  # the page's own request, where the page has one
    file: str = ""  # the provider file that a person gave in place of a name
    # What its variations are called by besides, where it shares objects or a host with another.
    tag: str = ""
    # Who stands at the Backend's further provider entries, where it has several.
    others: tuple[Provider, ...] = ()
    # The hosts of its entries of which nothing is known but what the manifests say.
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The provider's name, which is part of test ids."""
        return self.provider.name


def fence_profile(dialect: str) -> Profile:
    """The provider and manifests of the suite's own way through the gateway."""
    file = fixtures("manifests", dialect, "fence.yaml")
    manifests = ManifestSet(read_manifests(file.read_text(encoding="utf-8"), shown(file)))
    facts = Provider(
        name="fence",
        title="fence",
        host="fence.agw-conformance.internal",
        port=80,
        path="/v1/chat/completions",
        models=("fence",),
        tls=False,
        any_model=True,
    )
    return Profile(facts, manifests)


def documented_profile(name: str, dialect: str) -> Profile:
    """A provider, by name or file, with its documented manifests, a made-up key in its Secret.

    Where no page documents it in this dialect, with manifests in the form of those that are documented.
    Raises InputProblem when the provider is unknown, or the dialect has no way to say what it needs.
    """
    provider = load_provider(name)
    file = fixtures("manifests", dialect, f"{provider.name}.yaml")
    # A person's own file may have a name that a documented provider has, too.
    if is_file(name):
        return dataclasses.replace(rendered_profile(provider, dialect), file=name)
    if not file.is_file():
        return rendered_profile(provider, dialect)
    profile = _with_key(provider, file.read_text(encoding="utf-8"), shown(file))
    return dataclasses.replace(profile, curl=file.with_suffix(".curl").read_text(encoding="utf-8"))


def rendered_profile(provider: Provider, dialect: str) -> Profile:
    """A provider with rendered manifests, a made-up key in its Secret; positions are in `<NAME, DIALECT>`.

    Raises InputProblem when the dialect has no way to say what the provider needs.
    """
    return _with_key(provider, render(provider, dialect), f"<{provider.name}, {dialect}>")


def _with_key(provider: Provider, text: str, file: str) -> Profile:
    manifests = ManifestSet(read_manifests(text, file))
    substitute(manifests, {key_variable(provider): new_key(provider.name).reveal()})
    return Profile(provider, manifests)


def given_profiles(manifests: ManifestSet, dialect: str, *, keyless: bool = False) -> list[Profile]:
    """One profile for each provider entry with a host that a Backend of the input has.

    Each gets the objects that belong to it: its Backend, Secret, the routes to it, the policies on it with their
    ConfigMaps, and ReferenceGrants; none gets Gateways and the like. The provider's facts are those of a known host,
    else inferred; its name is that of the Backend where two would have the same.
    `keyless`: Secrets without a usable key are taken, too, for static checks tell of them. Raises InputProblem when
    there is no Backend of type AI.
    """
    configuration = read_configuration(manifests, dialect)
    if not configuration.backends:
        first = next(iter(manifests))
        raise InputProblem(
            "no Backend of type AI among the manifests",
            position=first.at(),
            remedy="give the Backend together with its Secret, HTTPRoute and BackendTLSPolicy",
        )
    for backend in configuration.backends:
        if not backend.providers:
            raise _without_provider(backend.origin.manifest, dialect)
    if not keyless:
        check_keys(configuration)
    sets = belonging(manifests, configuration)
    providers, shared = _named_apart(configuration), tags(sets, configuration)
    parts = zip(configuration.backends, providers, sets, shared, strict=True)
    return [
        Profile(
            provider,
            own,
            tag=tag,
            others=tuple(facts_of(backend, llm, configuration) for llm in backend.providers[1:]),
            unknown=tuple(dict.fromkeys(llm.host for llm in backend.providers if llm.host and not is_known(llm.host))),
        )
        for backend, provider, own, tag in parts
    ]


def _without_provider(backend: Manifest, dialect: str) -> InputProblem:
    ai = backend.spec.get("ai")
    for name, moved in MOVED[dialect].items():
        if isinstance(ai, dict) and name in ai:
            message = f"the Backend has no provider: {name} is of another API version, and the dialect is {dialect}"
            return backend.problem(message, "spec", "ai", name, remedy=moved)
    return backend.problem("the Backend has no provider", "spec", "ai", remedy=dialect_named(dialect).PROVIDER_HINT)


def _named_apart(configuration: Configuration) -> list[Provider]:
    """The facts of each Backend's provider, each under a name of its own."""
    backends = configuration.backends
    found = [facts_of(backend, backend.providers[0], configuration) for backend in backends]
    for longer in (_by_backend, _by_namespace, _by_number):
        counts = Counter(one.name for one in found)
        found = [
            one if counts[one.name] == 1 else dataclasses.replace(one, name=longer(backend.id, number))
            for number, (one, backend) in enumerate(zip(found, backends, strict=True), 1)
        ]
    return found


def _by_backend(backend: ObjectId, number: int) -> str:
    return backend.name


def _by_namespace(backend: ObjectId, number: int) -> str:
    return f"{backend.namespace}-{backend.name}"


def _by_number(backend: ObjectId, number: int) -> str:
    return f"{backend.namespace}-{backend.name}-{number}"


def check_keys(configuration: Configuration) -> None:
    """Raise InputProblem for a Secret that is there and referred to, but has no key for the provider in it.

    A Secret that is not among the manifests is left to the cases: the Backend may be wrong, or the input incomplete.
    """
    for backend, llm in configuration.llms():
        if llm.auth.kind != "secret" or llm.auth.secret is None:
            continue
        secret = configuration.secrets.get(llm.auth.secret_id)
        if secret is None:
            continue
        wanted = llm.auth.secret_key
        value = secret_value(secret.data, wanted)
        if value is None or bare_key(value) in ("", "Bearer") or is_placeholder(value):
            raise _without_key(secret, wanted, value, str(backend.id))


def _without_key(secret: Manifest, wanted: str, value: str | None, backend: str) -> InputProblem:
    encoded, plain = secret.data.get("data") or {}, secret.data.get("stringData") or {}
    field = "data" if wanted in encoded and wanted not in plain else "stringData"
    if value is not None:
        message = "a placeholder stands where the API key belongs" if is_placeholder(value) else "the API key is empty"
    elif field == "data":
        message = "no base64 of a text"
    else:
        named = ", ".join([*plain, *encoded])
        message = f"required, {backend} takes its API key from there" + (
            f"; the Secret has only {named}" if named else ""
        )
    return secret.problem(message, field, wanted, remedy=f"write the API key into stringData.{wanted}")


def choose_profiles(profiles: list[Profile], wanted: Sequence[str]) -> list[Profile]:
    """The profiles of these names; all when there are no names. Raises InputProblem for one that is none's."""
    if not wanted:
        return profiles
    have = [profile.name for profile in profiles]
    for name in wanted:
        if name not in have:
            raise InputProblem(
                f"--provider {name}: the manifests have none of that name", remedy=f"they have: {', '.join(have)}"
            )
    return [profile for profile in profiles if profile.name in wanted]
