"""Candidates about names and namespaces: objects that others look for elsewhere, or under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.mending.candidate import Candidate, adding, candidate, setting
from conformance.certification.mending.text.edits import Edit, Set
from conformance.certification.mending.view import Item, View, change, entries_of
from conformance.manifests.cleaning import without_bookkeeping

__all__ = ["places"]

_NAMESPACE = ("metadata", "namespace")


def places(view: View) -> Iterator[Candidate]:
    """Moves of objects to where others look for them. To move one means to delete it and apply it anew."""
    for backend in view.backends():
        for secret in view.of("Secret"):
            why = f"that of {backend}, which takes its key from there"
            if secret.name in _secret_names(backend):
                yield from setting(secret, _NAMESPACE, backend.namespace, after="name", why=why)
                yield from _copy(view, secret, backend)
                yield from setting(backend, _NAMESPACE, secret.namespace, after="name", doubt=2)
        for route in view.of("HTTPRoute"):
            yield from _meeting(route, backend)
    yield from _names(view)


def _copy(view: View, secret: Item, backend: Item) -> Iterator[Candidate]:
    """Others may refer to a Secret where it is."""
    metadata = secret.get("metadata")
    if secret.namespace != backend.namespace and isinstance(metadata, dict):
        data = without_bookkeeping({**secret.data, "metadata": {**metadata, "namespace": backend.namespace}})
        title = f"Copy {secret} into namespace {backend.namespace}, where {backend} looks for it"
        yield from candidate(title, [adding(view, secret, data)])


def _secret_names(backend: Item) -> list[str]:
    """The Secrets that a Backend names, in either dialect."""
    found = [backend.text("spec", "policies", "auth", "secretRef", "name")]
    for entry in entries_of(backend):
        found.append(entry.text("openai", "authToken", "secretRef", "name"))
        found.append(entry.text("policies", "auth", "secretRef", "name"))
    return [one for one in found if one]


def _meeting(route: Item, backend: Item) -> Iterator[Candidate]:
    for rule, _ in route.maps("spec", "rules"):
        for _, ref in route.maps(*rule, "backendRefs"):
            if ref.get("name") == backend.name:
                namespace = ref.get("namespace") or route.namespace
                if isinstance(namespace, str):
                    why = f"where {route} looks for it"
                    yield from setting(backend, _NAMESPACE, namespace, after="name", why=why, doubt=1)
                yield from setting(
                    route, _NAMESPACE, backend.namespace, after="name", why=f"that of {backend}", doubt=1
                )


def _names(view: View) -> Iterator[Candidate]:
    """Names that Kubernetes does not take, with all references to them."""
    for item in view.items:
        better = re.sub(r"[^a-z0-9.-]+", "-", item.name.lower()).strip("-.")
        if not item.name or not better or better == item.name:
            continue
        edits: list[Edit] = [*change(item, ("metadata", "name"), better)]
        for other in view.items:
            edits += _renamed(other, item.name, better)
        yield from candidate(f"Call {item} {better}: Kubernetes takes lower case, digits and dashes", edits)


def _renamed(item: Item, old: str, new: str) -> list[Edit]:
    paths: list[tuple[str | int, ...]] = []
    if item.role == "HTTPRoute":
        paths = [(*ref, "name") for rule, _ in item.maps("spec", "rules") for ref, _ in item.maps(*rule, "backendRefs")]
    elif item.role == "BackendTLSPolicy":
        paths = [(*target, "name") for target, _ in item.maps("spec", "targetRefs")]
    elif item.role == "Backend":
        paths = [(*entry.path, "openai", "authToken", "secretRef", "name") for entry in entries_of(item)]
        paths.append(("spec", "policies", "auth", "secretRef", "name"))
    return [Set(item.spot.below(*path), new) for path in paths if item.get(*path) == old]
