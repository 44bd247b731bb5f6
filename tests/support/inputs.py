"""Manifests of nimbus as `certify` reads them: from files and folders, with keys from an environment."""

from __future__ import annotations

from pathlib import Path

from conformance.manifests.dialects import DIALECTS
from conformance.manifests.input.reading import Given, read_input
from conformance.manifests.objects import ManifestSet, read_manifests
from conformance.manifests.secrets import substitute
from conformance.stage.scenario.profile import Profile, given_profiles
from tests.support.nimbus import KEY, NIMBUS

SECRET, BACKEND, ROUTE, POLICY = NIMBUS.split("---\n")
ENVIRONMENT = {"NIMBUS_API_KEY": KEY}

# A route to a Service, which is nobody's provider.
ELSEWHERE = ROUTE.replace("name: nimbus\n", "name: web\n", 1).replace(
    "- name: nimbus\n      group: gateway.kgateway.dev\n      kind: Backend", "- name: web\n      port: 80"
)


def reads(folder: Path, *texts: str, paths: tuple[str, ...] = (), **options: object) -> Given:
    """What `certify` makes of one file, or of these paths below the folder."""
    file = folder / "given.yaml"
    if texts:
        file.write_text("---\n".join(texts))
    options.setdefault("environment", ENVIRONMENT)
    return read_input([str(folder / one) for one in paths] or [str(file)], **options)  # type: ignore[arg-type]


def profiles_of(text: str, variables: dict[str, str] | None = None) -> list[Profile]:
    """What `certify` makes of a file before it starts anything."""
    manifests = ManifestSet(read_manifests(text, "given.yaml"))
    substitute(manifests, {"NIMBUS_API_KEY": KEY} if variables is None else variables)
    return given_profiles(manifests, DIALECTS[0])
