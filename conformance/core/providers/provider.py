"""Provider facts: an OpenAI-compatible API as its vendor runs it, and the file format that tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.core.addresses import is_address
from conformance.core.problems import InputProblem, Position
from conformance.core.yaml.located import Document, dotted, read_documents

__all__ = ["ERRORS", "Pattern", "Patterns", "Provider", "VendorError", "read_provider"]

_FIELDS = (
    "name",
    "title",
    "host",
    "port",
    "path",
    "other_paths",
    "tls",
    "auth",
    "models",
    "errors",
    "sources",
    "notes",
)
ERRORS = ("not_found", "method_not_allowed", "unauthorized", "unknown_model", "bad_request")
"""The kinds of mistakes that a file may have the vendor's answer to."""


@dataclass(frozen=True)
class Pattern:
    """What a text must look like, as a regular expression and in words."""

    regex: str
    words: str


class Patterns:
    """Those of the file format; `provider_schema` shows the same ones."""

    # RFC 1123; a name whose last label is a number would be taken for an address.
    HOST = Pattern(
        r"^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
        r"(?![0-9]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        "the name of a host",
    )
    # A part of object names and paths, to which variations append theirs.
    NAME = Pattern(r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", "at most 40 lower-case letters, digits and inner hyphens")
    PATH = Pattern(r"^/[!-\"$->@-~]*$", "a path: it begins with a slash, and is ASCII without space, ? or #")
    # RFC 9110: a field name and an authentication scheme are tokens.
    HEADER = Pattern(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "the name of a header")
    SCHEME = Pattern(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "one word; leave it empty for a key that stands alone")
    DATE = Pattern(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "a date such as 2026-11-23")
    URL = Pattern(r"^https://\S+$", "an address that begins with https://")


@dataclass(frozen=True)
class VendorError:
    """How the vendor answers one kind of mistake; `{model}`, `{path}` and `{message}` in the body are filled in.

    The body is a JSON value, or where it is `plain` a text that is sent as it stands.
    """

    status: int
    body: Any
    plain: bool = False


@dataclass(frozen=True)
class Provider:
    """One provider. `port` is where its API listens, `tls` whether it speaks HTTPS there.

    `other_paths` lead to the same as `path`.
    An empty `auth_scheme` means that the key stands alone in its header. Where no key is required, any is ignored.
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
    auth_required: bool = True
    errors: Mapping[str, VendorError] = field(default_factory=dict)
    other_paths: tuple[str, ...] = ()
    # A provider refuses models it does not have; one whose models nobody listed accepts any.
    any_model: bool = False

    @property
    def authority(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


def read_provider(text: str, file: str) -> Provider:
    """A provider from the text of its file. Raises InputProblem with line and field for each mistake."""
    documents = read_documents(text, file)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise InputProblem("a provider file holds exactly one YAML mapping", position=Position(file))
    reader = _Fields(documents[0])
    reader.only((), _FIELDS)
    name = reader.text("name", pattern=Patterns.NAME)
    reader.optional_mapping("auth")
    reader.only(("auth",), ("header", "scheme", "required"))
    reader.sources()
    models = reader.models()
    return Provider(
        name=name,
        title=reader.text("title", default=name),
        host=reader.host(),
        port=reader.number("port", lowest=1, highest=65535),
        path=reader.text("path", pattern=Patterns.PATH),
        other_paths=reader.other_paths(),
        tls=reader.flag("tls", default=True),
        auth_header=reader.text("auth", "header", default="Authorization", pattern=Patterns.HEADER),
        auth_scheme=reader.scheme(),
        auth_required=reader.flag("auth", "required", default=True),
        models=models or ("any-model",),
        errors=reader.errors(),
        any_model=not models,
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

    def text(self, *path: str | int, default: str | None = None, pattern: Pattern | None = None) -> str:
        value = self.value(*path, default=default)
        if not isinstance(value, str) or not value:
            raise self.problem("expected a text", *path)
        if pattern and not re.fullmatch(pattern.regex, value):
            raise self.problem(f"expected {pattern.words}, found {value!r}", *path)
        return value

    def number(self, *path: str | int, lowest: int, highest: int) -> int:
        value = self.value(*path)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.problem(f"expected a number from {lowest} to {highest}", *path)
        return value

    def flag(self, *path: str, default: bool) -> bool:
        value = self.value(*path, default=default)
        if not isinstance(value, bool):
            raise self.problem("expected true or false", *path)
        return value

    def optional_mapping(self, *path: str | int) -> dict[str, Any]:
        value = self.value(*path, default={})
        if not isinstance(value, dict):
            raise self.problem("expected a mapping", *path)
        return value

    def host(self) -> str:
        host = self.text("host")
        if not is_address(host) and not re.fullmatch(Patterns.HOST.regex, host):
            remedy = "write the name alone: no scheme, port or path"
            raise self.problem(f"{host!r} is not a host name", "host", remedy=remedy)
        return host.lower()

    def other_paths(self) -> tuple[str, ...]:
        paths = self.value("other_paths", default=[])
        if not isinstance(paths, list):
            raise self.problem("expected a list of texts", "other_paths")
        return tuple(self.text("other_paths", index, pattern=Patterns.PATH) for index in range(len(paths)))

    def scheme(self) -> str:
        if self.value("auth", "scheme") == "":
            return ""
        return self.text("auth", "scheme", default="Bearer", pattern=Patterns.SCHEME)

    def models(self) -> tuple[str, ...]:
        if "models" not in self.value():
            return ()
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
        self.only(("errors",), ERRORS)
        for kind in self.value("errors", default={}):
            given = self.optional_mapping("errors", kind)
            if ("body" in given) == ("text" in given):
                raise self.problem("expected `status` and either `body` or `text`", "errors", kind)
            self.only(("errors", kind), ("status", "body", "text"))
            status = self.number("errors", kind, "status", lowest=400, highest=599)
            plain = "text" in given
            body = self.text("errors", kind, "text") if plain else self.value("errors", kind, "body")
            found[kind] = VendorError(status, body, plain)
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
            self.text("sources", index, "checked", pattern=Patterns.DATE)
            if "url" in self.value("sources", index):
                self.text("sources", index, "url", pattern=Patterns.URL)
        self.text("notes", default="none")
