"""Provider facts: an OpenAI-compatible API as its vendor runs it, read from `fixtures/providers/NAME.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.data import fixtures
from conformance.located import Document, dotted, read_documents
from conformance.problems import InputProblem, Position

__all__ = ["Provider", "VendorError", "list_providers", "load_provider", "read_provider"]

_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
_ERRORS = ("not_found", "unauthorized", "unknown_model", "bad_request")


@dataclass(frozen=True)
class VendorError:
    """How the vendor answers one kind of mistake; `{model}`, `{path}` and `{message}` in the body are filled in."""

    status: int
    body: Any


@dataclass(frozen=True)
class Provider:
    """One provider. `port` is where its API listens, `tls` whether it speaks HTTPS there."""

    name: str
    title: str
    host: str
    port: int
    path: str
    models: tuple[str, ...]
    tls: bool = True
    auth_header: str = "Authorization"
    auth_scheme: str = "Bearer"
    errors: Mapping[str, VendorError] = field(default_factory=dict)
    # A known provider refuses models it does not have; one inferred from manifests accepts any.
    any_model: bool = False

    @property
    def authority(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


def list_providers() -> list[str]:
    """The names of the providers whose facts the suite has."""
    return sorted(path.stem for path in fixtures("providers").glob("*.yaml"))


def load_provider(name: str) -> Provider:
    """The facts of a provider by name, or from a file when `name` is a path to one.

    Raises InputProblem when there is none, or when the file is not as it should be.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else fixtures("providers", f"{name}.yaml")
    if not name.endswith((".yaml", ".yml")) and name not in list_providers():
        known = ", ".join(list_providers())
        raise InputProblem(f"unknown provider {name!r}", remedy=f"use one of: {known}; or the path of a provider file")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputProblem(f"cannot be read: {error}", position=Position(str(path))) from error
    return read_provider(text, str(path))


def read_provider(text: str, file: str) -> Provider:
    """A provider from the text of its file. Raises InputProblem with line and field for each mistake."""
    documents = read_documents(text, file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise InputProblem("a provider file holds exactly one YAML mapping", position=Position(file))
    reader = _Fields(documents[0])
    reader.only("name", "title", "host", "port", "path", "tls", "auth", "models", "errors", "sources", "notes")
    name = reader.text("name", pattern=_NAME)
    auth = reader.mapping("auth", optional=True)
    return Provider(
        name=name,
        title=reader.text("title", default=name),
        host=reader.text("host"),
        port=reader.port(),
        path=reader.text("path", pattern=re.compile(r"^/")),
        tls=reader.flag("tls", default=True),
        auth_header=str(auth.get("header", "Authorization")),
        auth_scheme=str(auth.get("scheme", "Bearer")),
        models=reader.texts("models"),
        errors=reader.errors(),
    )


class _Fields:
    """Takes typed fields out of a document; what is wrong becomes an InputProblem at its line."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._data: dict[str, Any] = document.data

    def problem(self, message: str, *path: str | int, remedy: str | None = None) -> InputProblem:
        return InputProblem(message, position=self._document.at(*path), field=dotted(path), remedy=remedy)

    def only(self, *allowed: str) -> None:
        for key in self._data:
            if key not in allowed:
                raise self.problem("unknown field", key, remedy=f"known fields: {', '.join(allowed)}")

    def text(self, key: str, *, default: str | None = None, pattern: re.Pattern[str] | None = None) -> str:
        value = self._data.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.problem("expected a text", key)
        if pattern and not pattern.match(value):
            raise self.problem(f"{value!r} does not match {pattern.pattern}", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._data.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.problem("expected a list of at least one text", key)
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._data.get(key, default)
        if not isinstance(value, bool):
            raise self.problem("expected true or false", key)
        return value

    def port(self) -> int:
        value = self._data.get("port")
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
            raise self.problem("expected a number from 1 to 65535", "port")
        return value

    def mapping(self, key: str, *, optional: bool = False) -> dict[str, Any]:
        value = self._data.get(key, {} if optional else None)
        if not isinstance(value, dict):
            raise self.problem("expected a mapping", key)
        return value

    def errors(self) -> dict[str, VendorError]:
        found: dict[str, VendorError] = {}
        for kind, entry in self.mapping("errors", optional=True).items():
            if kind not in _ERRORS:
                raise self.problem("unknown kind of error", "errors", kind, remedy=f"known: {', '.join(_ERRORS)}")
            if not isinstance(entry, dict) or not isinstance(entry.get("status"), int) or "body" not in entry:
                raise self.problem("expected `status` (a number) and `body`", "errors", kind)
            found[kind] = VendorError(entry["status"], entry["body"])
        return found
