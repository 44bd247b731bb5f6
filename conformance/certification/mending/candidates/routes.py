"""Candidates about the way from a listener to a Backend: parentRefs, matches, filters, backendRefs, grants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.mending.candidate import Candidate, adding, candidate, setting, taking
from conformance.certification.mending.candidates.provider import vendor_meant
from conformance.certification.mending.text.edits import Add, AddItem, Edit, Remove
from conformance.certification.mending.view import ExistingGateway, Item, View, change, entries_of
from conformance.core.yaml.located import FieldPath, dotted
from conformance.manifests.dialects.gateway_api import GROUP

__all__ = ["routes"]


_DURATION = re.compile(r"(\d{1,5})\s*(h|hours?|m|min|minutes?|s|sec|seconds?|ms|milliseconds?)?", re.IGNORECASE)


def routes(view: View) -> Iterator[Candidate]:
    """Everything that may be wrong with HTTPRoutes, and with the grants that they need."""
    for route in view.of("HTTPRoute"):
        for gateway in view.gateways:
            yield from _parents(route, gateway)
        yield from _matches(view, route)
        for rule, _ in route.maps("spec", "rules"):
            yield from _backends(view, route, rule)
            yield from _timeouts(route, rule)
            yield from _filters(view, route, rule)
        yield from taking(route, ("spec", "hostnames"), why="requests to any host name match then", doubt=1)


def _timeouts(route: Item, rule: FieldPath) -> Iterator[Candidate]:
    """GEP-2257: durations have h, m, s and ms, without spaces."""
    given = route.get(*rule, "timeouts")
    for name, value in given.items() if isinstance(given, dict) else ():
        if found := _DURATION.fullmatch(str(value).strip()):
            unit = (found[2] or "s").lower()
            short = "ms" if unit.startswith(("ms", "milli")) else unit[0]
            yield from setting(route, (*rule, "timeouts", name), f"{found[1]}{short}", why="a duration")


def _parents(route: Item, gateway: ExistingGateway) -> Iterator[Candidate]:
    """Attach a route to a Gateway that exists, whatever of the reference was wrong."""
    names = [one.name for one in gateway.listeners]
    own = route.namespace == gateway.namespace
    parents = route.maps("spec", "parentRefs")
    title = f"Attach {route} to Gateway {gateway.namespace}/{gateway.name}"
    for path, parent in parents:
        edits: list[Edit] = [*change(route, (*path, "name"), gateway.name)]
        if not (own and "namespace" not in parent):
            edits += change(route, (*path, "namespace"), gateway.namespace, "name")
        for field, fitting in (("group", (GROUP,)), ("kind", ("Gateway",)), ("sectionName", names)):
            if field in parent and parent[field] not in fitting:
                edits.append(Remove(route.spot.below(*path, field)))
        if "port" in parent and parent["port"] not in [one.port for one in gateway.listeners]:
            edits.append(Remove(route.spot.below(*path, "port")))
        yield from candidate(title, edits)
        for name in names if "sectionName" in parent else ():
            yield from setting(route, (*path, "sectionName"), name, doubt=1)
    if not parents:
        reference = {"name": gateway.name} if own else {"name": gateway.name, "namespace": gateway.namespace}
        yield from candidate(
            f"Attach {route} to Gateway {gateway.namespace}/{gateway.name}",
            change(route, ("spec", "parentRefs"), [reference]),
        )
    if not own:
        why = f"that of Gateway {gateway.name}"
        yield from setting(route, ("metadata", "namespace"), gateway.namespace, after="name", why=why, doubt=1)


def _matches(view: View, route: Item) -> Iterator[Candidate]:
    taken = [
        (other.spot, path, one.get("path", {}).get("value"))
        for other in view.of("HTTPRoute")
        for rule, _ in other.maps("spec", "rules")
        for path, one in other.maps(*rule, "matches")
        if isinstance(one.get("path"), dict)
    ]
    for rule, _ in route.maps("spec", "rules"):
        for path, match in route.maps(*rule, "matches"):
            value = route.text(*path, "path", "value")
            others = [one for spot, place, one in taken if (spot, place) != (route.spot, path)]
            if value in others or any(value.startswith(f"{one}/") for one in others if isinstance(one, str)):
                yield from _distinct(route, rule, path, others)
            if value and (not value.startswith("/") or value != value.strip()):
                yield from setting(route, (*path, "path", "value"), "/" + value.strip().lstrip("/"))
            if value.endswith("/") and value != "/":
                yield from setting(route, (*path, "path", "value"), value.rstrip("/"), doubt=1)
            yield from setting(route, (*path, "path", "type"), "PathPrefix") if value else ()
            if match.get("method") not in (None, "POST"):
                yield from setting(route, (*path, "method"), "POST", why="chat completions are POSTed")
            for field in ("method", "headers", "queryParams"):
                yield from taking(route, (*path, field), why="requests match without it then", doubt=1)


def _distinct(route: Item, rule: FieldPath, match: FieldPath, taken: list[Any]) -> Iterator[Candidate]:
    """A prefix of its own for a match whose prefix another one has: after its Backend, or after the route."""
    names = [str(one.get("name")) for _, one in route.maps(*rule, "backendRefs")]
    for name in dict.fromkeys([*names, route.name]):
        if name and f"/{name}" not in taken:
            yield from setting(route, (*match, "path", "value"), f"/{name}", why="no other route has it")


def _backends(view: View, route: Item, rule: FieldPath) -> Iterator[Candidate]:
    refs = route.maps(*rule, "backendRefs")
    yield from _spare(route, refs)
    # A Backend that another route leads to is hardly meant.
    named, reached = [ref.get("name") for _, ref in refs], _reached(view)
    for backend in view.backends():
        wanted: dict[str, str] = {"name": backend.name, "group": backend.group, "kind": backend.kind}
        if backend.namespace != route.namespace:
            wanted["namespace"] = backend.namespace
        for path, ref in refs if backend.name in named or backend.name not in reached else ():
            edits, after = list[Edit](), "name"
            for field, value in {**wanted, "namespace": backend.namespace}.items():
                if field in ref or field in wanted:
                    edits += change(route, (*path, field), value, after)
                    after = field
            yield from candidate(f"Let {dotted(path)} of {route} refer to {backend}", edits)
            if ref.get("namespace", route.namespace) != route.namespace or backend.namespace != route.namespace:
                yield from _grants(view, route, backend)
        if not refs:
            title = f"Let {dotted(rule)} of {route} refer to {backend}"
            yield from candidate(title, change(route, (*rule, "backendRefs"), [wanted]))


def _reached(view: View) -> list[Any]:
    """The names of the Backends that routes name."""
    routes = view.of("HTTPRoute")
    rules = [(route, rule) for route in routes for rule, _ in route.maps("spec", "rules")]
    return [ref.get("name") for route, rule in rules for _, ref in route.maps(*rule, "backendRefs")]


def _spare(route: Item, refs: list[tuple[FieldPath, Mapping[str, Any]]]) -> Iterator[Candidate]:
    for path, ref in refs:
        if ref.get("weight") == 0:
            yield from taking(route, (*path, "weight"), why="0 means that no request goes there")
        yield from taking(route, (*path, "port"), why="a Backend has its own", doubt=1)
        if len(refs) > 1:
            title = f"Remove {dotted(path)} from {route}"
            yield from candidate(title, [Remove(route.spot.below(*path))], doubt=2)


def _grants(view: View, route: Item, backend: Item) -> Iterator[Candidate]:
    """A ReferenceGrant beside the Backend, or one that is there mended."""
    if route.namespace == backend.namespace:
        return
    source = {"group": GROUP, "kind": "HTTPRoute", "namespace": route.namespace}
    target = {"group": backend.group, "kind": backend.kind}
    for grant in view.of("ReferenceGrant"):
        edits = _extended(grant, source, {**target, "name": backend.name}, backend.namespace)
        yield from candidate(f"Let {grant} allow {route} to refer to {backend}", edits)
    data = {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": f"{route.name}-to-{backend.name}", "namespace": backend.namespace},
        "spec": {"from": [source], "to": [{**target, "name": backend.name}]},
    }
    title = f"Add a ReferenceGrant by which {route} may refer to {backend} in namespace {backend.namespace}"
    yield from candidate(title, [adding(view, backend, data)])


def _extended(grant: Item, source: dict[str, str], target: dict[str, str], namespace: str) -> list[Edit]:
    """What lets a grant permit this reference, too, and no other: what it permits already is for others to have."""
    sources = [dict(one) for _, one in grant.maps("spec", "from")]
    targets = [{**one, "name": one.get("name") or target["name"]} for _, one in grant.maps("spec", "to")]
    if grant.namespace != namespace:
        alone = sources == [source] and targets == [target]
        return change(grant, ("metadata", "namespace"), namespace, "name") if alone else []
    if sources == [source] and target not in targets:
        return _listed_too(grant, "to", target)
    if targets == [target] and source not in sources and all("name" in one for _, one in grant.maps("spec", "to")):
        return _listed_too(grant, "from", source)
    return []


def _listed_too(grant: Item, field: str, entry: dict[str, str]) -> list[Edit]:
    if not grant.get("spec", field):
        return change(grant, ("spec", field), [entry])
    return [AddItem(grant.spot.below("spec", field), entry)]


def _filters(view: View, route: Item, rule: FieldPath) -> Iterator[Candidate]:
    names = [one.get("name") for _, one in route.maps(*rule, "backendRefs")]
    entries = [entry for one in view.backends() if one.name in names for entry in entries_of(one)]
    hosts = [(meant.host if (meant := vendor_meant(view, one)) else one.host) for one in entries]
    for path, found in route.maps(*rule, "filters"):
        rewrite = route.get(*path, "urlRewrite")
        if isinstance(rewrite, dict):
            for host in dict.fromkeys(one for one in hosts if one):
                why = "the host that the provider is reached by"
                yield from setting(route, (*path, "urlRewrite", "hostname"), host, why=why)
            yield from taking(route, (*path, "urlRewrite", "path"), why="the Backend says the path", doubt=1)
        kind = found.get("type", "unnamed")
        single = len(route.maps(*rule, "filters")) == 1
        place = (*rule, "filters") if single else path
        title = f"Remove the {kind} filter from {route}"
        yield from candidate(title, [Remove(route.spot.below(*place))], doubt=1 if isinstance(rewrite, dict) else 0)
    for ref, _ in route.maps(*rule, "backendRefs"):
        if route.maps(*ref, "filters"):
            title = f"Remove the filters of a backendRef from {route}"
            yield from candidate(title, [Remove(route.spot.below(*ref, "filters"))], doubt=1)
    if len(set(hosts)) == 1 and hosts[0] and not route.maps(*rule, "filters"):
        rewritten = [{"type": "URLRewrite", "urlRewrite": {"hostname": hosts[0]}}]
        title = f"Let {route} send the provider's own host name, {hosts[0]}"
        yield from candidate(title, [Add(route.spot.below(*rule, "filters"), rewritten, "matches")], doubt=1)
