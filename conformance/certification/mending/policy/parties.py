"""Rules about whose a Secret is: one that somebody else already gets is meant for nobody new, whatever it is called."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from conformance.certification.mending.policy.change import Change, scalars
from conformance.certification.mending.policy.destination import destination
from conformance.certification.mending.policy.likeness import near
from conformance.certification.mending.view import Entry, Item, View, entries_of
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import FieldPath

__all__ = ["called", "secret_places", "shares_secret"]

_Secret = tuple[str, str]
"""Namespace and name, as the Secret was called before the change."""


@dataclass(frozen=True)
class _Use:
    """A place in a Backend whose Secret's key is sent to a party; `entry` is the provider as it is at that time."""

    place: tuple[str, str, FieldPath]
    secret: _Secret
    party: str
    entry: Entry


def shares_secret(change: Change) -> bool:
    """Whether a provider newly gets a Secret that is another's: that another party or object gets before or after the
    change, or that is called like another party among the input and not like this one.
    """
    before, after = list(_uses(change, change.before)), list(_uses(change, change.after))
    known = {(one.place, one.secret) for one in before}
    new = [one for one in after if (one.place, one.secret) not in known]
    if not new:
        return False
    # One that is mended as well counts as what it is then.
    lasting = {(one.place, one.secret) for one in after}
    users = [*after, *(one for one in before if (one.place, one.secret) not in lasting)]
    elsewhere = set(_needed_elsewhere(change))
    parties = [(_party(change.after, one), one) for one in change.after.entries()]
    return any(
        use.secret in elsewhere
        or any(_is_anothers(use, other) for other in users)
        or _is_called_like_another(use, parties)
        for use in new
    )


def _is_anothers(use: _Use, other: _Use) -> bool:
    """A place that is for several providers, of one Backend, is a person's own choice."""
    return other.secret == use.secret and other.place != use.place and other.party != use.party


def _is_called_like_another(use: _Use, parties: list[tuple[str, Entry]]) -> bool:
    def fits(entry: Entry) -> bool:
        return any(near(use.secret[1], one) for one in called(entry) if one)

    return not fits(use.entry) and any(fits(entry) for party, entry in parties if party != use.party)


def _uses(change: Change, view: View) -> Iterator[_Use]:
    """Which Secret goes where, by the names that Backends and Secrets had before."""
    pairs = [(old, new) for old, new in change.pairs if new is not None] if view is change.after else []
    backends = {id(new.data): old for old, new in pairs if new.role == "Backend"}
    secrets = {(new.namespace, new.name): (old.namespace, old.name) for old, new in pairs if new.role == "Secret"}
    for backend in view.backends():
        old = backends.get(id(backend.data), backend)
        for entry, was in zip_longest(entries_of(backend), entries_of(old)):
            for number, place in enumerate(secret_places(entry) if entry else ()):
                name = backend.text(*place, "secretRef", "name")
                # A provider that only stands in another place is still the same.
                path = secret_places(was)[number] if was else place
                secret = (backend.namespace, name)
                if name:
                    found = secrets.get(secret, secret)
                    yield _Use((old.namespace, old.name, path), found, _party(view, entry), entry)


def _party(view: View, entry: Entry) -> str:
    """Who is at the other end: a known vendor, whichever of its hosts; else the host itself."""
    host = destination(entry)
    vendor = view.vendor(host)
    return vendor.name if vendor else host


def _needed_elsewhere(change: Change) -> Iterator[_Secret]:
    """The Secrets that objects other than Backends refer to, such as the keys of the gateway's own clients.

    What the change makes a Backend was meant as one.
    """
    meant = {id(old.data) for old, new in change.pairs if new is not None and new.role == "Backend"}
    roles = ("Backend", "Secret")
    others: list[Item] = [one for one in change.before.items if one.role not in roles and id(one.data) not in meant]
    for item in others:
        for path, text in scalars(item.get("spec")):
            if path[-2:] == ("secretRef", "name"):
                yield item.namespace, text


def secret_places(entry: Entry) -> tuple[FieldPath, ...]:
    """Where a reference to the Secret of an entry's key may stand, in either dialect."""
    return (*entry.path, "openai", "authToken"), (*entry.path, "policies", "auth"), ("spec", "policies", "auth")


def called(entry: Entry) -> Iterator[str]:
    """What a provider is called: by its Backend, its name in a group, and the owner of its host."""
    yield entry.item.name
    yield entry.text("name")
    yield from entry.cleaned_host.split(".")[-2:-1]
