"""What the input cannot show and is assumed, so that the rest can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.core.redaction import new_key
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import Manifest, ManifestSet
from conformance.manifests.secrets import variables_of

__all__ = ["Assumed", "unset_variables"]


@dataclass(frozen=True)
class Assumed:
    """One thing that is assumed, at the field that asks for it."""

    manifest: Manifest
    path: FieldPath
    message: str
    remedy: str


def unset_variables(
    manifests: ManifestSet, environment: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[Assumed, ...]]:
    """The environment with made-up keys for the variables in Secrets that have no value there, and which they are."""
    unset = [(secret, key, name) for secret, key, name in _variables(manifests) if not environment.get(name)]
    made_up = {name: new_key(name.lower()).reveal() for _, _, name in unset}
    found = (
        Assumed(
            secret,
            ("stringData", key),
            f"the variable ${name} has no value here; a made-up key stands for it",
            f"export {name}=..., or name another variable: --secret {secret.name}=VARIABLE; kubectl fills in none",
        )
        for secret, key, name in unset
    )
    return {**environment, **made_up}, tuple(found)


def _variables(manifests: ManifestSet) -> Iterator[tuple[Manifest, str, str]]:
    """(Secret, key, name) of every variable."""
    for secret in manifests.of_kind("Secret"):
        values = secret.data.get("stringData")
        for key, value in values.items() if isinstance(values, dict) else ():
            for name in variables_of(value) if isinstance(value, str) else ():
                yield secret, key, name
