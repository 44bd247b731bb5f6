"""Checks of what the gateway version under test does not do as documented, by the lists of known deviations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from conformance.certification.checks.in_cluster import reached
from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.modifiers import headers_removed
from conformance.certification.checks.needs import is_host
from conformance.certification.checks.registry import reports
from conformance.certification.checks.rules.auth import header_field
from conformance.certification.checks.rules.grants import granted
from conformance.certification.checks.rules.references import grants_needed
from conformance.core.fixtures import fixtures, shown
from conformance.core.providers.paths import USUAL_END
from conformance.core.yaml.located import FieldPath, read_documents
from conformance.manifests.dialects.model import Rule, ways_to
from conformance.manifests.objects import Manifest

if TYPE_CHECKING:
    from conformance.verdict.deviations import Deviation

__all__: list[str] = []

_Place = tuple[Manifest, FieldPath, str]
"""(object, field, remedy)."""


def _auth_header(sheet: Sheet) -> Iterator[_Place]:
    for entry in sheet.entries:
        if entry.data.get("authHeader"):
            remedy = "use a provider, or a newer gateway, that needs no other header"
            yield entry.manifest, (*entry.path, "authHeader"), remedy


def _alternative_names(sheet: Sheet) -> Iterator[_Place]:
    for policy in sheet.configuration.policies:
        if policy.alt_names:
            where = (*policy.origin.path, "validation", "subjectAltNames")
            yield policy.origin.manifest, where, "set validation.hostname to a name in the certificate"


def _path_without_host(sheet: Sheet) -> Iterator[_Place]:
    for entry in sheet.entries:
        if entry.llm.path is not None and entry.llm.host is None:
            yield entry.manifest, (*entry.path, "path"), "set host and port, too, with a BackendTLSPolicy"


def _granted(sheet: Sheet) -> Iterator[_Place]:
    for route, ref, backend in grants_needed(sheet):
        if not granted(sheet, route, ref):
            continue  # which is told by itself
        remedy = f"put the route into namespace {backend.id.namespace}"
        yield ref.origin.manifest, (*ref.origin.path, "namespace"), remedy


def _no_path(sheet: Sheet) -> Iterator[_Place]:
    for entry in sheet.entries:
        llm = entry.llm
        if llm.host and llm.path is None and llm.path_prefix is None and not _all_rewritten(sheet, entry):
            yield entry.manifest, (*entry.path, *sheet.api.PATH.split(".")), f"set {sheet.api.PATH}"


def _all_rewritten(sheet: Sheet, entry: Entry) -> bool:
    """Whether no request comes with a path that is not meant to go up: it is rewritten, or is the provider's own."""
    return all(
        rule.rewrite.get("path") or _is_own(entry, rule)
        for _, rule in ways_to(sheet.configuration.routes, entry.backend.id)
    )


def _is_own(entry: Entry, rule: Rule) -> bool:
    vendor = entry.vendor
    return all(
        one.path_type == "Exact" and (vendor.has_path(one.path) if vendor else one.path == f"/v1{USUAL_END}")
        for one in rule.matches
    )


# The page's own example for it has no URLRewrite, and works.
_ANY_HOST = ("api.deepseek.com",)


def _no_rewrite(sheet: Sheet) -> Iterator[_Place]:
    for backend in sheet.configuration.backends:
        hosts = dict.fromkeys(llm.host for llm in backend.providers if llm.host)
        host = next(iter(hosts), None)
        for route, rule in ways_to(sheet.configuration.routes, backend.id):
            if host and not rule.rewrite.get("hostname") and not (sheet.version_assumed and host in _ANY_HOST):
                name = reached(sheet.services, host) or ""
                remedy = f"add a filter URLRewrite with hostname {name if is_host(name) else 'of the provider'}"
                if len(hosts) > 1:
                    remedy = "give each of its hosts a Backend and a rule of its own: a filter sends one name to all"
                yield route.origin.manifest, (*rule.origin.path, "filters"), remedy


def _moved_key(sheet: Sheet) -> Iterator[_Place]:
    if sheet.dialect == "kgateway-2.1":
        return  # it moves no key at all, which is told by itself
    for entry in sheet.entries:
        auth = entry.llm.auth
        moved = auth.kind in ("secret", "inline") and auth.header and auth.header.lower() != "authorization"
        ways = ways_to(sheet.configuration.routes, entry.backend.id)
        if moved and not all("authorization" in headers_removed(rule.filters) for _, rule in ways):
            remedy = "let the route's RequestHeaderModifier remove Authorization, if clients send one of their own"
            yield entry.manifest, header_field(entry), remedy


_IGNORED: dict[str, Callable[[Sheet], Iterator[_Place]]] = {
    "auth/header-name-moves-key": _auth_header,
    "tls/alternative-name-accepted": _alternative_names,
    "path/full-without-host": _path_without_host,
    "status/other-namespace-granted": _granted,
    "auth/client-cannot-replace-moved-key": _moved_key,
}
_DEFAULTS: dict[str, Callable[[Sheet], Iterator[_Place]]] = {
    "path/default-with-host": _no_path,
    "host/defaults-to-backend-host": _no_rewrite,
}
"""By the case whose deviation says what happens instead."""
_FINDERS = {**_IGNORED, **_DEFAULTS}
_TEXTS = ("case", "versions", "instead", "why", "reference")


@reports(
    field_ignored_by_version=("a field that the gateway version under test ignores", "the lists of known deviations"),
    default_missing_in_version=(
        "a field is left to its documented default, which the gateway version under test does not have",
        "the lists of known deviations",
    ),
)
def by_version(sheet: Sheet) -> Iterator[Found]:
    """Only where the version is known. The lists are read where there is something that they may speak of."""
    found = [(case, place) for case, finder in _FINDERS.items() for place in finder(sheet)] if sheet.version else []
    for known in _deviations(str(sheet.version)) if found else ():
        check = "field-ignored-by-version" if known.case in _IGNORED else "default-missing-in-version"
        for manifest, where, remedy in [place for case, place in found if case == known.case]:
            message = f"agentgateway {sheet.version}: {' '.join(known.instead.split())}"
            yield Found(check, manifest, where, message, remedy, Severity.WARNING)


@cache
def _deviations(version: str) -> tuple[Deviation, ...]:
    """Those of a version, whatever target they were seen on."""
    # It brings half of the suite with it, and mostly no version is known.
    from conformance.verdict.deviations import NONE, Deviation, list_for

    name = list_for(version)
    if name == NONE:
        return ()
    file = fixtures("deviations", f"{name}.yaml")
    (document,) = read_documents(file.read_text(encoding="utf-8"), shown(file))
    known = (Deviation(**{name: one[name] for name in _TEXTS}) for one in document.data if one["case"] in _FINDERS)
    return tuple(one for one in known if one.applies(version, ""))
