"""Candidates about the provider's host name, which Backend, policy and route have: all places at once."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.mending.candidate import Candidate, candidate
from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.view import Entry, Item, View, change, entries_of
from conformance.core.yaml.located import FieldPath

__all__ = ["names"]


def names(view: View) -> Iterator[Candidate]:
    """The host of a known provider in every place; of Backends with several providers the places are not told apart."""
    for entry in view.entries():
        meant, single = vendor_meant(view, entry), len(list(entries_of(entry.item))) == 1
        if meant is None or not single or not entry.host:
            continue
        changed = [(item, edits) for item, path in _places(view, entry) if (edits := change(item, path, meant.host))]
        if len(changed) > 1:  # of a single place the others tell
            items = ", ".join(dict.fromkeys(str(item) for item, _ in changed))
            title = f"Set the host name in all of {items} to {meant.host}: the host of {meant.title}"
            yield from candidate(title, [edit for _, edits in changed for edit in edits], doubt=1)


def _places(view: View, entry: Entry) -> Iterator[tuple[Item, FieldPath]]:
    """The Backend's host, the names in the policies on it and in its own TLS, and those in the routes to it."""
    backend = entry.item
    yield backend, (*entry.path, "host")
    for policy in view.of("BackendTLSPolicy"):
        targets = [one.get("name") for _, one in policy.maps("spec", "targetRefs")]
        if backend.name in targets and policy.get("spec", "validation", "hostname") is not None:
            yield policy, ("spec", "validation", "hostname")
    sni = (*entry.owner, "policies", "tls", "sni")
    if backend.get(*sni) is not None:
        yield backend, sni
    for route in view.of("HTTPRoute"):
        for rule, _ in route.maps("spec", "rules"):
            refs = [one.get("name") for _, one in route.maps(*rule, "backendRefs")]
            for path, _ in route.maps(*rule, "filters") if refs == [backend.name] else ():
                if route.get(*path, "urlRewrite", "hostname") is not None:
                    yield route, (*path, "urlRewrite", "hostname")
