"""Translates what stands in an HTTPRoute's rules: matches, filters, timeouts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from conformance.core.expressions import refusal_of
from conformance.targets.reference.controller.view import Object, dig
from conformance.targets.reference.gateway.config import (
    Cors,
    Filter,
    HeaderModifier,
    LlmBackend,
    Match,
    Mirror,
    PathMatch,
    Redirect,
    Server,
    Timeouts,
    UrlRewrite,
    ValueMatch,
)

__all__ = ["Destination", "Unsupported", "duration", "read_filters", "read_matches", "read_timeouts"]


class Unsupported(Exception):
    """A route asks for what this gateway does not do. `reason` is that of the Accepted condition."""

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason
        super().__init__(text)


def read_matches(rule: Object) -> tuple[Match, ...]:
    """The matches of a rule; without any, every request matches. Raises Unsupported for a broken expression."""
    return tuple(_match(one) for one in rule.get("matches") or [{}])


_PATH_KINDS: dict[str, Any] = {"PathPrefix": "prefix", "Exact": "exact", "RegularExpression": "regex"}


def _match(match: Object) -> Match:
    path = match.get("path") or {}
    kind = _PATH_KINDS[path.get("type", "PathPrefix")]
    value = path.get("value", "/")
    if kind == "regex":
        _compilable(value)
    return Match(
        PathMatch(kind, value),
        _values(match.get("headers")),
        _values(match.get("queryParams")),
        match.get("method"),
    )


def _values(entries: Any) -> tuple[ValueMatch, ...]:
    found = [ValueMatch(one["name"], one["value"], one.get("type") == "RegularExpression") for one in entries or []]
    for one in found:
        if one.regex:
            _compilable(one.value)
    return tuple(found)


def _compilable(expression: str) -> None:
    if refused := refusal_of(expression):
        raise Unsupported("UnsupportedValue", f"invalid regular expression {expression!r}: {refused}")


Destination = Callable[[Object], LlmBackend | Server | None]
"""Where the backendRef of a filter leads; None: nowhere."""


def read_filters(filters: Any, lead: Destination, supported: frozenset[str] | None = None) -> tuple[Filter, ...]:
    """The filters of a rule or of a backendRef; `supported` None: all that are known.

    A copy that nobody would get is left out. Raises Unsupported with kgateway's words (FACTS 1.8).
    """
    found: list[Filter] = []
    for one in filters or []:
        if supported is not None and one.get("type") not in supported:
            raise Unsupported("IncompatibleFilters", f'unsupported filter type "{one.get("type")}"')
        if one.get("type") == "RequestMirror":
            found += _mirror(one.get("requestMirror") or {}, lead)
        else:
            found.append(_filter(one))
    return tuple(found)


def _mirror(spec: Object, lead: Destination) -> list[Filter]:
    to = lead(spec.get("backendRef") or {})
    fraction = spec.get("fraction")
    share = fraction["numerator"] / fraction.get("denominator", 100) if fraction else spec.get("percent", 100) / 100
    return [Mirror(to, share)] if to is not None and share > 0 else []


def _filter(one: Object) -> Filter:
    match one.get("type"):
        case "CORS":
            cors = one.get("cors") or {}
            return Cors(
                origins=tuple(cors.get("allowOrigins") or ()),
                methods=tuple(cors.get("allowMethods") or ()),
                headers=tuple(cors.get("allowHeaders") or ()),
                exposes=tuple(cors.get("exposeHeaders") or ()),
                credentials=bool(cors.get("allowCredentials")),
                max_age=cors.get("maxAge", 5),
            )
        case "URLRewrite":
            rewrite = one.get("urlRewrite") or {}
            full, prefix = _path(rewrite)
            return UrlRewrite(rewrite.get("hostname"), full, prefix)
        case "RequestRedirect":
            redirect = one.get("requestRedirect") or {}
            full, prefix = _path(redirect)
            return Redirect(
                redirect.get("scheme"),
                redirect.get("hostname"),
                redirect.get("port"),
                full,
                prefix,
                redirect.get("statusCode", 302),
            )
        case "RequestHeaderModifier":
            return _modifier(one, "request")
        case "ResponseHeaderModifier":
            return _modifier(one, "response")
        case "KeepHost":
            return UrlRewrite(keeps_host=True)
        case "ExtensionRef":
            ref = one.get("extensionRef") or {}
            raise Unsupported("IncompatibleFilters", f"unsupported ExtensionRef: {ref.get('group')}/{ref.get('kind')}")
    raise Unsupported("IncompatibleFilters", f'unsupported filter type "{one.get("type")}"')


def _path(owner: Object) -> tuple[str | None, str | None]:
    return dig(owner, "path", "replaceFullPath"), dig(owner, "path", "replacePrefixMatch")


def _modifier(one: Object, of: Literal["request", "response"]) -> HeaderModifier:
    spec = one.get(f"{of}HeaderModifier") or {}

    def pairs(key: str) -> tuple[tuple[str, str], ...]:
        return tuple((entry["name"], entry["value"]) for entry in spec.get(key) or [])

    removed = tuple(spec.get("remove") or ())
    return HeaderModifier(of, pairs("set"), pairs("add"), removed, computed=bool(one.get("computed")))


def read_timeouts(rule: Object) -> Timeouts:
    """The timeouts of a rule; `0s` means none."""
    return Timeouts(duration(dig(rule, "timeouts", "request")), duration(dig(rule, "timeouts", "backendRequest")))


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def duration(text: Any) -> float | None:
    """Seconds of a Gateway API duration (`1m30s`, `500ms`); None for none and for zero."""
    if not isinstance(text, str):
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|h|m|s)", text)) or None
