"""Where each value of each Secret is from: its text in the manifest, or its place in a store.

Sources: external-secrets.io API (ExternalSecret spec.data, spec.dataFrom.extract, spec.target.template),
secrets.hashicorp.com API (VaultStaticSecret spec.mount, spec.path, spec.destination.transformation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.manifests.input.operators import AVP, FETCHED
from conformance.manifests.objects import Manifest
from conformance.manifests.secrets import bare_key, secret_value

__all__ = ["VALUE", "Source", "source_of", "sources_of"]

VALUE = "the value "
"""How the source of a value that stands in the Secret itself begins."""

Source = tuple[str, str, str]
"""(namespace, name, key) of what a Secret holds or will hold."""

_ANY = ""
"""The key that stands for all of them: the store's own names are the Secret's."""
_NAMED = re.compile(r"\{\{-?[^{}]*?(?:\.Secrets\s+\"|\.Secrets\.|\.)([\w-]+)\"?[^{}]*\}\}")


def source_of(sources: Mapping[Source, str], namespace: str, secret: str, key: str) -> str:
    """Where the value under this key of a Secret is from; empty where it is not known."""
    if written := sources.get((namespace, secret, key)):
        return written
    store = sources.get((namespace, secret, _ANY))
    return f"{key} of {store}" if store else ""


def sources_of(manifests: Iterable[Manifest]) -> dict[Source, str]:
    """Where each value of each Secret is from, as it is written: its text in the Secret, or its place in a store.

    Two that are alike are one key, whatever it is. To be asked before variables are filled in.
    """
    found: dict[Source, str] = {}
    for one in manifests:
        namespace = one.namespace or "default"
        if (one.group, one.kind) == ("", "Secret"):
            found |= {(namespace, one.name, key): source for key, source in _written(one)}
        elif (one.group, one.kind) == ("external-secrets.io", "ExternalSecret"):
            name = _mapping(one.spec.get("target")).get("name")
            found |= {(namespace, str(name or one.name), key): source for key, source in _fetched(one)}
        elif (one.group, one.kind) == ("secrets.hashicorp.com", "VaultStaticSecret"):
            name = _mapping(one.spec.get("destination")).get("name")
            found |= {(namespace, str(name or one.name), key): source for key, source in _of_vault(one)}
    return found


def _written(secret: Manifest) -> Iterator[tuple[str, str]]:
    path = (secret.data["metadata"].get("annotations") or {}).get(AVP)
    for key in {**_mapping(secret.data.get("data")), **_mapping(secret.data.get("stringData"))}:
        value = bare_key(secret_value(secret.data, str(key)) or "")
        if FETCHED.fullmatch(value):
            yield str(key), value
        elif path and re.fullmatch(r"<[^<>]+>", value):
            yield str(key), f"{value} of {path}"
        elif value:
            yield str(key), f"{VALUE}{value}"


def _fetched(made: Manifest) -> Iterator[tuple[str, str]]:
    """What an ExternalSecret makes: the entries of a store, or what a template makes of them."""
    store = _mapping(made.spec.get("secretStoreRef"))
    kind = store.get("kind", "SecretStore")
    where = f"{kind} {store.get('name')}" + ("" if kind == "ClusterSecretStore" else f" in {made.namespace}")
    fetched = {
        str(entry.get("secretKey")): f"{_place(ref)} of {where}"
        for entry in _mappings(made.spec.get("data"))
        if (ref := _mapping(entry.get("remoteRef"))).get("key")
    }
    extracts = [_mapping(one.get("extract")) for one in _mappings(made.spec.get("dataFrom"))]
    if len(extracts) == 1 and extracts[0].get("key") and "rewrite" not in _mappings(made.spec.get("dataFrom"))[0]:
        fetched[_ANY] = f"{_place(extracts[0])} of {where}"
    template = _mapping(_mapping(made.spec.get("target")).get("template"))
    if "templateFrom" in template:
        return
    shaped = {str(key): str(text) for key, text in _mapping(template.get("data")).items()}
    if not shaped or template.get("mergePolicy") == "Merge":
        yield from fetched.items()
    yield from _shaped(shaped, fetched)


def _of_vault(made: Manifest) -> Iterator[tuple[str, str]]:
    """What a VaultStaticSecret makes: all that stands at its path, and what templates make of that."""
    if not (path := made.spec.get("path")):
        return
    fetched = {_ANY: f"{path} of Vault's {made.spec.get('mount')}"}
    shape = _mapping(_mapping(made.spec.get("destination")).get("transformation"))
    if not shape.get("excludes") and not shape.get("includes"):
        yield from fetched.items()
    templates = _mapping(shape.get("templates"))
    yield from _shaped({str(key): str(_mapping(one).get("text")) for key, one in templates.items()}, fetched)


def _shaped(templates: Mapping[str, str], fetched: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of a template that one value goes into, that value is the key; of any other nothing is known."""
    for key, text in templates.items():
        names = set(_NAMED.findall(text))
        if len(names) != 1:
            continue
        name = names.pop()
        if name in fetched:
            yield key, fetched[name]
        elif _ANY in fetched:
            yield key, f"{name} of {fetched[_ANY]}"


def _place(ref: Mapping[Any, Any]) -> str:
    return "#".join(str(ref[part]) for part in ("key", "property", "version") if ref.get(part))


def _mappings(data: Any) -> list[Mapping[Any, Any]]:
    return [_mapping(one) for one in data] if isinstance(data, list) else []


def _mapping(data: Any) -> Mapping[Any, Any]:
    return data if isinstance(data, dict) else {}
