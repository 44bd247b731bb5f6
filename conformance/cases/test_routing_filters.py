"""Area A: what the filters of a rule do beside a Backend of type AI, or of its backendRef."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Draft, Headers, Level, Scenario, Stage, case, parametrize, variation_host
from conformance.cases.variations import without_policy
from conformance.core import deadlines
from conformance.exchange.expectations import (
    ArrivedOnce,
    Facet,
    HeaderArrives,
    HeaderReturns,
    Holds,
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
        if type_ == "RequestRedirect":  # which the API takes without backendRefs only
            draft.rule.pop("backendRefs", None)

    return Scenario(name, (change,), invalid=True)


WITH_CORS = filtered("cors", "CORS", **CORS)


def taken(stage: Stage) -> None:
    """For cases about fields that not every edition of the API has."""
    refused = [one.message for one in stage.refusals]
    stage.only_if(not refused, f"the API endpoint does not take the filter: {' '.join(refused)[:160]}")


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
    taken(stage)
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
    "Answers to pages of the CORS filter's origins say so and what they may see; those to others do not.",
    source="GW HTTPCORSFilter; Fetch standard, CORS protocol",
    lines=[172],
    scenario=WITH_CORS,
)
async def test_cors_answers(stage: Stage) -> None:
    taken(stage)
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
    taken(stage)
    exchange = await stage.chat(headers=(("Origin", origin),))
    verify(exchange, HeaderReturns(f"{ALLOW}-origin", *((origin,) if allowed else ())))


def mirrored(*names: str, percent: int = 100) -> Scenario:
    """Copies go to Backends at hosts of these names, all in plaintext, so that no certificate is asked for."""

    def change(draft: Draft) -> None:
        host, port = draft.host, draft.llm.get("port", draft.provider.port)
        refs = [draft.second_backend(name, host=variation_host(host, name), port=port) for name in names]
        share = {} if percent == 100 else {"percent": percent}
        filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": ref, **share}} for ref in refs]
        draft.rule["filters"] = filters

    return Scenario(f"mirrored-{percent}-{len(names)}", (without_policy, change), identity="plaintext", invalid=True)


@case(
    "routing/mirror-filter",
    Level.SHOULD,
    "Each RequestMirror sends a copy to its Backend, and the client gets the answer to the request itself.",
    source="GW HTTPRequestMirrorFilter (responses are ignored)",
    lines=[172],
    scenario=mirrored("copy", "second"),
)
async def test_mirror_filter(stage: Stage) -> None:
    taken(stage)
    hosts = {variation_host(stage.llm.host or "", name) for name in ("copy", "second")}
    mark = await stage.lookalikes.mark()
    exchange = await stage.chat()
    await stage.lookalikes.until(
        mark, lambda seen: hosts <= {one.connection.host for one in seen.requests}, deadlines.QUIET_AFTER_HANGUP
    )
    seen = await stage.lookalikes.since(mark)
    copied = sorted(one.connection.host for one in seen.requests if one.connection.host in hosts)
    wanted, got = f"a copy at each of {', '.join(sorted(hosts))}", f"copies at {', '.join(copied) or 'none of them'}"
    told = Holds(Facet.COPY, wanted, lambda _: wanted if copied == sorted(hosts) else got)
    verify(exchange, Status(200), ArrivedOnce(), told)


@case(
    "routing/mirror-share",
    Level.SHOULD,
    "Where RequestMirror names a percentage, only so many requests are copied.",
    source="GW HTTPRequestMirrorFilter.percent",
    lines=[172],
    scenario=mirrored("copy", percent=10),
)
async def test_mirror_share(stage: Stage) -> None:
    taken(stage)
    host = variation_host(stage.llm.host or "", "copy")
    mark = await stage.lookalikes.mark()
    exchanges = [await stage.chat() for _ in range(20)]
    seen = await stage.lookalikes.since(mark)
    copies = sum(one.connection.host == host for one in seen.requests)
    # Of 20 requests more than 12 are copied by chance once in 10^8 runs.
    wanted, got = "at most 12 copies of 20 requests where 10 % are wanted", f"{copies} copies of 20 requests"
    verify(exchanges[-1], Holds(Facet.COPY, wanted, lambda _: wanted if copies <= 12 else got))


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
    sent: Headers = (("X-Set", "there"), ("X-Added", "one"), ("X-Gone", "1"))
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
        (
            filtered(
                "redirected-path",
                "RequestRedirect",
                scheme="http",
                hostname="moved.internal",
                port=8181,
                path={"type": "ReplaceFullPath", "replaceFullPath": "/moved"},
                statusCode=302,
            ),
            302,
            "http://moved.internal:8181/moved",
        ),
        (
            filtered(
                "redirected-prefix",
                "RequestRedirect",
                scheme="https",
                hostname="moved.internal",
                path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/moved"},
                statusCode=301,
            ),
            301,
            "https://moved.internal/moved/below",
        ),
    ],
    ids=["full", "prefix"],
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
    given = (("x-set", "there"), ("x-added", "one"), ("x-gone", "1"), ("x-kept", "same"))
    for status in (200, 429):
        verify(
            await stage.chat(behaviour=Behaviour(status=status, headers=given)),
            Status(status),
            HeaderReturns("x-set", "here"),
            HeaderReturns("x-added", "one", "more"),
            HeaderReturns("x-gone"),
            HeaderReturns("x-kept", "same"),
        )
