"""Checks of the path that requests go upstream with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.core.providers.paths import USUAL_END, may_have
from conformance.core.yaml.located import FieldPath
from conformance.manifests.dialects.model import ways_to
from conformance.manifests.objects import Manifest
from conformance.manifests.remedies import doubled

__all__: list[str] = []

_DEFAULT = "/v1/chat/completions"
# RFC 3986: what a request target can hold, the query included.
_TARGET = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/%?\[\]]*")
_URL = re.compile(r"[a-z]+://[^/]*")
# What clients of OpenAI's API are told as base_url: /v1, /api/v3/, /openai/v1.
_BASE = re.compile(r"/v\d+(?:alpha|beta)?\d*/?$")
_PAGE = "the page, table path"


def _written(sheet: Sheet, entry: Entry) -> tuple[FieldPath, str, str] | None:
    """Where the path is written, what stands there, and the whole path that comes of it; None: nowhere."""
    if entry.llm.path is not None:
        return (*entry.path, *sheet.api.PATH.split(".")), entry.llm.path, entry.llm.path
    if entry.llm.path_prefix is not None:
        prefix = entry.llm.path_prefix
        return (*entry.path, "pathPrefix"), prefix, f"{prefix.rstrip('/')}{USUAL_END}"
    return None


@reports(
    path_no_slash=("the path does not begin with a slash", "RFC 9112, request target; agentgateway API, pathPrefix"),
    path_characters=("the path holds a fragment, spaces or other characters that no request can have", "RFC 3986"),
    path_query=("pathPrefix holds a query, behind which the rest of the path is put", "agentgateway API, pathPrefix"),
)
def path_form(sheet: Sheet) -> Iterator[Found]:
    """The path is sent as it stands there."""
    for entry in sheet.entries:
        if (written := _written(sheet, entry)) is None:
            continue
        where, text, _ = written
        if not text.startswith("/"):
            # A whole URL is a form of request target, which servers take or not.
            severity = Severity.WARNING if _URL.match(text) else Severity.ERROR
            message = f"{text!r} does not begin with a slash, so it is no path"
            remedy = f"write /{_URL.sub('', text).lstrip('/')}"
            yield Found("path-no-slash", entry.manifest, where, message, remedy, severity)
        elif not _TARGET.fullmatch(text):
            message = f"{text!r} holds characters that a request's path cannot have"
            yield Found("path-characters", entry.manifest, where, message, "write the path alone, percent-encoded")
        elif entry.llm.path is None and "?" in text:
            message = f"{USUAL_END} is put behind {text!r}, and so becomes a part of the query"
            yield Found("path-query", entry.manifest, where, message, "write the whole target into path")


@reports(
    path_doubled=("a part of the path stands twice, as /v1/v1", _PAGE),
    path_unlike_vendor=("the path is not the one that the vendor at this host has", f"{_PAGE}; the vendor's facts"),
)
def path_at_vendor(sheet: Sheet) -> Iterator[Found]:
    """A path that the provider does not have is answered 404."""
    for entry in sheet.entries:
        vendor, host = entry.vendor, entry.llm.host or "the provider"
        for manifest, where, text, whole in _paths(sheet, entry):
            bare = whole.partition("?")[0]
            if not _is_sound(where, text) or _of_another_api(entry, bare):
                continue
            if vendor and (not bare or vendor.has_path(whole)):
                # A rewritten path keeps the client's query.
                if bare and "filters" not in where and (wanted := vendor.lacking(whole)):
                    message = f"{host} has {bare!r} with the query parameter {wanted[0]} only, and it is missing"
                    yield Found("path-unlike-vendor", manifest, where, message, f"add ?{wanted[0]}=... to the path")
                continue
            twice = doubled(whole)
            if twice and text == whole:
                message = f"{host} has no path {bare!r}: {twice[0]!r} stands twice in it"
                remedy = f"write it once: {_once(whole)}"
                yield Found("path-doubled", manifest, where, message, remedy)
            elif twice:
                message = f"{host} has no path {bare!r}: {USUAL_END} is put behind pathPrefix by the gateway"
                remedy = f"set pathPrefix to {text.rstrip('/').removesuffix(USUAL_END) or '/'}"
                yield Found("path-doubled", manifest, where, message, remedy)
            elif vendor and not sheet.is_own(vendor) and may_have(vendor, whole):
                message = f"nothing is known of a path {bare!r} at {host}; the vendor's is {vendor.path_form}"
                change = _set_path(sheet, where, vendor.path_form)
                remedy = f"compare it with the vendor's documentation; if it is a mistake, {change}"
                yield Found("path-unlike-vendor", manifest, where, message, remedy, Severity.WARNING)
            else:
                yield from _unlike(sheet, entry, manifest, where, bare)


def _unlike(sheet: Sheet, entry: Entry, manifest: Manifest, where: FieldPath, path: str) -> Iterator[Found]:
    """A path that a known vendor does not have, or that nobody's endpoint has."""
    if vendor := entry.vendor:
        default = "" if _has_path(entry) or "filters" in where else ", which is the default"
        message = f"{entry.llm.host or 'the provider'} has no path {path!r}{default}"
        yield Found("path-unlike-vendor", manifest, where, message, _set_path(sheet, where, vendor.path_form))
    elif _BASE.search(path) and entry.llm.path is not None:
        message = f"{path!r} looks like the base URL of an SDK, and requests are sent to exactly that"
        remedy = _set_path(sheet, where, f"{path.rstrip('/')}{USUAL_END}")
        yield Found("path-unlike-vendor", manifest, where, message, remedy, Severity.WARNING)


def _of_another_api(entry: Entry, path: str) -> bool:
    """Whether a custom provider speaks another API of the vendor's there, of whose paths nothing is known."""
    return entry.llm.provider == "custom" and not path.endswith(USUAL_END)


def _is_sound(where: FieldPath, text: str) -> bool:
    """Whether it can be a path at all; where it cannot, that is told by itself."""
    return (
        text.startswith("/") and _TARGET.fullmatch(text) is not None and not (where[-1] == "pathPrefix" and "?" in text)
    )


def _has_path(entry: Entry) -> bool:
    return entry.llm.path is not None or entry.llm.path_prefix is not None


def _once(path: str) -> str:
    while twice := doubled(path):
        path = twice[1]
    return path


def _set_path(sheet: Sheet, where: FieldPath, path: str) -> str:
    if where[-1:] == ("pathPrefix",) and path.endswith(USUAL_END):
        return f"set pathPrefix to {path.removesuffix(USUAL_END) or '/'}"
    if "filters" in where:
        return f"set it to {path}"
    return f"set {sheet.api.PATH} to {path}"


def _paths(sheet: Sheet, entry: Entry) -> Iterator[tuple[Manifest, FieldPath, str, str]]:
    """Every path that requests to the entry can go upstream with, and the field that says so."""
    if (written := _written(sheet, entry)) is not None:
        yield entry.manifest, *written
        return
    if entry.llm.host is None:
        return
    rewrites = [
        list(_full_rewrites(rule.origin.manifest, rule.origin.path, rule.filters))
        for _, rule in ways_to(sheet.configuration.routes, entry.backend.id)
    ]
    for found in rewrites:
        yield from (one for one in found if one[2])
    if not rewrites or not all(rewrites):
        yield entry.manifest, (*entry.path, *sheet.api.PATH.split(".")), _DEFAULT, _DEFAULT


def _full_rewrites(
    manifest: Manifest, rule: FieldPath, filters: tuple[Mapping[str, Any], ...]
) -> Iterator[tuple[Manifest, FieldPath, str, str]]:
    """Rewrites of the path; what a ReplacePrefixMatch comes to depends on the request, and is left empty."""
    for index, entry in enumerate(filters):
        path = (entry.get("urlRewrite") or {}).get("path")
        if isinstance(path, dict):
            full = path.get("replaceFullPath")
            text = full if isinstance(full, str) else ""
            yield manifest, (*rule, "filters", index, "urlRewrite", "path", "replaceFullPath"), text, text
