"""The file that tells a provider's facts: read, with line and field for each mistake."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.core.addresses import is_address
from conformance.core.problems import InputProblem, Position
from conformance.core.providers.forms import is_form, parts_of, with_examples
from conformance.core.providers.provider import ERRORS, Auth, Patterns, Provider, VendorError
from conformance.core.yaml.fields import Fields
from conformance.core.yaml.located import read_documents

__all__ = ["LARGEST_PROVIDER", "read_provider"]

LARGEST_PROVIDER = 1 << 20
"""Bytes of a file with a provider's facts."""

_FIELDS = (
    "name",
    "title",
    "host",
    "other_hosts",
    "former_hosts",
    "not_at",
    "port",
    "path",
    "other_paths",
    "examples",
    "tls",
    "auth",
    "other_auth",
    "models",
    "errors",
    "sources",
    "notes",
)


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
    models, examples = reader.models(), reader.examples()
    host, path = reader.host("host"), reader.text("path", pattern=Patterns.PATH)
    return Provider(
        name=name,
        title=reader.text("title", default=name),
        host=reader.filled("host", host, examples),
        port=reader.number("port", lowest=1, highest=65535),
        path=reader.filled("path", path, examples),
        tls=reader.flag("tls", default=True),
        auth_header=reader.text("auth", "header", default="Authorization", pattern=Patterns.HEADER),
        auth_scheme=reader.scheme("auth"),
        auth_required=reader.flag("auth", "required", default=True),
        models=models or ("any-model",),
        errors=reader.errors(),
        other_paths=(*([path] if is_form(path) else ()), *reader.other_paths()),
        any_model=not models,
        other_hosts=(*([host] if is_form(host) else ()), *reader.hosts("other_hosts")),
        former_hosts=reader.hosts("former_hosts"),
        not_at=reader.hosts("not_at"),
        other_auth=reader.other_auth(),
    )


class _Fields(Fields):
    """The fields of a provider file."""

    def host(self, *path: str | int) -> str:
        host = self.text(*path)
        if is_form(host):
            return self.text(*path, pattern=Patterns.HOST_FORM)
        if not is_address(host) and not re.fullmatch(Patterns.HOST.regex, host):
            remedy = "write the name alone: no scheme, port or path"
            raise self.problem(f"{host!r} is not a host name", *path, remedy=remedy)
        return host.lower()

    def examples(self) -> Mapping[str, str]:
        return {name: self.text("examples", name) for name in self.optional_mapping("examples")}

    def filled(self, field: str, form: str, examples: Mapping[str, str]) -> str:
        """What a form comes to with the examples, which has to be such a host or path itself."""
        for name in parts_of(form):
            if name not in examples:
                raise self.problem(f"{{{name}}} has no example", field, remedy=f"add one to examples: {name}")
        text = with_examples(form, examples)
        pattern = Patterns.HOST if field == "host" else Patterns.PATH
        if is_form(form) and not re.fullmatch(pattern.regex, text):
            raise self.problem(f"with its examples it is no {field}: {text!r}", "examples")
        return text

    def hosts(self, field: str) -> tuple[str, ...]:
        return tuple(self.host(field, index) for index in range(len(self.listed(field))))

    def other_paths(self) -> tuple[str, ...]:
        count = len(self.listed("other_paths"))
        return tuple(self.text("other_paths", index, pattern=Patterns.TARGET) for index in range(count))

    def other_auth(self) -> tuple[Auth, ...]:
        return tuple(self._one_auth("other_auth", index) for index in range(len(self.listed("other_auth"))))

    def _one_auth(self, *path: str | int) -> Auth:
        self.optional_mapping(*path)
        self.only(path, ("header", "scheme"))
        return Auth(self.text(*path, "header", pattern=Patterns.HEADER), self.scheme(*path))

    def scheme(self, *path: str | int) -> str:
        if self.value(*path, "scheme") == "":
            return ""
        return self.text(*path, "scheme", default="Bearer", pattern=Patterns.SCHEME)

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
        for index in range(len(self.listed("sources"))):
            self.optional_mapping("sources", index)
            self.only(("sources", index), ("title", "url", "checked"))
            self.text("sources", index, "title")
            self.text("sources", index, "checked", pattern=Patterns.DATE)
            if "url" in self.value("sources", index):
                self.text("sources", index, "url", pattern=Patterns.URL)
        self.text("notes", default="none")
