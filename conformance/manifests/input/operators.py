"""Objects whose operators fill in Secrets in the cluster: recognised, explained, and the Secret they would make.

Sources: external-secrets.io API (ExternalSecret spec.target, spec.data), bitnami.com SealedSecret (spec.template,
spec.encryptedData), secrets.hashicorp.com (spec.destination), onepassword.com OnePasswordItem, getsops.io (`sops`
metadata, ENC[...] values), argocd-vault-plugin (`avp.kubernetes.io/path`), Bank-Vaults (`vault:` values).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from conformance.core.problems import Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, FieldPath
from conformance.manifests.dialects.gateway_api import as_list, as_mapping, field_of, optional
from conformance.manifests.dialects.model import Origin
from conformance.manifests.objects import Manifest, ObjectId

__all__ = ["AVP", "FETCHED", "Recognised", "explained", "made_by", "recognise"]

_ENCRYPTED = re.compile(r"ENC\[AES256_GCM,.*\]", re.DOTALL)
FETCHED = re.compile(r"vault:\S+#.+|<path:[^<>]+>")
AVP = "avp.kubernetes.io/path"

Keys = dict[str, FieldPath]
"""The keys of a Secret, and the field that says that it will have each."""


@dataclass(frozen=True)
class Recognised:
    """An object that an operator makes a Secret from.

    `keys` are those that the Secret will have, with the field that says so; None where only the store knows them.
    """

    manifest: Manifest
    what: str
    secret: ObjectId
    keys: Keys | None
    # What a person would have to mend where none of the keys is the right one.
    called: str
    message: str = ""

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.manifest.at()

    def __str__(self) -> str:
        return f"{self.position}: {self.what}: {self.message}"


def recognise(manifest: Manifest) -> Recognised | None:
    """What is known about an object that an operator makes a Secret from; None for any other.

    Raises InputProblem for fields of the wrong type.
    """
    if (manifest.group, manifest.kind) == ("", "Secret"):
        return _secret(manifest)
    reader = _READERS.get((manifest.group, manifest.kind))
    return reader(manifest) if reader else None


def made_by(one: Recognised, wanted: Mapping[str, str]) -> Manifest:
    """The Secret that the operator would make, with the values in `wanted` for keys of these names.

    Its fields stand where the object says that they will be there.
    """
    names = list(wanted) if one.keys is None else list(one.keys)
    data: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": one.secret.name, "namespace": one.secret.namespace},
        # What no Backend looks for is there, and that is all that matters of it.
        "stringData": {name: wanted.get(name, "n/a") for name in names},
    }
    at = one.manifest.at
    held = next((name for name in ("stringData", "data", "spec") if name in one.manifest.data), "metadata")
    positions: dict[FieldPath, Position] = {(): at(), ("stringData",): at(held)}
    positions |= {("stringData", name): at(*path) for name, path in (one.keys or {}).items()}
    return Manifest(data, Document(None, positions))


def _external_secret(manifest: Manifest) -> Recognised:
    spec = Origin(manifest, ("spec",))
    target, at = as_mapping(spec, manifest.spec, "target"), spec.below("target")
    name = optional(at, target, "name", str) or manifest.name
    template = as_mapping(at, target, "template")
    shaped = as_mapping(at.below("template"), template, "data")
    named: Keys = {}
    for index, entry in enumerate(as_list(spec, manifest.spec, "data")):
        named[field_of(spec.below("data", index), entry, "secretKey", str)] = ("spec", "data", index, "secretKey")
    keys: Keys | None = named
    if "templateFrom" in template or (not shaped and as_list(spec, manifest.spec, "dataFrom")):
        keys = None
    elif shaped:
        merged = named if template.get("mergePolicy") == "Merge" else {}
        keys = {**merged, **_below(shaped, "spec", "target", "template", "data")}
    return _recognised(manifest, name, keys, "secretKey")


def _sealed_secret(manifest: Manifest) -> Recognised:
    spec = Origin(manifest, ("spec",))
    template = as_mapping(spec, manifest.spec, "template")
    metadata = as_mapping(spec.below("template"), template, "metadata")
    name = optional(spec.below("template", "metadata"), metadata, "name", str) or manifest.name
    sealed = as_mapping(spec, manifest.spec, "encryptedData")
    shaped = as_mapping(spec.below("template"), template, "data")
    keys = _below(sealed, "spec", "encryptedData") | _below(shaped, "spec", "template", "data")
    return _recognised(manifest, name, keys, "its name under encryptedData")


def _vault_secret(manifest: Manifest) -> Recognised:
    spec = Origin(manifest, ("spec",))
    destination, at = as_mapping(spec, manifest.spec, "destination"), spec.below("destination")
    name = optional(at, destination, "name", str) or manifest.name
    shape, inside = as_mapping(at, destination, "transformation"), at.below("transformation")
    templates = as_mapping(inside, shape, "templates")
    keys = _below(templates, "spec", "destination", "transformation", "templates")
    # Without templates the store's own names are the keys, and they are added to those of the templates.
    return _recognised(manifest, name, keys if "Authorization" in keys else None, "its name in the store")


def _one_password(manifest: Manifest) -> Recognised:
    return _recognised(manifest, manifest.name, None, "the item's field")


def _secret(manifest: Manifest) -> Recognised | None:
    """A Secret that is encrypted in the file, or has references where a tool fills in the values."""
    values = {
        key: (field, key)
        for field in ("data", "stringData")
        for key in manifest.data.get(field) or {}
        if isinstance(key, str)
    }
    written = [(manifest.data.get(field) or {})[key] for key, (field, _) in values.items()]
    if "sops" in manifest.data or any(_ENCRYPTED.fullmatch(one) for one in written):
        who = "a Secret encrypted by SOPS"
    elif AVP in (manifest.data["metadata"].get("annotations") or {}):
        who = "a Secret of argocd-vault-plugin"
    elif any(FETCHED.fullmatch(one.strip()) for one in written):
        who = "a Secret that Vault fills in"
    else:
        return None
    return _recognised(manifest, manifest.name, dict(values), "its name", who)


def _recognised(
    manifest: Manifest,
    name: str,
    keys: Keys | None,
    called: str,
    what: str | None = None,
) -> Recognised:
    secret = ObjectId("", "Secret", manifest.namespace or "default", name)
    return Recognised(manifest, what or f"{manifest.kind} {manifest.name}", secret, keys, called)


def explained(one: Recognised, wanted: Collection[str], instead: str) -> Recognised:
    """With a message for people: `wanted` are the keys under which Backends look into the Secret, `instead` is what
    stands for the value.
    """
    looked_for = " or ".join(f"`{name}`" for name in sorted(wanted))
    message = f"the value in {one.secret} is filled in by its operator; {instead} stands for it"
    if one.keys is None:
        message += f"; which keys the Secret will have is not written here: check that one is {looked_for}"
    elif not set(wanted) & set(one.keys):
        have = ", ".join(f"`{name}`" for name in one.keys) or "none"
        message += f"; Backends look for {looked_for} in it, and its keys are {have}: {one.called} must be that"
    return dataclasses.replace(one, message=message)


def _below(data: Mapping[Any, Any], *path: str | int) -> Keys:
    return {str(key): (*path, str(key)) for key in data}


_READERS: dict[tuple[str, str], Callable[[Manifest], Recognised]] = {
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("secrets.hashicorp.com", "VaultStaticSecret"): _vault_secret,
    ("secrets.hashicorp.com", "VaultDynamicSecret"): _vault_secret,
    ("onepassword.com", "OnePasswordItem"): _one_password,
}
