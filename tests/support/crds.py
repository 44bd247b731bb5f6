"""Real CRDs as schemas of ours, whose rules a CEL interpreter is asked: they are what ours were transcribed from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cel
import yaml

from conformance.manifests.schemas.crds.common import METADATA
from conformance.manifests.schemas.schema import Rule, Schema, Unevaluable, compiled

__all__ = ["Served", "crds_in"]

Node = dict[str, Any]

_RELEASE = "gateway.networking.k8s.io/bundle-version"
_CHANNEL = "gateway.networking.k8s.io/channel"
_LIMITS = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
# fmt: off
_RESERVED = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
})
# fmt: on
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
# What the API server's CEL has beside the standard functions, as far as the CRDs use it.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matches": lambda text, pattern: compiled(pattern).search(text) is not None,
    "split": lambda text, separator: text.split(separator),
    "indexOf": lambda text, part: text.find(part),
    "lastIndexOf": lambda text, part: text.rfind(part),
}


@dataclass(frozen=True)
class Served:
    """One version that a CRD serves; `release` and `channel` are the Gateway API's, empty for others' CRDs."""

    file: Path
    release: str
    channel: str
    group: str
    kind: str
    version: str
    schema: Schema

    def __str__(self) -> str:
        return f"{self.kind} {self.group}/{self.version} of {self.file.parent.name}/{self.file.name}"


def crds_in(folder: Path) -> Iterator[Served]:
    """Every version that is served by the CRDs of this folder and those below it."""
    for file in sorted(folder.rglob("*.yaml")):
        for document in yaml.load_all(file.read_text(encoding="utf-8"), yaml.CSafeLoader):
            if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                spec = document["spec"]
                noted = document["metadata"].get("annotations", {})
                release, channel = noted.get(_RELEASE, ""), noted.get(_CHANNEL, "")
                for version in spec["versions"]:
                    if version["served"]:
                        schema = _schema(version["schema"]["openAPIV3Schema"])
                        schema = dataclasses.replace(schema, properties={**schema.properties, "metadata": METADATA})
                        named = spec["group"], spec["names"]["kind"], version["name"]
                        yield Served(file, release, channel, *named, schema)


def _schema(node: Node) -> Schema:
    kind: Any = "any" if node.get("x-kubernetes-int-or-string") else node.get("type", "any")
    least, most = (node.get(word) for word in _LIMITS.get(kind, ("minimum", "maximum")))
    items, additional = node.get("items"), node.get("additionalProperties")
    schema = Schema(
        kind,
        properties={name: _schema(child) for name, child in node.get("properties", {}).items()},
        required=tuple(node.get("required", ())),
        additional=_schema(additional) if isinstance(additional, dict) else None,
        preserve=kind == "any" or bool(node.get("x-kubernetes-preserve-unknown-fields")),
        items=_schema(items) if items else None,
        list_type=node.get("x-kubernetes-list-type", "atomic"),
        list_keys=tuple(node.get("x-kubernetes-list-map-keys", ())),
        map_type=node.get("x-kubernetes-map-type", "granular"),
        enum=tuple(node.get("enum", ())),
        pattern=node.get("pattern", ""),
        format=node.get("format", ""),
        least=least,
        most=most,
        default=node.get("default"),
    )
    rules = tuple(_rule(schema, validation) for validation in node.get("x-kubernetes-validations", ()))
    return dataclasses.replace(schema, rules=rules)


def _rule(schema: Schema, validation: Node) -> Rule:
    text = validation["rule"]
    program = cel.compile(text)

    def check(value: Any, old: Any) -> bool:
        variables = {"self": _seen(schema, value), "oldSelf": _seen(schema, old)}
        try:
            return bool(program.execute(cel.Context(variables, _FUNCTIONS)))
        except KeyError as error:
            raise Unevaluable(f"no such key: {error.args[0]}") from error
        except RuntimeError as error:
            if "Function 'duration'" not in str(error):
                raise
            raise Unevaluable("type conversion error from 'string' to 'google.protobuf.Duration'") from error

    return Rule(check, validation.get("message", f"failed rule: {text}"), transition="oldSelf" in text)


def _seen(schema: Schema, value: Any) -> Any:
    """The value as a rule sees it: whole numbers are integers, names that CEL reserves are escaped."""
    if isinstance(value, dict):
        return {
            _escaped(name) if name in schema.properties else name: _seen(child, item)
            for name, item in value.items()
            if (child := schema.properties.get(name, schema.additional)) is not None
        }
    if isinstance(value, list) and schema.items is not None:
        return [_seen(schema.items, item) for item in value]
    return int(value) if schema.type == "integer" and isinstance(value, float) else value


def _escaped(name: str) -> str:
    if name in _RESERVED:
        return f"__{name}__"
    return (
        name.replace("__", "__underscores__").replace(".", "__dot__").replace("-", "__dash__").replace("/", "__slash__")
    )
