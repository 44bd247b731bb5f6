"""Rules about routes: what they match, what their filters do, where they lead, and what they are attached to."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.policy.change import Change, keys_in, lost
from conformance.certification.mending.policy.likeness import near
from conformance.certification.mending.view import Item, View, entries_of
from conformance.core.yaml.located import FieldPath
from conformance.manifests.objects import BACKEND_KINDS

__all__ = ["changes_weight", "drops_filter", "redirects_reference", "reparents", "widens_match"]

_CONDITIONS = ("hostnames", "matches", "headers", "queryParams", "method")
_PREFIX = "PathPrefix"
_MATCH_TYPES = ("pathprefix", "exact", "regularexpression")
_FILTER_TYPES = (
    "requestheadermodifier",
    "responseheadermodifier",
    "requestmirror",
    "requestredirect",
    "urlrewrite",
    "cors",
    "externalauth",
    "extensionref",
)
_ELSEWHERE = ("parentRefs", "backendRefs", "timeouts")
"""Parts of routes that others of these rules judge, or that keep nobody out."""


def _gone(change: Change) -> Iterator[tuple[Item, Item, FieldPath, str]]:
    """What stood in a route and no longer does: the route as it was, as it is then, the place and the text."""
    for old, new in change.of("HTTPRoute"):
        for path, text in lost(old, new):
            # 0123 in quotes says what it said, though YAML made 83 of it.
            if isinstance(old.get(*path), str) or new.text(*path) != change.before.written(old, *path):
                yield old, new, path, text


def widens_match(change: Change) -> bool:
    """Whether a condition goes, or becomes wider; also one that is misspelt, and is in no field that is known."""
    for old, new, path, text in _gone(change):
        if "filters" in path or any(one in path for one in _ELSEWHERE):
            continue
        if path[-1] == "type" and text not in _MATCH_TYPES:
            continue
        if path[-2:] == ("path", "value") and _is_no_wider(old, new, path):
            continue
        return True
    return _fewer(change, *_CONDITIONS) or any(_matches(new) > _matches(old) > 0 for old, new in change.of("HTTPRoute"))


def _fewer(change: Change, *fields: str) -> bool:
    """Whether an object has fewer fields of any of these names, wherever they stand, and whatever its kind."""
    names = [name.lower() for name in fields]
    pairs = [(_named(old), _named(new)) for old, new in change.pairs if new is not None]
    return any(after[name] < before[name] for before, after in pairs for name in names)


def _named(item: Item) -> Counter[str]:
    return Counter(key.lower() for key in keys_in(item.data))


def _is_no_wider(old: Item, new: Item, path: FieldPath) -> bool:
    """Whether a prefix is another one, and not one above it."""
    kind = (*path[:-1], "type")
    if {old.text(*kind) or _PREFIX, new.text(*kind) or _PREFIX} != {_PREFIX}:
        return False
    was, now = old.text(*path).strip().strip("/"), new.text(*path).strip().strip("/")
    return bool(now) and not f"{was}/".startswith(f"{now}/")


def _matches(route: Item) -> int:
    return sum(len(route.maps(*rule, "matches")) for rule, _ in route.maps("spec", "rules"))


def drops_filter(change: Change) -> bool:
    """Whether a filter goes, or anything of it, but the Host that it writes, where this becomes the provider's."""
    for _, new, path, text in _gone(change):
        if "filters" not in path or (path[-1] == "type" and text not in _FILTER_TYPES):
            continue
        if path[-2:] != ("urlRewrite", "hostname") or new.text(*path).lower() not in _hosts(change.after, new, path):
            return True
    return _fewer(change, "filters") or any(_filters(new) < _filters(old) for old, new in change.of("HTTPRoute"))


def _hosts(view: View, route: Item, path: FieldPath) -> set[str]:
    """The hosts of the providers that the rule of a field leads to."""
    names = [one.get("name") for _, one in route.maps(*path[:3], "backendRefs")]
    entries = [entry for one in view.backends() if one.name in names for entry in entries_of(one)]
    vendors = [vendor_meant(view, one) for one in entries]
    return {one.cleaned_host for one in entries} | {one.host for one in vendors if one}


def _filters(route: Item) -> int:
    """How many there are; those of backendRefs, too."""
    rules = [rule for rule, _ in route.maps("spec", "rules")]
    places = [*rules, *(ref for rule in rules for ref, _ in route.maps(*rule, "backendRefs"))]
    return sum(len(route.maps(*place, "filters")) for place in places)


def changes_weight(change: Change) -> bool:
    """Whether a weight goes or changes; 0 says that nothing shall go there, and may be meant."""
    return _fewer(change, "weight") or any(path[-1] == "weight" for _, _, path, _ in _gone(change))


def redirects_reference(change: Change) -> bool:
    """Whether a route no longer leads to an object that is there, or to one whose name is not near."""
    for old, new in change.of("HTTPRoute"):
        for rule, _ in old.maps("spec", "rules"):
            if any(_redirects(change, old, *refs) for refs in _changed(old, new, (*rule, "backendRefs"))):
                return True
    return False


def _changed(old: Item, new: Item, place: FieldPath) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The references that change, each as it was and as it is then; empty where it is gone."""
    before, after = [one for _, one in old.maps(*place)], [one for _, one in new.maps(*place)]
    gone: Mapping[str, Any] = {}
    return [(was, now) for was, now in itertools.zip_longest(before, after, fillvalue=gone) if was and was != now]


def _redirects(change: Change, route: Item, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    kind, name, namespace = was.get("kind", "Service"), str(was.get("name")), was.get("namespace", route.namespace)
    there = [one for one in change.before.items if (one.kind, one.namespace, one.name) == (kind, namespace, name)]
    role = there[0].role if there else ""
    if there and change.renamed(role, str(namespace), name) != now.get("name"):
        return True
    if there and was.get("kind", "Service") != now.get("kind", "Service"):
        return True
    if "port" in was and "port" not in now and now.get("kind") not in BACKEND_KINDS:
        return True
    return now.get("name") != name and not there and not near(name, str(now.get("name")))


def reparents(change: Change) -> bool:
    """Whether a route is attached to anything but what was named, or its only possible misspelling."""
    for old, new in change.of("HTTPRoute"):
        if old.get("metadata", "namespace") is not None and old.namespace != new.namespace:
            return True
        if any(_reattaches(change.before, old, *refs) for refs in _changed(old, new, ("spec", "parentRefs"))):
            return True
        spec = old.get("spec")
        named = [str(key) for key in spec] if isinstance(spec, Mapping) else []
        written = old.maps("spec", "parentRefs") or any("parent" in key.lower() for key in named)
        if new.maps("spec", "parentRefs") and not written and len(change.before.gateways) != 1:
            return True
    return False


def _reattaches(view: View, route: Item, was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    gateways = {(one.namespace, one.name): one for one in view.gateways}
    place, then = ((one.get("namespace", route.namespace), one.get("name")) for one in (was, now))
    if was.get("kind", "Gateway") != now.get("kind", "Gateway"):
        return True
    if place != then and (place in gateways or not _same(str(was.get("name")), str(now.get("name")))):
        return True
    listeners = gateways[then].listeners if then in gateways else ()
    section, chosen = was.get("sectionName"), now.get("sectionName")
    if section != chosen and (len(listeners) != 1 or section in [one.name for one in listeners]):
        return chosen is None or not near(str(section), str(chosen))
    return was.get("port") != now.get("port") and len(listeners) != 1


def _same(name: str, other: str) -> bool:
    return name == other or near(name, other)
