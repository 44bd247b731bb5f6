"""Defects in what a finished configuration says of filters and timeouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.targets.embedded.mutations.controller.settling import Settle, of_backends, of_rules
from conformance.targets.embedded.mutations.mutant import Mutant, steered
from conformance.targets.reference.controller.view import Objects
from conformance.targets.reference.gateway.config import (
    Filter,
    GatewayConfig,
    HeaderModifier,
    Redirect,
    Rule,
    Timeouts,
    UrlRewrite,
)

__all__ = ["FILTERS"]

_MODIFIER = "GW HTTPHeaderFilter"

_REDIRECT = "GW HTTPRequestRedirectFilter"

_REWRITE = "GW HTTPPathModifier"

_TIMEOUT = "GW HTTPRouteTimeouts"


def _filters(change: Callable[[Filter], Filter | None]) -> Settle:
    """Each filter of a rule or a backendRef is changed, or left out."""

    def kept(filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        return tuple(found for one in filters if (found := change(one)) is not None)

    def settle(config: GatewayConfig, objects: Objects) -> GatewayConfig:
        config = of_rules(config, lambda rule: replace(rule, filters=kept(rule.filters)))
        return of_backends(config, lambda ref: replace(ref, filters=kept(ref.filters)))

    return settle


def _redirects(change: Callable[[Redirect], Redirect | None]) -> Settle:
    return _filters(lambda one: change(one) if isinstance(one, Redirect) else one)


def _modifiers(of: str, change: Callable[[HeaderModifier], HeaderModifier | None]) -> Settle:
    return _filters(lambda one: change(one) if isinstance(one, HeaderModifier) and one.of == of else one)


def _rewrites(change: Callable[[UrlRewrite], UrlRewrite | None]) -> Settle:
    return _filters(lambda one: change(one) if isinstance(one, UrlRewrite) else one)


def _timeouts(change: Callable[[Timeouts], Timeouts]) -> Settle:
    return lambda config, objects: of_rules(config, lambda rule: replace(rule, timeouts=change(rule.timeouts)))


def no_filters_of_refs(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Filters of backendRefs do not count."""
    return of_backends(config, lambda ref: replace(ref, filters=()))


def _longer(rule: Rule) -> Rule:
    seconds = [one * 60 if one is not None else None for one in (rule.timeouts.request, rule.timeouts.backend_request)]
    return replace(rule, timeouts=Timeouts(*seconds))


def minutes(config: GatewayConfig, objects: Objects) -> GatewayConfig:
    """Seconds are taken for minutes."""
    return of_rules(config, _longer)


FILTERS: tuple[Mutant, ...] = (
    steered(
        "backend-filters-ignored",
        "Filters of a backendRef have no effect.",
        "routing",
        "GW HTTPBackendRef.filters",
        "header",
        settled=no_filters_of_refs,
    ),
    steered(
        "request-headers-ignored",
        "RequestHeaderModifier has no effect.",
        "routing",
        _MODIFIER,
        "did not pass on the client's header",
        settled=_modifiers("request", lambda one: None),
    ),
    steered(
        "request-header-set-adds",
        "What RequestHeaderModifier sets is added to what is there.",
        "routing",
        _MODIFIER,
        "header",
        settled=_modifiers("request", lambda one: replace(one, set=(), add=(*one.set, *one.add))),
    ),
    steered(
        "request-header-add-sets",
        "What RequestHeaderModifier adds replaces what is there.",
        "routing",
        _MODIFIER,
        "header",
        settled=_modifiers("request", lambda one: replace(one, add=(), set=(*one.set, *one.add))),
    ),
    steered(
        "request-header-kept",
        "What RequestHeaderModifier removes stays.",
        "routing",
        _MODIFIER,
        "sent a header",
        settled=_modifiers("request", lambda one: replace(one, remove=())),
    ),
    steered(
        "response-headers-ignored",
        "ResponseHeaderModifier has no effect.",
        "routing",
        _MODIFIER,
        "response header",
        settled=_modifiers("response", lambda one: None),
    ),
    steered(
        "response-header-kept",
        "What ResponseHeaderModifier removes stays.",
        "routing",
        _MODIFIER,
        "response header",
        settled=_modifiers("response", lambda one: replace(one, remove=())),
    ),
    steered(
        "response-header-set-adds",
        "What ResponseHeaderModifier sets is added to what is there.",
        "routing",
        _MODIFIER,
        "response header",
        settled=_modifiers("response", lambda one: replace(one, set=(), add=(*one.set, *one.add))),
    ),
    steered(
        "redirect-ignored",
        "RequestRedirect has no effect.",
        "routing",
        _REDIRECT,
        "redirect",
        settled=_redirects(lambda one: None),
    ),
    steered(
        "redirect-status-ignored",
        "A redirect always has status 302.",
        "routing",
        _REDIRECT,
        "redirect",
        settled=_redirects(lambda one: replace(one, status=302)),
    ),
    steered(
        "redirect-host-ignored",
        "A redirect leads to the same host.",
        "routing",
        _REDIRECT,
        "location",
        settled=_redirects(lambda one: replace(one, hostname=None)),
    ),
    steered(
        "redirect-path-ignored",
        "A redirect leads to the same path.",
        "routing",
        _REDIRECT,
        "location",
        settled=_redirects(lambda one: replace(one, replace_full=None, replace_prefix=None)),
    ),
    steered(
        "redirect-scheme-ignored",
        "A redirect leads to the same scheme.",
        "routing",
        _REDIRECT,
        "location",
        settled=_redirects(lambda one: replace(one, scheme=None)),
    ),
    steered(
        "redirect-port-ignored",
        "A redirect leads to the scheme's own port.",
        "routing",
        _REDIRECT,
        "location",
        settled=_redirects(lambda one: replace(one, port=None)),
    ),
    steered(
        "rewrite-full-keeps-rest",
        "ReplaceFullPath replaces the prefix only.",
        "path",
        _REWRITE,
        "the gateway made another path than configured",
        settled=_rewrites(
            lambda one: replace(one, replace_full=None, replace_prefix=one.replace_full or one.replace_prefix)
        ),
    ),
    steered(
        "rewrite-prefix-drops-rest",
        "ReplacePrefixMatch replaces the whole path.",
        "path",
        _REWRITE,
        "the gateway made another path than configured",
        settled=_rewrites(
            lambda one: replace(one, replace_prefix=None, replace_full=one.replace_prefix or one.replace_full)
        ),
    ),
    steered(
        "rewrite-path-ignored",
        "URLRewrite changes no path.",
        "path",
        _REWRITE,
        "the gateway made another path than configured",
        settled=_rewrites(lambda one: replace(one, replace_prefix=None, replace_full=None)),
    ),
    steered(
        "rewrite-host-lost-with-path",
        "URLRewrite of a path leaves the host.",
        "host",
        "GW HTTPURLRewriteFilter hostname",
        "the gateway sent another Host than configured",
        settled=_rewrites(lambda one: replace(one, hostname=None) if one.replace_prefix or one.replace_full else one),
    ),
    steered(
        "request-timeout-ignored",
        "timeouts.request has no effect.",
        "routing",
        _TIMEOUT,
        "timeouts.request has no effect",
        settled=_timeouts(lambda one: replace(one, request=None)),
    ),
    steered(
        "backend-timeout-ignored",
        "timeouts.backendRequest has no effect.",
        "routing",
        _TIMEOUT,
        "timeouts.backendRequest has no effect",
        settled=_timeouts(lambda one: replace(one, backend_request=None)),
    ),
    steered(
        "timeouts-in-minutes",
        "Seconds of timeouts are taken for minutes.",
        "routing",
        _TIMEOUT,
        "has no effect",
        settled=minutes,
    ),
)
