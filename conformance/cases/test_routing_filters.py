"""Area A: what the filters of a rule do beside a Backend of type AI, or of its backendRef."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Draft, Headers, Level, Scenario, Stage, case, parametrize
from conformance.cases.needs import needs_filters
from conformance.exchange.expectations import (
    AnsweredByGateway,
    ArrivedOnce,
    HeaderArrives,
    HeaderReturns,
    NothingArrived,
    Status,
    verify,
)

CORS: dict[str, Any] = {
    "allowOrigins": ["https://app.agw-conformance.internal"],
    "allowMethods": ["POST"],
    "allowHeaders": ["x-team"],
    "exposeHeaders": ["x-request-id"],
    "allowCredentials": True,
    "maxAge": 60,
}
OURS, OTHERS = CORS["allowOrigins"][0], "https://other.agw-conformance.internal"
ALLOW = "access-control-allow"


def filtered(name: str, type_: str, **settings: Any) -> Scenario:
    """The rule with this filter in place of its own."""
    field = type_ if type_.isupper() else type_[0].lower() + type_[1:]

    def change(draft: Draft) -> None:
        draft.rule["filters"] = [{"type": type_, field.lower() if type_.isupper() else field: settings}]
        prefix = settings.get("path", {}).get("type") == "ReplacePrefixMatch"
        if prefix and [match["path"]["type"] for match in draft.rule["matches"]] != ["PathPrefix"]:
            raise LookupError("the route has not exactly one match, of a prefix that could be replaced")
        if settings.get("statusCode", 0) > 302 and draft.dialect.NAME == "kgateway-2.1":
            raise LookupError("statuses of redirects that keep the method: Gateway API 1.4 has none")
        if type_ == "RequestRedirect":  # which the API takes without backendRefs only
            draft.rule.pop("backendRefs", None)

    return Scenario(name, (change,), invalid=True)


def redirected(name: str, status: int, location: str, **settings: Any) -> tuple[Scenario, int, str]:
    """The rule redirects to a host of ours with this status, which leads to this location."""
    return filtered(name, "RequestRedirect", hostname="moved.internal", statusCode=status, **settings), status, location


WITH_CORS = filtered("cors", "CORS", **CORS)


@case(
    "routing/cors-preflight",
    Level.SHOULD,
    "A browser that asks before it sends is answered by the gateway: what the CORS filter allows to pages of its"
    " origins, and nothing to those of others.",
    source="GW HTTPCORSFilter; Fetch standard, CORS protocol",
    lines=[172],
    scenario=WITH_CORS,
)
async def test_cors_preflight(stage: Stage) -> None:
    needs_filters(stage)
    asking: Headers = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-team"))
    allowed = await stage.chat(method="OPTIONS", headers=(("Origin", OURS), *asking))
    verify(
        allowed,
        NothingArrived(),
        HeaderReturns(f"{ALLOW}-origin", OURS),
        HeaderReturns(f"{ALLOW}-methods", "POST"),
        HeaderReturns(f"{ALLOW}-headers", "x-team"),
        HeaderReturns(f"{ALLOW}-credentials", "true"),
        HeaderReturns("access-control-max-age", "60"),
    )
    refused = await stage.chat(method="OPTIONS", headers=(("Origin", OTHERS), *asking))
    verify(refused, NothingArrived(), HeaderReturns(f"{ALLOW}-origin"))


@case(
    "routing/cors-answers",
    Level.SHOULD,
    "Answers to pages of the CORS filter's origins say so and what they may see, the gateway's own errors too; those to"
    " others do not.",
    source="GW HTTPCORSFilter.allowOrigins (the gateway must return the given Origin); Fetch standard, CORS protocol",
    lines=[172],
    scenario=WITH_CORS,
)
async def test_cors_answers(stage: Stage) -> None:
    needs_filters(stage)
    ours = await stage.chat(headers=(("Origin", OURS),))
    verify(
        ours,
        Status(200),
        ArrivedOnce(),
        HeaderReturns(f"{ALLOW}-origin", OURS),
        HeaderReturns(f"{ALLOW}-credentials", "true"),
        HeaderReturns("access-control-expose-headers", "x-request-id"),
    )
    verify(await stage.chat(headers=(("Origin", OTHERS),)), HeaderReturns(f"{ALLOW}-origin"))
    # Or pages could not tell that they are too fast from a network that fails. Of two such headers browsers take none.
    own = Behaviour(status=429, headers=((f"{ALLOW}-origin", "*"),))
    refused = await stage.chat(headers=(("Origin", OURS),), behaviour=own)
    verify(refused, Status(429), HeaderReturns(f"{ALLOW}-origin", OURS))
    unread = await stage.chat(headers=(("Origin", OURS),), body=b"{")
    verify(unread, AnsweredByGateway((4, 5)), NothingArrived(), HeaderReturns(f"{ALLOW}-origin", OURS))


BELOW = "pages.agw-conformance.internal"
WITH_WILDCARD = filtered("cors-wildcard", "CORS", **{**CORS, "allowOrigins": [OURS, f"https://*.{BELOW}"]})


@case(
    "routing/cors-origins-whole",
    Level.SHOULD,
    "An origin of the CORS filter is that scheme, host and port, and `*.` before a host stands for labels below it: not"
    " for what only begins or ends with the same letters.",
    source="GW HTTPCORSFilter.allowOrigins (scheme, host, port; wildcards); Fetch standard, CORS protocol",
    lines=[172],
    scenario=WITH_WILDCARD,
)
@parametrize(
    ("origin", "allowed"),
    [
        (f"https://a.{BELOW}", True),
        (f"https://evil{BELOW}", False),
        (f"http://a.{BELOW}", False),
        (f"https://a.{BELOW}.evil.internal", False),
        (f"{OURS}.evil.internal", False),
        (OURS.replace("app.", "evilapp."), False),
        (f"{OURS}:8443", False),
    ],
    ids=["below", "same-end", "other-scheme", "same-beginning", "exact-longer", "exact-same-end", "other-port"],
)
async def test_cors_origins_whole(stage: Stage, origin: str, allowed: bool) -> None:
    needs_filters(stage)
    exchange = await stage.chat(headers=(("Origin", origin),))
    verify(exchange, HeaderReturns(f"{ALLOW}-origin", *((origin,) if allowed else ())))


MODIFIED: dict[str, Any] = {
    "set": [{"name": "X-Set", "value": "here"}],
    "add": [{"name": "X-Added", "value": "more"}],
    # Names are compared without regard to case, whatever is written and sent.
    "remove": ["X-GONE"],
}


def on_reference(draft: Draft) -> None:
    """The filter on the rule's backendRefs instead."""
    draft.rule.pop("filters", None)
    for ref in draft.rule["backendRefs"]:
        ref["filters"] = [{"type": "RequestHeaderModifier", "requestHeaderModifier": MODIFIED}]


@case(
    "routing/request-header-filter",
    Level.SHOULD,
    "A RequestHeaderModifier of a rule or a backendRef sets, adds and removes headers of the request that goes up.",
    source="GW HTTPHeaderFilter, RequestHeaderModifier; GW HTTPBackendRef.filters",
    lines=[171, 172],
)
@parametrize(
    "scenario",
    [
        filtered("request-modified", "RequestHeaderModifier", **MODIFIED),
        Scenario("reference-modifies", (on_reference,)),
    ],
    ids=str,
)
async def test_request_header_filter(stage: Stage) -> None:
    # Names in other letters, and twice: what is set takes the place of all, what is removed goes altogether.
    sent: Headers = (("x-SET", "there"), ("X-Set", "too"), ("X-Added", "one"), ("X-GONE", "1"), ("x-gone", "2"))
    verify(
        await stage.chat(headers=sent),
        Status(200),
        HeaderArrives("x-set", "here"),
        HeaderArrives("x-added", "one", "more"),
        HeaderArrives("x-gone"),
    )


@case(
    "routing/redirect-changes-what-it-names",
    Level.SHOULD,
    "A RequestRedirect changes scheme, host, port and path as it says, and answers with the status that it names.",
    source="GW HTTPRequestRedirectFilter",
    lines=[172],
)
@parametrize(
    ("scenario", "status", "location"),
    [
        redirected(
            "redirected-path",
            302,
            "http://moved.internal:8181/moved",
            scheme="http",
            port=8181,
            path={"type": "ReplaceFullPath", "replaceFullPath": "/moved"},
        ),
        redirected(
            "redirected-prefix",
            301,
            "https://moved.internal/moved/below",
            scheme="https",
            path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/moved"},
        ),
        redirected(
            "redirected-same-method",
            308,
            "https://moved.internal/moved",
            scheme="https",
            path={"type": "ReplaceFullPath", "replaceFullPath": "/moved"},
        ),
    ],
    ids=["full", "prefix", "same-method"],
)
async def test_redirect_changes_what_it_names(stage: Stage, status: int, location: str) -> None:
    exchange = await stage.chat(path=f"{stage.path.partition('?')[0].rstrip('/')}/below")
    verify(exchange, Status(status), NothingArrived(), HeaderReturns("location", location))


@case(
    "routing/answers-keep-their-headers",
    Level.SHOULD,
    "A ResponseHeaderModifier replaces what it sets, adds beside what is there, and leaves all else; of errors, too.",
    source="GW HTTPHeaderFilter, ResponseHeaderModifier",
    lines=[172],
    scenario=filtered("answers-added", "ResponseHeaderModifier", **MODIFIED),
)
async def test_answers_keep_their_headers(stage: Stage) -> None:
    twice = (("x-SET", "there"), ("x-set", "too"), ("X-Gone", "1"), ("x-gone", "2"))
    given = (*twice, ("x-added", "one"), ("x-kept", "same"))
    for status in (200, 429):
        verify(
            await stage.chat(behaviour=Behaviour(status=status, headers=given)),
            Status(status),
            HeaderReturns("x-set", "here"),
            HeaderReturns("x-added", "one", "more"),
            HeaderReturns("x-gone"),
            HeaderReturns("x-kept", "same"),
        )
