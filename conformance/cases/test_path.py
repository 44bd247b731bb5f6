"""Area C: the request target upstream."""

from __future__ import annotations

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case, parametrize
from conformance.cases.needs import needs_path, needs_prefix
from conformance.cases.variations import GROUPED_UNLIKE
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    Reached,
    RequestAuthority,
    RequestTarget,
    Secured,
    Status,
    verify,
)

# Whatever the path, the lookalike answers as if it had it: what arrives is judged, not what a vendor makes of it.
ANSWERED = Behaviour(status=200)


def with_path(name: str, path: str | None) -> Scenario:
    """The documented manifests with another path.full, or with none."""
    return Scenario(name, (lambda draft: draft.change_backend(path=path),))


@case(
    "path/full-replaces-path",
    Level.MUST,
    "path.full is the request target upstream, whatever path below the route's prefix the client used; nothing of the"
    " client's path is left in front of it or behind it.",
    source="SEED Mistral 4, 5; SEED table path; agentgateway#1371",
    lines=[31, 32, 150],
    certifies=("/foo/bar",),
)
@parametrize("below", ["", "/", "/foo/bar", "/v1/chat/completions"])
async def test_full_replaces_path(stage: Stage, below: str) -> None:
    needs_path(stage)
    needs_prefix(stage, below)
    exchange = await stage.chat(below=below)
    verify(exchange, Status(200), ArrivedOnce(), RequestTarget())


@case(
    "path/custom-full-verbatim",
    Level.MUST,
    "A path.full other than the default is used as it is written: no /v1 is doubled, lost or put before it.",
    source="SEED table path; envoyproxy/ai-gateway#1629; OpenHands#6836",
    lines=[34, 147],
)
@parametrize(
    "scenario",
    [
        with_path("groq-path", "/openai/v1/chat/completions"),
        with_path("openrouter-path", "/api/v1/chat/completions"),
        with_path("cohere-path", "/compatibility/v1/chat/completions"),
        with_path("fireworks-path", "/inference/v1/chat/completions"),
        with_path("deepinfra-path", "/v1/openai/chat/completions"),
        with_path("encoded-path", "/OpenAI/v1/a%2Db/chat/completions"),
        with_path("unversioned-path", "/chat/completions"),
        GROUPED_UNLIKE,
    ],
    ids=str,
)
async def test_custom_full_verbatim(stage: Stage) -> None:
    verify(await stage.chat(behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


@case(
    "path/query-replaced-too",
    Level.MUST,
    "path.full replaces the whole request target: the client's query string does not arrive.",
    source="SEED Mistral 4; AGW pathOverride",
    lines=[35],
    certifies=("?x=1",),
)
@parametrize("below", ["?x=1", "/foo?api-version=7&model=other", "?"])
async def test_query_replaced_too(stage: Stage, below: str) -> None:
    needs_path(stage)
    needs_prefix(stage, below)
    verify(await stage.chat(below=below), Status(200), ArrivedOnce(), RequestTarget())


@case(
    "path/full-with-query",
    Level.SHOULD,
    "A query string in path.full is sent as it is written, and no other.",
    source="SEED table path",
    lines=[36],
    scenario=with_path("path-with-query", "/v1/chat/completions?api-version=7"),
)
@parametrize("below", ["", "?x=1"])
async def test_full_with_query(stage: Stage, below: str) -> None:
    needs_prefix(stage, below)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def prefixed(name: str, prefix: str) -> Scenario:
    """A pathPrefix and no path, where the API has the field."""

    def change(draft: Draft) -> None:
        if draft.dialect.NAME != "agentgateway-1":
            raise LookupError("pathPrefix, which the API does not have")
        draft.change_backend(path=None)
        draft.llm["pathPrefix"] = prefix

    return Scenario(name, (change,))


@case(
    "path/prefix-replaces-version",
    Level.MUST,
    "pathPrefix stands in the place of /v1 before chat/completions, whatever path the client used; its query stays.",
    source="API LLMProvider.pathPrefix (agentgateway 1.4); FACTS 6.1",
    lines=[33, 34],
)
@parametrize("scenario", [prefixed("path-prefix", "/openai/v2"), prefixed("path-prefix-slash", "/openai/v2/")], ids=str)
@parametrize("below", ["", "?x=1", "/foo/bar"])
async def test_prefix_replaces_version(stage: Stage, below: str) -> None:
    needs_prefix(stage, below)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def empty_path(draft: Draft) -> None:
    """`path: {}`, which the API accepts."""
    draft.dialect.empty_path(draft.llm)


@case(
    "path/default-with-host",
    Level.MUST,
    "Without path.full the request target is /v1/chat/completions, also when host is set; the route's prefix is not"
    " left in it.",
    source="SEED table path: defaults to /v1/chat/completions",
    lines=[33, 150],
)
@parametrize("scenario", [with_path("no-path", None), Scenario("empty-path", (empty_path,))], ids=str)
@parametrize("below", ["", "/foo/bar"])
async def test_default_with_host(stage: Stage, below: str) -> None:
    needs_prefix(stage, below)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def without_host(draft: Draft) -> None:
    """Only the provider's type is left to say where it is; what else names the host goes, too."""
    draft.change_backend(host=None, port=None, path=None)
    draft.end_tls()
    for entry in draft.rule.get("filters", []):
        entry.get("urlRewrite", {}).pop("hostname", None)
    draft.rule["filters"] = [one for one in draft.rule.get("filters", []) if one.get("urlRewrite") != {}]


@case(
    "path/defaults-without-host",
    Level.MUST,
    "Without host and port the request goes to the provider's own host, api.openai.com, by TLS without any policy, with"
    " the path /v1/chat/completions and the Backend's key.",
    source="API LLMProvider.host, path: default for the provider; SEED overview",
    lines=[37],
    scenario=Scenario("no-host", (without_host,)),
    needs=("host names",),
)
@parametrize("below", ["", "/foo/bar", "/foo?x=1"])
async def test_defaults_without_host(stage: Stage, below: str) -> None:
    needs_prefix(stage, below)
    exchange = await stage.chat(below=below, behaviour=ANSWERED)
    verify(
        exchange, Status(200), ArrivedOnce(), Reached(), RequestTarget(), RequestAuthority(), Secured(), Credential()
    )


def full_without_host(draft: Draft) -> None:
    """path.full beside the default host."""
    without_host(draft)
    draft.change_backend(path="/openai/v1/chat/completions")


@case(
    "path/full-without-host",
    Level.MUST,
    "path.full is used with the default host, too.",
    source="API LLMProvider.path: default only if not specified; FACTS 7.1 no. 10",
    lines=[34, 37],
    scenario=Scenario("no-host-custom-path", (full_without_host,)),
    needs=("host names",),
)
async def test_full_without_host(stage: Stage) -> None:
    exchange = await stage.chat(behaviour=ANSWERED)
    verify(exchange, Status(200), ArrivedOnce(), Reached(), RequestTarget())


def rewritten_path(name: str = "", **path: str) -> Scenario:
    """No path.full; the route's URLRewrite makes the path instead."""

    def change(draft: Draft) -> None:
        if path["type"] == "ReplacePrefixMatch" and [match["path"]["type"] for match in draft.rule["matches"]] != [
            "PathPrefix"
        ]:
            raise LookupError("the route has not exactly one match, of a prefix that could be replaced")
        draft.change_backend(path=None)
        filters = draft.rule.setdefault("filters", [])
        rewrite = next((one for one in filters if one["type"] == "URLRewrite"), None)
        if rewrite is None:
            rewrite = {"type": "URLRewrite", "urlRewrite": {}}
            filters.append(rewrite)
        rewrite["urlRewrite"]["path"] = path

    return Scenario(f"rewrite-{path['type'].lower()}{name}", (change,))


REPLACED_PREFIX = rewritten_path(type="ReplacePrefixMatch", replacePrefixMatch="/v1/chat")
REPLACED_FULL = rewritten_path(type="ReplaceFullPath", replaceFullPath="/v1/chat/completions")


@case(
    "path/rewritten-by-route",
    Level.SHOULD,
    "Without path.full a path that the route's URLRewrite makes goes upstream, with the client's query.",
    source="GW HTTPPathModifier; the workaround where the default path is missing",
    lines=[38],
)
@parametrize("scenario", [REPLACED_PREFIX, REPLACED_FULL], ids=str)
@parametrize("below", ["", "/", "/completions", "/completions?x=1"])
async def test_rewritten_by_route(stage: Stage, below: str) -> None:
    needs_prefix(stage, below)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())


def ending_in_slash(draft: Draft) -> None:
    """The prefix that is replaced ends in a slash, and what it is replaced with does not."""
    path = draft.rule["matches"][0]["path"]
    path["value"] = f"{path['value'].rstrip('/')}/"


FROM_SLASH = Scenario("replaced-from-slash", (*REPLACED_PREFIX.changes, ending_in_slash))


@case(
    "path/rewrite-spares-the-rest",
    Level.MUST,
    "A path that the route rewrites has no doubled slash where prefixes end in one; percent-encoding below the prefix"
    " and the client's query stay as they were sent.",
    source="GW HTTPPathModifier (ReplacePrefixMatch, trailing slashes; ReplaceFullPath); RFC 3986 section 2.4",
    lines=[38, 170],
)
@parametrize(
    "scenario",
    [
        rewritten_path("-root", type="ReplacePrefixMatch", replacePrefixMatch="/"),
        rewritten_path("-slash", type="ReplacePrefixMatch", replacePrefixMatch="/v1/chat/"),
        FROM_SLASH,
        REPLACED_FULL,
    ],
    ids=str,
)
async def test_rewrite_spares_the_rest(stage: Stage) -> None:
    below = "/v1/a%2Fb%20%C3%BC/?x=1&empty=&flag&y=a%20b%26&b=2&a=1"
    needs_prefix(stage, below)
    verify(await stage.chat(below=below, behaviour=ANSWERED), Status(200), ArrivedOnce(), RequestTarget())
