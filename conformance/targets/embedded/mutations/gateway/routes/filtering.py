"""Defects in what filters of routes do in the gateway: pages of other origins, and copies of requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.targets.embedded.mutations.mutant import Mutant, gateway
from conformance.targets.reference.gateway.config import Cors, Filter, LlmProvider, Mirror
from conformance.targets.reference.gateway.cors import cors_of
from conformance.targets.reference.gateway.messages import ProxyError
from conformance.targets.reference.gateway.mirroring import mirrors_of

__all__ = ["FILTERING"]

_CORS = "GW HTTPCORSFilter"

_MIRROR = "GW HTTPRequestMirrorFilter"


def _cors(**changes: Any) -> Callable[[Iterable[Filter]], Cors | None]:
    """The filter with something else in it than what was written."""

    def of(filters: Iterable[Filter]) -> Cors | None:
        found = cors_of(filters)
        return found and replace(found, **changes)

    return of


def by_its_end(filters: Iterable[Filter]) -> Cors | None:
    """A wildcard stands for any letters, not for labels."""
    found = cors_of(filters)
    return found and replace(found, origins=tuple(one.replace("*.", "*") for one in found.origins))


def no_cors(filters: Iterable[Filter]) -> Cors | None:
    """The filter is not known."""
    return None


def not_on_errors(refusal: ProxyError, provider: LlmProvider | None) -> ProxyError:
    """The gateway's own errors say nothing to pages."""
    kept = tuple(one for one in refusal.headers if not one[0].lower().startswith("access-control-"))
    return ProxyError(refusal.status, refusal.text, kept)


def no_mirrors(filters: Iterable[Filter]) -> tuple[Mirror, ...]:
    """Nothing is copied."""
    return ()


def one_mirror(filters: Iterable[Filter]) -> tuple[Mirror, ...]:
    """Only one copy is made."""
    return mirrors_of(filters)[:1]


def whole_mirrors(filters: Iterable[Filter]) -> tuple[Mirror, ...]:
    """Every request is copied."""
    return tuple(replace(one, share=1.0) for one in mirrors_of(filters))


FILTERING: tuple[Mutant, ...] = (
    gateway(
        "cors-ignored",
        "The CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-allow-origin",
        cors=no_cors,
    ),
    gateway(
        "cors-any-origin",
        "Pages of every origin may send requests.",
        "routing",
        _CORS,
        "a header access-control-allow-origin that is not to be there",
        cors=_cors(origins=("*",)),
    ),
    gateway(
        "cors-origin-by-its-end",
        "An origin with a wildcard lets in all that end in the same letters.",
        "routing",
        _CORS,
        "a header access-control-allow-origin that is not to be there",
        cors=by_its_end,
    ),
    gateway(
        "cors-credentials-lost",
        "allowCredentials of the CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-allow-credentials",
        cors=_cors(credentials=False),
    ),
    gateway(
        "cors-exposes-nothing",
        "exposeHeaders of the CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-expose-headers",
        cors=_cors(exposes=()),
    ),
    gateway(
        "cors-methods-lost",
        "allowMethods of the CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-allow-methods",
        cors=_cors(methods=()),
    ),
    gateway(
        "cors-headers-lost",
        "allowHeaders of the CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-allow-headers",
        cors=_cors(headers=()),
    ),
    gateway(
        "cors-max-age-ignored",
        "maxAge of the CORS filter has no effect.",
        "routing",
        _CORS,
        "response header access-control-max-age",
        cors=_cors(max_age=5),
    ),
    gateway(
        "cors-not-on-own-errors",
        "The gateway's own errors have no headers of the CORS filter.",
        "routing",
        "GW HTTPCORSFilter.allowOrigins",
        "response header access-control-allow-origin",
        refused=not_on_errors,
    ),
    gateway(
        "mirror-ignored", "The RequestMirror filter has no effect.", "routing", _MIRROR, "copy", mirrors=no_mirrors
    ),
    gateway(
        "mirror-share-ignored",
        "A share of requests to be copied is ignored: all are.",
        "routing",
        _MIRROR,
        "copy",
        mirrors=whole_mirrors,
    ),
    gateway(
        "mirror-first-only",
        "Of several RequestMirror filters the first counts.",
        "routing",
        _MIRROR,
        "copy",
        mirrors=one_mirror,
    ),
)
