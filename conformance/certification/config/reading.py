"""Finds and reads `.agw-conformance.yaml`: each mistake is one message with its line and field."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

from conformance.certification.config.ids import UNACCEPTABLE, check_id, is_of_acceptances
from conformance.certification.config.model import NAME, Config, ConfigGroup
from conformance.certification.config.schema import CHECK, DATE, GROUP_NAME, NAME_OF_OBJECT, VARIABLE
from conformance.core.problems import InputProblem, Position
from conformance.core.redaction import new_key
from conformance.core.yaml.fields import Fields
from conformance.core.yaml.located import Document, FieldPath, read_documents
from conformance.manifests.acceptance import Acceptance
from conformance.manifests.dialects import DIALECTS
from conformance.manifests.gateways import read_gateway
from conformance.manifests.objects import Manifest, read_text

__all__ = ["NONE", "find_config", "load_config", "read_config"]

NONE = "none"
"""In place of a file: that there is none."""

_FIELDS = ("paths", "groups", "dialect", "gatewayVersion", "keys", "variables", "gateways", "accept")
_OF_GROUP = ("name", "paths", "dialect", "gatewayVersion", "helmValues", "variables")
_OF_GATEWAY = ("name", "namespace", "gatewayClassName", "listeners")
_OF_ACCEPTANCE = ("check", "path", "reason", "expires")
_LISTENER = {"name": "http", "port": 8080, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}


def load_config(named: str | None = None) -> Config:
    """The configuration of a file, else of the one that is found; empty where there is none. Raises InputProblem."""
    if named == NONE:
        return Config()
    file = Path(named) if named else find_config(Path.cwd())
    if file is None:
        return Config()
    shown = os.path.relpath(file) if file.is_absolute() and not named else str(file)
    return read_config(read_text(str(file)), shown)


def find_config(folder: Path) -> Path | None:
    """The file in this folder or the nearest one above it, no further up than the root of a Git checkout."""
    above = [folder, *folder.parents]
    root = next((number for number, one in enumerate(above) if (one / ".git").exists()), 0)
    return next((one / NAME for one in above[: root + 1] if (one / NAME).is_file()), None)


def read_config(text: str, file: str) -> Config:
    """A configuration from the text of its file. Raises InputProblem for the first mistake."""
    documents = read_documents(text, file)
    if not documents:
        return Config(file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise InputProblem("holds exactly one YAML mapping", position=Position(file))
    fields = _Fields(documents[0], Path(file).parent)
    fields.only((), _FIELDS)
    return Config(
        file,
        groups=fields.groups(),
        dialect=fields.dialect(),
        gateway_version=fields.version(),
        keys=fields.keys(),
        variables=fields.variables("variables"),
        gateways=tuple(fields.gateway(number) for number in range(len(fields.listed("gateways")))),
        acceptances=tuple(fields.acceptance(number) for number in range(len(fields.listed("accept")))),
    )


class _Fields(Fields):
    """The fields of a configuration in this folder."""

    def __init__(self, document: Document, folder: Path) -> None:
        super().__init__(document)
        self._folder = folder
        self._manifest = Manifest(document.data, document)

    def groups(self) -> tuple[ConfigGroup, ...]:
        if "paths" in self.value() and "groups" in self.value():
            raise self.problem("paths and groups do not go together", "groups", remedy="make a group of the paths")
        if "paths" in self.value():
            return (ConfigGroup("", self.paths("paths")),)
        found: list[ConfigGroup] = []
        for number in range(len(self.listed("groups"))):
            group = self.group("groups", number)
            if any(one.name.lower() == group.name.lower() for one in found):
                raise self.problem("another group has this name", "groups", number, "name", remedy="call it otherwise")
            found.append(group)
        return tuple(found)

    def group(self, *path: str | int) -> ConfigGroup:
        self.record(path, _OF_GROUP)
        name = self.text(*path, "name", pattern=GROUP_NAME)
        values = self.paths(*path, "helmValues") if "helmValues" in self.value(*path) else ()
        paths, variables = self.paths(*path, "paths"), self.variables(*path, "variables")
        return ConfigGroup(name, paths, self.dialect(*path), self.version(*path), values, variables)

    def record(self, path: tuple[str | int, ...], allowed: tuple[str, ...]) -> None:
        """A mapping with no other fields than these."""
        self.optional_mapping(*path)
        self.only(path, allowed)

    def paths(self, *path: str | int) -> tuple[str, ...]:
        count = len(self.listed(*path))
        if not count:
            raise self.problem("expected a list of at least one path", *path)
        return tuple(self.inside(*path, number) for number in range(count))

    def inside(self, *path: str | int) -> str:
        """A file or folder that is there, in this repository: nobody else's is certified by what stands in a file."""
        written = self.text(*path)
        if "\0" in written or Path(written).is_absolute():
            raise self.problem("expected a path relative to this file", *path)
        found = self._folder / written
        if not found.resolve().is_relative_to(self._folder.resolve()):
            raise self.problem(f"{written!r} lies outside of this file's folder", *path, remedy="move this file up")
        if not found.exists():
            raise self.problem(f"there is no {written!r} in {self._folder.resolve().name or '/'}", *path)
        return os.path.normpath(found)

    def dialect(self, *path: str | int) -> str | None:
        if "dialect" not in self.value(*path):
            return None
        if (found := self.text(*path, "dialect")) not in DIALECTS:
            raise self.problem(f"unknown dialect {found!r}", *path, "dialect", remedy=f"one of: {', '.join(DIALECTS)}")
        return found

    def version(self, *path: str | int) -> str | None:
        if "gatewayVersion" not in self.value(*path):
            return None
        if not isinstance(self.value(*path, "gatewayVersion"), str):
            raise self.problem("expected a text", *path, "gatewayVersion", remedy="put it in quotes")
        return self.text(*path, "gatewayVersion")

    def keys(self) -> dict[str, str]:
        names = [self.variable("keys", number) for number in range(len(self.listed("keys")))]
        return {name: new_key(name.lower()).reveal() for name in names}

    def variables(self, *path: str | int) -> dict[str, str]:
        """Values by the names of variables."""
        found = self.optional_mapping(*path)
        for name in found:
            if not VARIABLE.fits(name):
                raise self.problem(f"expected {VARIABLE.words}", *path, name)
            if not isinstance(found[name], str):
                raise self.problem("expected a text", *path, name, remedy="put it in quotes")
        return found

    def variable(self, *path: str | int) -> str:
        """The name of a variable. What stands there instead may be a key, so it is not repeated."""
        if not isinstance(found := self.value(*path), str) or not VARIABLE.fits(found):
            raise self.problem(f"expected {VARIABLE.words}", *path)
        return found

    def gateway(self, number: int) -> Manifest:
        """A Gateway whose fields stand in this file."""
        path = ("gateways", number)
        self.record(path, _OF_GATEWAY)
        name, namespace = (self.text(*path, one, pattern=NAME_OF_OBJECT) for one in ("name", "namespace"))
        wanted = self.text(*path, "gatewayClassName", default="agentgateway")
        listeners = self.listed(*path, "listeners") or [_LISTENER]
        for index, one in enumerate(listeners):
            if not isinstance(one, dict):
                raise self.problem("expected a mapping", *path, "listeners", index)
        data: dict[str, Any] = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"gatewayClassName": wanted, "listeners": listeners},
        }
        places: dict[FieldPath, Position] = {(): self.document.at(*path)}
        for place, position in self.document.positions.items():
            if place[:2] == path:
                inside = place[2:]
                above = ("metadata",) if inside[:1] in (("name",), ("namespace",)) else ("spec",)
                places[(*above, *inside) if inside else ()] = position
        manifest = Manifest(data, Document(data, places))
        read_gateway(manifest)
        return manifest

    def acceptance(self, number: int) -> Acceptance:
        path = ("accept", number)
        self.record(path, _OF_ACCEPTANCE)
        known, remedy = check_id(self.text(*path, "check", pattern=CHECK))
        if not known:
            raise self.problem("there is no such check or case", *path, "check", remedy=remedy)
        if is_of_acceptances(known):
            raise self.problem(f"{known} {UNACCEPTABLE}", *path, "check", remedy="take the entry away")
        written = self.text(*path, "expires", pattern=DATE)
        try:
            expires = datetime.date.fromisoformat(written)
        except ValueError:
            raise self.problem(f"there is no day {written}", *path, "expires") from None
        if not (reason := self.text(*path, "reason").strip()):
            raise self.problem("expected a text", *path, "reason", remedy="say why it is accepted")
        files = self.text(*path, "path") if "path" in self.value(*path) else ""
        files = os.path.normpath(files) if files else ""
        return Acceptance(known, reason, self._manifest, path, expires, files, self._folder)
