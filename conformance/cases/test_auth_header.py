"""Area B: authHeader, which moves the credential to another header or gives it another prefix."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from conformance.cases import CLIENT_KEY, Behaviour, Change, Draft, Level, Scenario, Stage, case, new_key, parametrize
from conformance.cases.needs import needs_key
from conformance.cases.variations import grouped, policy_on_route
from conformance.exchange.expectations import (
    ArrivedOnce,
    CookieArrives,
    Credential,
    HeaderArrives,
    NothingArrived,
    RequestTarget,
    Status,
    Withheld,
    verify,
)

# The lookalike answers whatever credential arrives: that is judged here.
ANSWERED = Behaviour(status=200)


def auth_header(name: str, header: str | None, prefix: str | None) -> Scenario:
    """The documented manifests with this authHeader and no other."""
    return Scenario(name, (lambda draft: draft.change_backend(header_name=header, header_prefix=prefix),))


HEADER_ALONE = auth_header("header-name", "x-api-key", None)
PREFIX_ALONE = auth_header("header-prefix", None, "Token")
BOTH = auth_header("header-name-prefix", "x-api-key", "Token")
IN_GROUPS = Scenario("header-in-groups", (*BOTH.changes, grouped))


@case(
    "auth/header-name-moves-key",
    Level.MUST,
    "authHeader.headerName is the header that the key arrives in, and no Authorization stands beside it.",
    source="SEED table authHeader; API AuthHeader.headerName",
    lines=[22],
)
@parametrize("scenario", [HEADER_ALONE, BOTH, IN_GROUPS], ids=str)
async def test_header_name_moves_key(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/prefix-changes",
    Level.MUST,
    "authHeader.prefix stands before the key instead of Bearer.",
    source="SEED table authHeader; API AuthHeader.prefix",
    lines=[23],
)
@parametrize("scenario", [PREFIX_ALONE, BOTH], ids=str)
async def test_prefix_changes(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/header-name-alone",
    Level.MUST,
    "authHeader.headerName without prefix counts, too: the key arrives in that header, after Bearer.",
    source="API AuthHeader: headerName changes the header's name, prefix changes Bearer, each on its own",
    lines=[24],
    scenario=HEADER_ALONE,
)
async def test_header_name_alone(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/prefix-spacing",
    Level.MUST,
    "Between prefix and key stands exactly one space, also when the prefix is written with one.",
    source="API AuthHeader.prefix; agentgateway PR#1555",
    lines=[157],
)
@parametrize("scenario", [PREFIX_ALONE, auth_header("prefix-with-space", None, "Token ")], ids=str)
async def test_prefix_spacing(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


@case(
    "auth/client-cannot-replace-moved-key",
    Level.MUST,
    "Where the key has a header of its own, a client's token neither takes its place nor goes up beside it, in that"
    " header or in Authorization.",
    source="SEED table authHeader, authToken; initializ/forge PR#358",
    lines=[17, 158],
    scenario=HEADER_ALONE,
)
@parametrize("name", ["x-api-key", "X-API-Key", "Authorization"])
async def test_client_cannot_replace_moved_key(stage: Stage, name: str) -> None:
    needs_key(stage)
    token = CLIENT_KEY.reveal()
    for scheme in ("Bearer", "Basic"):
        exchange = await stage.chat(headers=((name, f"{scheme} {token}"),), behaviour=ANSWERED)
        verify(exchange, Status(200), ArrivedOnce(), Credential(), Withheld((token,)))


def modifying(name: str, *, of_backend: bool = False, **modifier: Any) -> Scenario:
    """A RequestHeaderModifier of the rule, or of its backendRefs."""

    def change(draft: Draft) -> None:
        owners = draft.rule["backendRefs"] if of_backend else [draft.rule]
        for owner in owners:
            entry = {"type": "RequestHeaderModifier", "requestHeaderModifier": modifier}
            owner["filters"] = [*owner.get("filters", []), entry]

    return Scenario(name, (change,))


NOT_THE_KEY = [{"name": "Authorization", "value": "Bearer not-the-key"}]


@case(
    "auth/rule-cannot-touch-key",
    Level.MUST,
    "A RequestHeaderModifier of the route's rule neither replaces the Backend's key, nor removes it, nor adds another.",
    source="GW HTTPHeaderFilter; agentgateway, backend auth comes after the route's filters; FACTS 8",
    lines=[171],
)
@parametrize(
    "scenario",
    [
        modifying("rule-sets-key", set=NOT_THE_KEY),
        modifying("rule-adds-key", add=NOT_THE_KEY),
        modifying("rule-removes-key", remove=["Authorization"]),
    ],
    ids=str,
)
async def test_rule_cannot_touch_key(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(), ArrivedOnce(), Credential())


@case(
    "auth/backend-filter-and-key",
    Level.INFO,
    "Recorded: whether a RequestHeaderModifier of a backendRef comes before the Backend's key or after it.",
    source="FACTS 8: agentgateway 1.4 applies it after backend auth, 0.10 before",
    lines=[171],
    scenario=modifying("backend-ref-sets-key", of_backend=True, set=NOT_THE_KEY),
)
async def test_backend_filter_and_key(stage: Stage) -> None:
    needs_key(stage)
    exchange = await stage.chat()
    sent = [value for one in exchange.arrivals for value in one.values("authorization")]
    what = "the filter's value" if NOT_THE_KEY[0]["value"] in sent else "the Backend's key" if sent else "nothing"
    stage.observe(f"a backendRef's filter sets Authorization: {what} arrives")


def _located(**location: dict[str, str]) -> Change:
    """The key where `auth.location` says; the route's own path goes up, or the Backend's would take the query away."""

    def change(draft: Draft) -> None:
        needs_locations(draft)
        auth = draft.backend["spec"]["policies"]["auth"]
        auth["location"] = location
        path = draft.llm.pop("path", None) or draft.provider.path
        rewrite = {"path": {"type": "ReplaceFullPath", "replaceFullPath": path}}
        draft.rule["filters"] = [{"type": "URLRewrite", "urlRewrite": rewrite}]

    return change


def needs_locations(draft: Draft) -> None:
    """Raises LookupError where the API has one place for keys only, or the Backend has none in a Secret."""
    auth = ((draft.backend["spec"].get("policies") or {}).get("auth") or {}) if "spec" in draft.backend else {}
    if "secretRef" not in auth:
        raise LookupError("policies.auth.secretRef, whose location could be changed")


@case(
    "auth/key-in-query",
    Level.SHOULD,
    "auth.location.queryParameter puts the key into the query, beside the client's own parameters.",
    source="API agentgateway 1.4, BackendAuth.location",
    lines=[22],
    scenario=Scenario("key-in-query", (_located(queryParameter={"name": "api_key"}),)),
)
async def test_key_in_query(stage: Stage) -> None:
    needs_key(stage)
    # The last is the client's own, of the key's name: it goes up neither beside nor in place of the key.
    for query in ("?x=1", "?x=1&api_key=theirs"):
        exchange = await stage.chat(below=query, behaviour=ANSWERED)
        verify(exchange, Status(200), ArrivedOnce(), Credential(), RequestTarget())


@case(
    "auth/key-in-cookie",
    Level.SHOULD,
    "auth.location.cookie puts the key into a cookie, beside the client's own.",
    source="API agentgateway 1.4, BackendAuth.location",
    lines=[22],
    scenario=Scenario("key-in-cookie", (_located(cookie={"name": "api_key"}),)),
)
async def test_key_in_cookie(stage: Stage) -> None:
    needs_key(stage)
    for cookies in ("x=1; y=2", "x=1; api_key=theirs; y=2"):
        exchange = await stage.chat(headers=(("Cookie", cookies),), behaviour=ANSWERED)
        kept = CookieArrives("x", "1"), CookieArrives("y", "2")
        verify(exchange, Status(200), ArrivedOnce(), Credential(), *kept)


def asking(draft: Draft) -> None:
    """The gateway asks clients for a key of its own, in a header of its own."""
    location = {"header": {"name": "x-caller"}}
    # Each provider's its own: they stand in the cluster at once.
    name = f"{draft.backend['metadata']['name']}-callers"
    policy_on_route(apiKeyAuthentication={"secretRef": {"name": name}, "location": location})(draft)
    keys = {one: new_key(f"{draft.provider.name}-{one}").reveal() for one in ("caller", "another-caller")}
    draft.add({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": keys})


@case(
    "auth/caller-needs-key",
    Level.SHOULD,
    "Where a policy asks clients for an API key, one without it, or with a part of it or more, is refused, and that of"
    " one with it goes no further.",
    source="API agentgateway 1.4, Traffic.apiKeyAuthentication",
    lines=[22],
    scenario=Scenario("callers", (asking,)),
)
async def test_caller_needs_key(stage: Stage) -> None:
    request = stage.request()
    kept = tuple(one for one in request.headers if one[0].lower() != "x-caller")
    [key] = {value for name, value in request.headers if name.lower() == "x-caller"}
    for wrong in ((), *((("x-caller", one),) for one in (f"{key}-", f"-{key}", key[:-1], key[1:]))):
        sent = replace(request, headers=(*kept, *wrong), correlation_id=secrets.token_hex(8))
        verify(await stage.send(sent), Status(401), NothingArrived())
    for right in stage.manifest("Secret", f"{stage.manifest('Backend').name}-callers").data["stringData"].values():
        sent = replace(request, headers=(*kept, ("x-caller", right)), correlation_id=secrets.token_hex(8))
        verify(await stage.send(sent), Status(200), ArrivedOnce(), HeaderArrives("x-caller"))


def another_name(draft: Draft) -> None:
    """The key, behind a word, under a name of its own in the Secret, beside what has the usual name."""
    needs_locations(draft)
    key = f"Bearer {draft.key}"
    draft.backend["spec"]["policies"]["auth"]["secretRef"]["key"] = "api-key"
    draft.change_key(key)
    draft.secret["stringData"]["Authorization"] = new_key(f"{draft.provider.name}-unnamed").reveal()


@case(
    "auth/secret-key-named",
    Level.MUST,
    "secretRef.key is the name under which the Secret has the key; what it has under others is not sent, and a `Bearer`"
    " there is a part of the key.",
    source="API agentgateway 1.4, BackendAuth.secretRef (`Bearer ` is stripped from the default key only)",
    lines=[28],
    scenario=Scenario("key-of-another-name", (another_name,)),
)
async def test_secret_key_named(stage: Stage) -> None:
    needs_key(stage)
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())


def two_keys(draft: Draft) -> None:
    """A second key in a header of its own, from a Secret of its own; before each stands something without a blank."""
    needs_locations(draft)
    name = f"{draft.backend['metadata']['name']}-second"
    draft.add(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "stringData": {"org": new_key(name).reveal()},
        }
    )
    auth, header = draft.backend["spec"]["policies"]["auth"], {"name": "x-second-key", "prefix": "org="}
    auth["location"] = {"header": {"name": "Authorization", "prefix": "key="}}
    auth["credentials"] = [{"location": {"header": header}, "secretRef": {"name": name, "key": "org"}}]


@case(
    "auth/several-keys",
    Level.SHOULD,
    "Each of auth.credentials arrives in the header that its location names, beside the Backend's key; the prefix of a"
    " location stands before the key as it is written, and no blank between them.",
    source="API agentgateway 1.4, BackendAuth.credentials, AuthorizationLocation.header.prefix; FACTS 6.3",
    lines=[22],
    scenario=Scenario("two-keys", (two_keys,)),
)
async def test_several_keys(stage: Stage) -> None:
    needs_key(stage)
    clients = (("X-Second-Key", "org=theirs"),)
    verify(await stage.chat(headers=clients, behaviour=ANSWERED), Status(200), ArrivedOnce(), Credential())
