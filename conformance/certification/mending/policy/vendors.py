"""Rules about known vendors: where what is written names two of them, only a person knows which one is meant."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.certification.checks.vendors import vendors_named
from conformance.certification.mending.policy.change import Change
from conformance.certification.mending.view import Entry, Item, View, entries_of
from conformance.manifests.secrets import is_placeholder

__all__ = ["decides_between_vendors", "written_in"]

_ENOUGH = 2
"""How often a vendor is named otherwise, its host included, before the one that differs is a slip of the pen."""


def decides_between_vendors(change: Change) -> bool:
    """Whether a known vendor's host becomes another's, while the one is named elsewhere, too, or the other hardly; or
    the path of a vendor, whom names of TLS or of the Host speak of, that of another, whose host it is.
    """
    after = {(one.namespace, one.name): one for one in change.after.backends()}
    for backend in change.before.backends():
        then = after.get((backend.namespace, backend.name))
        if then is None:
            continue
        old, new = list(_hosts(change.before, backend)), list(_hosts(change.after, then))
        if len(old) != len(new):
            continue
        swaps = [(was, now) for was, now in zip(old, new, strict=True) if was and now and was != now]
        if any(_leaves_path(change.before, one, set(old)) for one in _moved_paths(backend, then)):
            return True
        words = vendors_named(" ".join(_words(change.before, backend)))
        for was, now in swaps:
            if old.count(was) + (was in words) > swaps.count((was, now)) or old.count(now) + (now in words) < _ENOUGH:
                return True
    return False


def _moved_paths(before: Item, after: Item) -> Iterator[Entry]:
    """The entries, as they were, whose path becomes another."""
    for one, other in zip(entries_of(before), entries_of(after), strict=False):
        if _path(one) and _path(one) != _path(other):
            yield one


def _path(entry: Entry) -> str:
    return entry.text("path", "full") or entry.text("path")


def _leaves_path(view: View, entry: Entry, named: set[str]) -> bool:
    """Whether its path is one of a vendor that is named, and not of the one whose host it has."""
    host = view.vendor(entry.cleaned_host)
    if host is None or host.has_path(_path(entry)):
        return False
    return any(one.has_path(_path(entry)) for one in view.vendors if one.name in named and one.name != host.name)


def _hosts(view: View, backend: Item) -> Iterator[str]:
    """Whose hosts the Backend, its TLS and the routes to it name; empty for what is no known vendor's."""
    for entry in entries_of(backend):
        yield _vendor(view, entry.cleaned_host)
        yield _vendor(view, entry.item.text(*entry.owner, "policies", "tls", "sni"))
    for policy in view.of("BackendTLSPolicy"):
        if any(one.get("name") == backend.name for _, one in policy.maps("spec", "targetRefs")):
            yield _vendor(view, policy.text("spec", "validation", "hostname"))
    for route in view.of("HTTPRoute"):
        for rule, _ in route.maps("spec", "rules"):
            if backend.name in [one.get("name") for _, one in route.maps(*rule, "backendRefs")]:
                for path, _ in route.maps(*rule, "filters"):
                    yield _vendor(view, route.text(*path, "urlRewrite", "hostname"))


def _vendor(view: View, host: str) -> str:
    found = view.vendor(host.lower())
    return found.name if found else ""


def _words(view: View, backend: Item) -> Iterator[str]:
    """What the Backend is called, and the Secret and the variable that its key is from."""
    yield backend.name
    for entry in entries_of(backend):
        for place in ((*entry.path, "openai", "authToken"), (*entry.owner, "policies", "auth")):
            name = backend.text(*place, "secretRef", "name")
            yield name
            for secret in view.of("Secret"):
                if (secret.namespace, secret.name) == (backend.namespace, name):
                    yield from written_in(secret)


def written_in(secret: Item) -> Iterator[str]:
    """The texts in a Secret that are variables or the like; a key itself names nobody."""
    values = secret.get("stringData")
    yield from (str(one) for one in (values.values() if isinstance(values, dict) else ()) if is_placeholder(str(one)))
