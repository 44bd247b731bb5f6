"""Who gets which key: by authentication, a filter or a path, by way of a native provider or of no provider at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from conformance.certification.checks.keys import key_of
from conformance.certification.checks.model import Entry, Sheet
from conformance.certification.checks.modifiers import headers_removed, headers_set, headers_written, modifiers
from conformance.certification.checks.reading import dig, items
from conformance.certification.checks.rules.placeholders import is_unfilled
from conformance.certification.checks.rules.written_keys import key_written
from conformance.certification.checks.vendors import former_vendor, vendor_of
from conformance.core.addresses import is_address, is_inside
from conformance.core.credentials import credentials_of_query, is_stand_in
from conformance.core.redaction import may_be_struck
from conformance.core.startup.records import dataclass
from conformance.exchange.oracle.upstream import DEFAULT_HOST
from conformance.manifests.dialects import backend_by
from conformance.manifests.dialects.in_force import is_meant, levels
from conformance.manifests.dialects.model import Auth, BackendRef, Origin, Route, Rule, ways_to
from conformance.manifests.input.key_sources import VALUE, source_of
from conformance.manifests.input.native import NativeUse
from conformance.manifests.objects import BACKEND_KINDS, Manifest, ObjectId
from conformance.manifests.secrets import bare_key

__all__ = ["OWN", "SECRET", "KeyUse", "key_uses"]

SECRET = "the Secret "
"""How the mark of a key begins that is known by its Secret only."""
OWN = "a client's own key by "
"""How the mark of a key begins that a client brings, and that a rule leads on as it is."""
_AUTHORIZATION = "authorization"
_ANY_HOST = "any host that a client names"


@dataclass(frozen=True)
class KeyUse:
    """A key that somebody gets: where that is said, and by way of what. `marks`: two uses that have one of them in
    common are of one key. `provider`: of one that is judged.
    """

    origin: Origin
    way: Manifest
    host: str
    party: str
    known: bool
    marks: tuple[str, ...]
    provider: bool = True


def key_uses(sheet: Sheet) -> Iterator[KeyUse]:
    """Those of providers that are not judged come first, and those of no providers last."""
    yield from (_native(sheet, one) for one in sheet.natives)
    for entry in sheet.entries:
        if not is_inside(host := entry.reached or DEFAULT_HOST):
            for origin, marks in _of_entry(sheet, entry):
                yield KeyUse(origin, entry.manifest, host, _party(host), vendor_of(host) is not None, marks)
    yield from _of_rules(sheet)
    for one in sheet.beside:
        if one.kind in BACKEND_KINDS and one.group == sheet.api.BACKEND_GROUP:
            yield from _of_no_provider(sheet, one)


def _of_entry(sheet: Sheet, entry: Entry) -> Iterator[tuple[Origin, tuple[str, ...]]]:
    for auth in _credentials(entry.llm.auth):
        yield auth.origin, _marks_of(sheet, entry, auth)
    number = entry.backend.providers.index(entry.llm)
    for route, rule in ways_to(sheet.configuration.routes, entry.backend.id):
        llm = backend_by(sheet.configuration, entry.backend, route, rule).providers[number]
        for auth in _credentials(llm.auth) if llm.auth.origin != entry.llm.auth.origin else ():
            yield auth.origin, _marks_of(sheet, entry, auth)
        refs = [one for one in rule.backends if one.id == entry.backend.id]
        yield from _in_filters(sheet, rule, refs, llm.auth)
    for key in credentials_of_query(entry.llm.path or ""):
        if _is_secret(key):
            yield entry.llm.origin.below("path"), (f"{VALUE}{bare_key(key)}",)


def _credentials(auth: Auth) -> Iterator[Auth]:
    yield from (auth, *auth.further)


def _marks_of(sheet: Sheet, entry: Entry, auth: Auth) -> tuple[str, ...]:
    key = key_of(sheet, replace(entry, llm=replace(entry.llm, auth=auth)))
    marks = [f"{VALUE}{bare_key(key.value)}"] if key and _is_secret(key.value) else []
    if auth.kind == "secret" and auth.secret and (marks or key is None):
        marks += _marks(sheet, auth.secret_id.namespace, auth.secret, auth.secret_key)
    return tuple(marks)


def _in_filters(
    sheet: Sheet, rule: Rule, refs: Iterable[BackendRef], auth: Auth | None = None
) -> Iterator[tuple[Origin, tuple[str, ...]]]:
    """The keys that stand in filters. A rule's come before the Backend's own authentication, which replaces them."""
    placed = {(name, value): origin.below(*path) for origin, path, name, value in modifiers(sheet)}
    replaced = (auth.header or _AUTHORIZATION).lower() if auth and _is_in_header(auth) else None
    of_rule = [one for one in headers_written(rule.filters) if one[0].lower() != replaced]
    for name, value in (*of_rule, *(one for ref in refs for one in headers_written(ref.filters))):
        if key := key_written(name, value):
            yield placed.get((name, value), rule.origin), (f"{VALUE}{bare_key(key)}",)


def _of_rules(sheet: Sheet) -> Iterator[KeyUse]:
    """What goes by a rule to all that it leads to: a client's own key, and to who gets copies what filters write.

    A copy is made once the rule's filters have been at the request, and before the Backend's key is put in (measured on
    agentgateway 1.4.1).
    """
    entries: dict[ObjectId, list[Entry]] = {}
    for entry in sheet.entries:
        entries.setdefault(entry.backend.id, []).append(entry)
    for route in sheet.configuration.routes:
        for rule in route.rules:
            refs = [one for one in (*rule.backends, *rule.shared) if one.weight]
            own = [*_own_keys(sheet, route, rule, [one for ref in refs for one in entries.get(ref.id, ())])]
            yield from own
            for mirror in rule.mirrors:
                service = sheet.services.get((mirror.id.namespace, mirror.id.name))
                host = service.spec.get("externalName") if service else None
                if service is None or not isinstance(host, str) or is_inside(host):
                    continue
                copied = [*_in_filters(sheet, rule, ()), *((mirror.origin, one.marks) for one in own[:1])]
                for origin, marks in copied:
                    yield KeyUse(
                        origin, service, host, _party(host), vendor_of(host) is not None, marks, provider=False
                    )


def _own_keys(sheet: Sheet, route: Route, rule: Rule, entries: Iterable[Entry]) -> Iterator[KeyUse]:
    """Who gets a client's own key by a rule: who is to have it, and who has no key that takes its place."""
    if _AUTHORIZATION in (*headers_set(rule.filters), *headers_removed(rule.filters)):
        return
    found = []
    for entry in entries:
        llms = backend_by(sheet.configuration, entry.backend, route, rule).providers
        auth = llms[entry.backend.providers.index(entry.llm)].auth
        if auth.kind == "passthrough" and not is_inside(entry.reached or DEFAULT_HOST):
            found.append((entry, auth))
    if any(auth.origin.path != entry.path for entry, auth in found):
        for entry, auth in found:
            host, mark = entry.reached or DEFAULT_HOST, f"{OWN}{rule.origin.position}"
            yield KeyUse(auth.origin, entry.manifest, host, _party(host), vendor_of(host) is not None, (mark,))


def _is_in_header(auth: Auth) -> bool:
    return auth.kind in ("secret", "inline") and auth.place is None


def _of_no_provider(sheet: Sheet, backend: Manifest) -> Iterator[KeyUse]:
    """What a Backend gets that is left out: one to a host of its own, or to whatever host the client names."""
    dynamic = dig(backend.spec, "dynamicForwardProxy") is not None
    hosts = [_ANY_HOST] if dynamic else [*filter(_is_outside, _static_hosts(backend))]
    for host in hosts:
        party, known = (host, True) if dynamic else (_party(host), vendor_of(host) is not None)
        for origin in _auths_of(sheet, backend):
            marks = _marks_at(sheet, origin.manifest.namespace, dig(origin.manifest.data, *origin.path))
            yield KeyUse(origin, backend, host, party, known, marks, provider=False)
        for _, rule in ways_to(sheet.routes, backend.id):
            refs = [one for one in rule.backends if one.id == backend.id]
            for origin, marks in _in_filters(sheet, rule, refs):
                yield KeyUse(origin, backend, host, party, known, marks, provider=False)


def _static_hosts(backend: Manifest) -> list[Any]:
    """As agentgateway has them, and kgateway."""
    return [
        dig(backend.spec, "static", "host"),
        *(one.get("host") for _, one in items(backend.spec, "static", "hosts")),
    ]


def _is_outside(host: Any) -> bool:
    return isinstance(host, str) and not is_inside(host)


def _marks_at(sheet: Sheet, namespace: str, auth: Any) -> tuple[str, ...]:
    key, name, named = dig(auth, "key"), dig(auth, "secretRef", "name"), dig(auth, "secretRef", "key")
    if isinstance(key, str):
        return (f"{VALUE}{bare_key(key)}",) if _is_secret(key) else ()
    at = named if isinstance(named, str) else "Authorization"
    return tuple(_marks(sheet, namespace, name, at)) if isinstance(name, str) else ()


def _auths_of(sheet: Sheet, backend: Manifest) -> Iterator[Origin]:
    """Its own authentication, or else those of the policies on it and on the way to it."""
    if isinstance(dig(backend.spec, "policies", "auth"), dict):
        yield Origin(backend, ("spec", "policies", "auth"))
        return
    policies = {
        policy.id: policy
        for policy in sheet.configuration.attached
        for target in policy.targets
        if target.kind == backend.kind and is_meant(target, policy, backend)
    }
    for route, rule in ways_to(sheet.routes, backend.id):
        policies |= {one.id: one for _, one in levels(sheet.configuration, None, None, route, rule)}
    for policy in policies.values():
        if isinstance(dig(policy.origin.manifest.spec, "backend", "auth"), dict):
            yield policy.origin.below("backend", "auth")


def _native(sheet: Sheet, use: NativeUse) -> KeyUse:
    marks = _marks(sheet, use.manifest.namespace, use.secret, use.key)
    origin, vendor = Origin(use.manifest, use.path), use.vendor
    return KeyUse(origin, use.manifest, vendor.host_form, vendor.title, True, tuple(marks), provider=False)


def _marks(sheet: Sheet, namespace: str, secret: str, key: str) -> Iterator[str]:
    yield f"{SECRET}{namespace}/{secret}/{key}"
    source = source_of(sheet.sources, namespace, secret, key)
    if source and (not source.startswith(VALUE) or _is_secret(source.removeprefix(VALUE))):
        yield source


def _is_secret(value: str) -> bool:
    bare = bare_key(value)
    return may_be_struck(bare) and not is_stand_in(bare) and not is_unfilled(bare)


def _party(host: str) -> str:
    """Whose host it is: the vendor's name, or the domain that somebody registered, roughly."""
    host = host.lower().rstrip(".")
    if vendor := vendor_of(host) or former_vendor(host):
        return vendor.title
    labels = host.split(".")
    # As in co.uk, com.au: what a country's registry sells is below these.
    registered = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRIES else 2
    return host if is_address(host) else ".".join(labels[-registered:])


_REGISTRIES = ("ac", "co", "com", "edu", "go", "gov", "gv", "ne", "net", "nom", "or", "org")
