"""Provider facts: an OpenAI-compatible API as its vendor runs it, read from `fixtures/providers/NAME.yaml`."""

from __future__ import annotations

import ipaddress
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
_LABEL = re.compile(r"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$")
_PATH = re.compile(r"^/[^\s?#]*$")
# RFC 9110: a field name and an authentication scheme are tokens.
_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_DATE = re.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
_FIELDS = ("name", "title", "host", "port", "path", "tls", "auth", "models", "errors", "sources", "notes")
_ERRORS = ("not_found", "method_not_allowed", "unauthorized", "unknown_model", "bad_request")


@dataclass(frozen=True)
class VendorError:
    """How the vendor answers one kind of mistake; `{model}`, `{path}` and `{message}` in the body are filled in."""

    status: int
    body: Any


@dataclass(frozen=True)
class Provider:
    """One provider. `port` is where its API listens, `tls` whether it speaks HTTPS there.

    An empty `auth_scheme` means that the key stands alone in its header.
    """

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
    reader.only((), _FIELDS)
    name = reader.text("name", pattern=_NAME)
    reader.optional_mapping("auth")
    reader.only(("auth",), ("header", "scheme"))
    reader.sources()
    return Provider(
        name=name,
        title=reader.text("title", default=name),
        host=reader.host(),
        port=reader.number("port", lowest=1, highest=65535),
        path=reader.text("path", pattern=_PATH),
        tls=reader.flag("tls", default=True),
        auth_header=reader.text("auth", "header", default="Authorization", pattern=_TOKEN),
        auth_scheme=reader.scheme(),
        models=reader.models(),
        errors=reader.errors(),
    )


class _Fields:
    """Takes typed fields out of a document; what is wrong becomes an InputProblem at its line."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def problem(self, message: str, *path: str | int, remedy: str | None = None) -> InputProblem:
        return InputProblem(message, position=self._document.at(*path), field=dotted(path), remedy=remedy)

    def value(self, *path: str | int, default: Any = None) -> Any:
        value = self._document.data
        for part in path:
            if isinstance(part, str) and part not in value:
                return default
            value = value[part]
        return value

    def only(self, path: tuple[str | int, ...], allowed: tuple[str, ...]) -> None:
        for key in self.value(*path, default={}):
            if key not in allowed:
                raise self.problem("unknown field", *path, key, remedy=f"known fields: {', '.join(allowed)}")

    def text(self, *path: str | int, default: str | None = None, pattern: re.Pattern[str] | None = None) -> str:
        value = self.value(*path, default=default)
        if not isinstance(value, str) or not value:
            raise self.problem("expected a text", *path)
        if pattern and not pattern.match(value):
            raise self.problem(f"{value!r} does not match {pattern.pattern}", *path)
        return value

    def number(self, *path: str | int, lowest: int, highest: int) -> int:
        value = self.value(*path)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.problem(f"expected a number from {lowest} to {highest}", *path)
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.value(key, default=default)
        if not isinstance(value, bool):
            raise self.problem("expected true or false", key)
        return value

    def optional_mapping(self, *path: str | int) -> dict[str, Any]:
        value = self.value(*path, default={})
        if not isinstance(value, dict):
            raise self.problem("expected a mapping", *path)
        return value

    def host(self) -> str:
        host = self.text("host")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            labels = host.split(".")
            if len(host) > 253 or not all(map(_LABEL.match, labels)) or labels[-1].isdecimal():
                remedy = "write the name alone: no scheme, port or path"
                raise self.problem(f"{host!r} is not a host name", "host", remedy=remedy) from None
        return host

    def scheme(self) -> str:
        if self.value("auth", "scheme") == "":
            return ""
        return self.text("auth", "scheme", default="Bearer", pattern=_TOKEN)

    def models(self) -> tuple[str, ...]:
        models = self.value("models")
        if not isinstance(models, list) or not models:
            raise self.problem("expected a list of at least one text", "models")
        for index in range(len(models)):
            if self.text("models", index) in models[:index]:
                raise self.problem("the model stands twice", "models", index, remedy="remove one of them")
        return tuple(models)

    def errors(self) -> dict[str, VendorError]:
        found: dict[str, VendorError] = {}
        self.optional_mapping("errors")
        self.only(("errors",), _ERRORS)
        for kind in self.value("errors", default={}):
            if "body" not in self.optional_mapping("errors", kind):
                raise self.problem("expected `status` and `body`", "errors", kind)
            self.only(("errors", kind), ("status", "body"))
            status = self.number("errors", kind, "status", lowest=400, highest=599)
            found[kind] = VendorError(status, self.value("errors", kind, "body"))
        return found

    def sources(self) -> None:
        """Sources are for people; that they can be followed is all that is asked of them."""
        sources = self.value("sources", default=[])
        if not isinstance(sources, list):
            raise self.problem("expected a list", "sources")
        for index in range(len(sources)):
            self.optional_mapping("sources", index)
            self.only(("sources", index), ("title", "url", "checked"))
            self.text("sources", index, "title")
            self.text("sources", index, "checked", pattern=_DATE)
            self.text("sources", index, "url", default="https://", pattern=re.compile("^https://"))
        self.text("notes", default="none")
