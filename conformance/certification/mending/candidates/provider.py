"""Candidates about how a provider is reached: host, port, path, model, type."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from conformance.certification.mending.candidate import Candidate, candidate, setting, taking
from conformance.certification.mending.text.edits import Edit, Remove, Rename, Set
from conformance.certification.mending.view import Entry, Item, View, change, entries_of, take
from conformance.core.providers.forms import is_form
from conformance.core.providers.provider import Provider
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects import agentgateway_1
from conformance.manifests.named_facts import meant_by

__all__ = ["named_hosts", "provider"]

_COMPLETIONS = "/chat/completions"
_TYPES = ("openai", "azureopenai", "azure", "anthropic", "gemini", "vertexai", "bedrock", "custom")


def provider(view: View) -> Iterator[Candidate]:
    """Everything that may be wrong with a provider entry, but for its credentials and TLS."""
    for item in view.backends():
        if view.dialect.NAME != agentgateway_1.NAME and item.get("spec", "ai") is not None:
            yield from setting(item, ("spec", "type"), "AI")
        yield from _members(view, item)
    for entry in view.entries():
        meant = vendor_meant(view, entry)
        yield from _types(entry)
        yield from _hosts(view, entry, meant)
        yield from _ports(entry, meant)
        yield from _paths(view, entry, meant)
        yield from _models(entry, meant)


def _members(view: View, item: Item) -> Iterator[Candidate]:
    """Members of groups have names of their own."""
    taken: list[str] = []
    for entry in entries_of(item):
        name, vendor = entry.text("name"), view.vendor(entry.cleaned_host)
        if name and name in taken:
            better = vendor.name if vendor and vendor.name not in taken else f"{name}-{len(taken) + 1}"
            yield from setting(item, (*entry.path, "name"), better, why="another member has this name")
        taken.append(name)


def vendor_meant(view: View, entry: Entry) -> Provider | None:
    """The known provider whose host the entry has, or nearly has; without a host whose name the Backend bears.

    Facts that a person named come first.
    """
    if own := _named(view, entry):
        return own
    if found := view.vendor(entry.cleaned_host):
        return found
    hosts = [one.host for one in view.vendors if not is_form(one.host_form)]
    for near in difflib.get_close_matches(entry.cleaned_host, hosts, n=1, cutoff=0.8):
        return view.vendor(near)
    named = [one for one in view.vendors if one.name == entry.item.name.lower() and not is_form(one.host_form)]
    return named[0] if named and not entry.host else None


def _named(view: View, entry: Entry) -> Provider | None:
    """The provider that is meant by the facts that a person named, where no entry has its host."""
    if not view.facts:
        return None
    entries = list(view.entries())
    found = meant_by(view.facts, [((one.item.name, one.text("name")), one.cleaned_host) for one in entries])
    return next((facts for number, facts in found.items() if entries[number] == entry), None)


def named_hosts(view: View) -> list[str]:
    """The host names that routes and policies speak of."""
    found = [item.text("spec", "validation", "hostname") for item in view.of("BackendTLSPolicy")]
    for item in view.of("HTTPRoute"):
        for rule, _ in item.maps("spec", "rules"):
            found += [item.text(*path, "urlRewrite", "hostname") for path, _ in item.maps(*rule, "filters")]
    for item in view.backends():
        found.append(item.text("spec", "policies", "tls", "sni"))
    return list(dict.fromkeys(one for one in found if one))


def _types(entry: Entry) -> Iterator[Candidate]:
    there = [name for name in _TYPES if entry.get(name) is not None]
    unknown = [name for name, value in entry.item.get(*entry.path).items() if isinstance(value, dict)]
    unknown = [name for name in unknown if name not in (*_TYPES, "path", "authHeader", "policies")]
    for name in [*there, *unknown]:
        if name == "openai":
            continue
        spot = entry.item.spot.below(*entry.path, name)
        if "openai" in there:
            continue  # which of two providers is meant, nobody but the person knows
        settings = entry.get(name)
        more = [one for one in settings if one not in ("authToken", "model")] if isinstance(settings, dict) else []
        edits: list[Edit] = [Remove(spot.below(one)) for one in more]
        title = f"Make the provider of {entry.item} an openai one, which is what OpenAI-compatible APIs are"
        yield from candidate(title, [*edits, Rename(spot, "openai")])


def _hosts(view: View, entry: Entry, meant: Provider | None) -> Iterator[Candidate]:
    path, cleaned = (*entry.path, "host"), entry.cleaned_host
    if not entry.host and entry.get("port") is None:
        yield from _places(view, entry, meant)
        return
    if meant is not None:
        yield from setting(entry.item, path, meant.host, why=f"the host of {meant.title}")
    if cleaned and cleaned != entry.host:
        yield from setting(entry.item, path, cleaned, why="a host name alone")
    certain = view.vendor(entry.host) is not None or meant in view.facts
    for host in () if certain else named_hosts(view):
        yield from setting(entry.item, path, host, doubt=0 if view.vendor(host) else 2)


def _places(view: View, entry: Entry, meant: Provider | None) -> Iterator[Candidate]:
    """Host and port, which go together, where there is neither."""
    for host in dict.fromkeys([*([meant.host] if meant else []), *named_hosts(view)]):
        vendor = view.vendor(host)
        port, after = vendor.port if vendor else 443, next((one for one in _TYPES if entry.get(one) is not None), None)
        edits = change(entry.item, (*entry.path, "host"), host, after)
        edits += change(entry.item, (*entry.path, "port"), port, "host")
        title = f"Set host and port of {entry.item} to {host} and {port}"
        yield from candidate(title, edits, doubt=0 if vendor else 1)


def _ports(entry: Entry, meant: Provider | None) -> Iterator[Candidate]:
    ports = [meant.port] if meant else []
    if written := re.search(r":(\d{1,5})(?:/|$)", entry.host):
        ports.append(int(written[1]))
    if entry.host:
        for port in dict.fromkeys([*ports, 443]):
            yield from setting(entry.item, (*entry.path, "port"), port, after="host")


def _paths(view: View, entry: Entry, meant: Provider | None) -> Iterator[Candidate]:
    field: FieldPath = (*entry.path, *view.dialect.PATH.split("."))
    written = entry.item.text(*field)
    wanted = [meant.path] if meant and not is_form(meant.path_form) else []
    wanted += [one for one in _better_paths(written) if one != written]
    after = "port" if entry.get("port") is not None else "host"
    for one in dict.fromkeys(wanted):
        if entry.get("pathPrefix") is None:
            yield from setting(entry.item, field, one, after=after)
    if prefix := entry.text("pathPrefix"):
        prefixes = [meant.path.removesuffix(_COMPLETIONS)] if meant else []
        for one in dict.fromkeys([*prefixes, _undoubled(prefix.removesuffix(_COMPLETIONS))]):
            yield from setting(entry.item, (*entry.path, "pathPrefix"), one)
        if meant:
            yield from _whole_path(entry, meant.path)
    if written:
        yield from taking(entry.item, field, why="the usual one is used then", doubt=1)


def _whole_path(entry: Entry, path: str) -> list[Candidate]:
    spot = entry.item.spot.below(*entry.path, "pathPrefix")
    title = f"Give {entry.item} the whole path {path} in place of pathPrefix"
    if entry.get("path") is not None:
        return taking(entry.item, (*entry.path, "pathPrefix"), why="there is a path", doubt=1)
    return candidate(title, [Set(spot, path), Rename(spot, "path")], doubt=1)


def _better_paths(written: str) -> Iterator[str]:
    """What may have been meant by a path."""
    bare = re.sub(r"^[a-z]+://[^/]*", "", written.strip())
    path = "/" + bare.lstrip("/")
    if not bare:
        return
    yield _undoubled(path)
    yield _undoubled(path).rstrip("/")
    if not path.rstrip("/").endswith(_COMPLETIONS):
        yield path.rstrip("/").removesuffix("/completions").removesuffix("/chat") + _COMPLETIONS
    if "/v1/" not in path:
        yield f"/v1{path}"


def _undoubled(path: str) -> str:
    previous = ""
    while previous != path:
        previous, path = path, re.sub(r"((?:/[^/?]+)+)\1(?=/|\?|$)", r"\1", path)
    return re.sub(r"/{2,}", "/", path)


def _models(entry: Entry, meant: Provider | None) -> Iterator[Candidate]:
    for name in ("openai",):
        written: Any = entry.get(name, "model")
        path = (*entry.path, name, "model")
        if meant and not meant.any_model and isinstance(written, str) and written not in meant.models:
            near = difflib.get_close_matches(written, meant.models, n=1, cutoff=0)
            for model in dict.fromkeys([*near, *meant.models[:1]]):
                why = f"a model that {meant.title} has"
                yield from setting(entry.item, path, model, why=why, doubt=0 if written else 1)
        if isinstance(written, str):
            edits = take(entry.item, path) if len(entry.get(name)) > 1 else [Set(entry.item.spot.below(*path[:-1]), {})]
            title = f"Remove {dotted(path)} from {entry.item}: the request's model is used then"
            # Who writes an empty model leaves it to the clients.
            yield from candidate(title, edits, doubt=2 if written else 0)
