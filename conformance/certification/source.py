"""Where the manifests to certify come from: files and standard input, or the facts of a provider."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import accumulate
from pathlib import Path

from conformance.certification.checks import CHECKS
from conformance.certification.config.comments import acceptances_in
from conformance.certification.request import CertifyRequest
from conformance.certification.selection import check_cases
from conformance.core.files import ScratchFolder
from conformance.core.problems import InputProblem, Position
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import is_file, list_providers, load_provider
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.files import STDIN
from conformance.manifests.input.reading import Given, known_gateways, read_input
from conformance.manifests.named_facts import facts_at, llms_meant
from conformance.manifests.objects import LARGEST_FILE, ManifestSet
from conformance.manifests.render import render
from conformance.stage.scenario.profile import Profile, choose_profiles, given_profiles, rendered_profile

__all__ = [
    "ALL",
    "Source",
    "facts_named",
    "given_again",
    "profiles_of",
    "read_given",
    "read_source",
    "secret_variables",
]


@dataclass(frozen=True)
class Source:
    """What is certified: the objects, the providers among them, and the files that a person can edit, by name."""

    given: Given
    profiles: Sequence[Profile]
    texts: dict[str, str] = field(default_factory=dict, repr=False)


def read_source(request: CertifyRequest) -> Source:
    """What the request names. Raises InputProblem."""
    check_cases(request.run.cases, CHECKS)
    paths = request.run.manifests
    if not paths:
        return _of_providers(request)
    with ScratchFolder() as folder:
        stdin = None
        if "-" in paths:
            # It can be read once, and the fix finder has to look at it again.
            stdin = folder / "stdin.yaml"
            stdin.write_bytes(sys.stdin.buffer.read(LARGEST_FILE + 1))
        given = read_given(request, paths, stdin)
        texts = _texts(given, stdin, request.config.file)
        given = replace(given, acceptances=(*given.acceptances, *acceptances_in(texts)))
        # What a program has made of files is not mended in them: nobody could tell what it would make then.
        return Source(given, profiles_of(given, request.run.providers), {} if given.rendered else texts)


def given_again(request: CertifyRequest, texts: Mapping[str, str]) -> Given:
    """What the input comes to with these texts in place of what its files hold, new files among them.

    Raises InputProblem.
    """
    new = [name for name in texts if name != STDIN and not Path(name).exists()]
    given = read_given(request, [*request.run.manifests, *new], None, texts)
    return replace(given, acceptances=(*given.acceptances, *acceptances_in(texts)))


def read_given(
    request: CertifyRequest, paths: Sequence[str], stdin: Path | None, instead: Mapping[str, str] | None = None
) -> Given:
    """What the input comes to. Raises InputProblem."""
    given = read_input(
        paths,
        stdin=stdin,
        instead={**request.texts, **(instead or {})},
        secrets=secret_variables(request.secrets),
        gateway=request.run.on.gateway,
        dialect=request.run.dialect or request.config.dialect,
        environment=request.config.environment(os.environ),
        assume=True,
        stands=request.config.gateways,
        values=request.values,
        variables=request.config.variables,
    )
    files = {one.at().file for one in given.written}
    accepted = (one for one in request.config.acceptances if not one.files or any(map(one.is_about, files)))
    return replace(given, facts=facts_named(request.run.providers), strict=request.strict, acceptances=tuple(accepted))


def facts_named(wanted: Sequence[str]) -> tuple[Provider, ...]:
    """The facts in the files among the providers that were asked for. Raises InputProblem."""
    return tuple(load_provider(name) for name in wanted if is_file(name))


def profiles_of(given: Given, wanted: Sequence[str]) -> list[Profile]:
    """The providers among the manifests; of those whose facts a person gives in a file, with these facts and name.

    Where several Backends lead to such a provider, the others keep the names that they have without the file.
    """
    facts, profiles = facts_named(wanted), given_profiles(given.manifests, given.dialect, keyless=True)
    firsts = list(accumulate((len(one.providers) for one in given.configuration.backends), initial=0))
    meant = llms_meant(facts, given.configuration)
    found, named = list[Profile](), dict[str, list[str]]()
    for profile, number in zip(profiles, firsts[:-1], strict=True):
        own, known = profile.provider, facts_at(facts, profile.provider.host, profile.provider.port)
        name = own.name
        if file := known or meant.get(number):
            taken = {one.name for one in [*profiles, *found] if one is not profile}
            name = own.name if file.name in taken else file.name
            named.setdefault(file.name, []).append(name)
        others = tuple(facts_at(facts, one.host, one.port) or one for one in profile.others)
        told = {own.host} if file else set()
        unknown = tuple(host for host in profile.unknown if host not in told and facts_at(facts, host) is None)
        found.append(replace(profile, provider=replace(known or own, name=name), others=others, unknown=unknown))
    asked = [load_provider(name).name if is_file(name) else name for name in wanted]
    return choose_profiles(found, [name for one in asked for name in named.get(one, [one])])


def _texts(given: Given, stdin: Path | None, config: str) -> dict[str, str]:
    """The files in which the objects stand, and routes that may take requests from them; never the configuration."""
    manifests = [*given.manifests, *(route.origin.manifest for route in given.routes)]
    names = dict.fromkeys(one.at().file for one in manifests if one.document.positions)
    made_up = {place.file for one in given.made_up for place in one.places}
    found: dict[str, str] = {}
    # Standard input cannot be read again for a candidate, so its text is kept even if nothing of it concerns us.
    for name in dict.fromkeys([*names, *sorted(made_up), *([STDIN] if stdin else ())]):
        path = stdin if name == STDIN else Path(name)
        if path is not None and name != config and path.is_file():
            found[name] = path.read_bytes().decode("utf-8-sig")
    return found


def _of_providers(request: CertifyRequest) -> Source:
    """Manifests made for providers, as a person would write them after the documentation."""
    wanted, dialect = request.run.providers, request.run.dialect or DIALECTS[0]
    names = list_providers() if ALL in wanted else list(dict.fromkeys(wanted))
    providers = [load_provider(name) for name in names]
    if request.write is not None:
        _write(request.write, {one.name: render(one, dialect) for one in providers})
    profiles = [rendered_profile(one, dialect) for one in providers]
    manifests = ManifestSet(manifest for profile in profiles for manifest in profile.manifests)
    return Source(Given(manifests, dialect, known_gateways([], dialect, request.run.on.gateway)), profiles)


def _write(folder: Path, texts: dict[str, str]) -> None:
    """A file for each provider. What is there already is never touched."""
    paths = {folder / f"{name}.yaml": text for name, text in texts.items()}
    for path in paths:
        if path.exists():
            raise InputProblem("is there already", position=Position(str(path)), remedy="choose another --write")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise InputProblem(f"--write {folder}: cannot be written: {error.strerror}") from error


ALL = "all"
"""As a provider's name: every provider that the suite has facts of."""

_SECRET = re.compile(r"^(?P<secret>(?:[a-z0-9.-]+/)?[a-z0-9.-]+)=(?P<variable>[A-Za-z_][A-Za-z0-9_]*)$")


def secret_variables(given: Sequence[str]) -> Mapping[str, str]:
    """Secrets, by name or namespace/name, and the variables of --secret. Raises InputProblem."""
    found: dict[str, str] = {}
    for one in given:
        if (match := _SECRET.match(one)) is None:
            # It may be the key itself that stands there, so it is not repeated.
            raise InputProblem(
                "--secret is NAME=VARIABLE or NAMESPACE/NAME=VARIABLE",
                remedy="name the environment variable that holds the key, never the key",
            )
        found[match["secret"]] = match["variable"]
    return found
