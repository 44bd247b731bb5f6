"""Requests for other APIs than chat completions: by the oracle, and by the reference, which must not know of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.unjudged import unjudged
from conformance.exchange.oracle.upstream import expect
from conformance.manifests.dialects.model import Configuration
from conformance.targets.reference.controller.backends.agentgateway_1 import _apis, _completions_path
from conformance.targets.reference.gateway.apis import api_of
from conformance.targets.reference.gateway.config import LlmProvider, Match, PathMatch, UrlRewrite
from conformance.targets.reference.gateway.forwarding import target
from conformance.targets.reference.gateway.llm.asked import read
from conformance.targets.reference.gateway.messages import ClientRequest as Sent
from conformance.targets.reference.gateway.messages import ProxyError, Selected
from tests.support.nimbus_agentgateway_1 import PATH, TLS, configured

ROUTES = {
    "/chat/completions": "Completions",
    "/embeddings": "Embeddings",
    "/v1/responses": "Responses",
    "/rerank": "Rerank",
    "/models": "Models",
    "/messages": "Messages",
    "*": "Passthrough",
}
OPENAI = "openai:\n        model: cumulus-2-chat\n"
CUSTOM = "custom: {formats: [{type: Completions}, {type: Embeddings, path: /e/embed}, {type: Messages}]}\n"
MATCH = "  - matches: [{path: {type: PathPrefix, value: /stratus}}]\n"
REWRITE = "    filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: %s}}}]\n"


def with_routes(
    routes: dict[str, str] = ROUTES, *, path: str = "", rewrite: str = "", provider: str = OPENAI
) -> Configuration:
    """Manifests with these routes; `path` is a line of the provider's, `rewrite` what the prefix becomes."""
    changes = [(TLS, f"{TLS}    ai: {{routes: {json.dumps(routes)}}}\n"), (PATH, path), (OPENAI, provider)]
    return configured(*changes, (MATCH, MATCH + (REWRITE % rewrite if rewrite else "")))


def both(configuration: Configuration, path: str) -> tuple[str | int, str]:
    """The target that the oracle expects, or the status; and the API: the reference must come to the same."""
    spec: dict[str, Any] = configuration.backends[0].origin.manifest.spec
    llm, ai = spec["ai"]["provider"], spec["policies"]["ai"]
    own, prefix = _completions_path(llm)
    provider = LlmProvider("x", "x", 443, path=llm.get("path") or own, path_prefix=prefix, apis=_apis(llm, ai))
    rule = configuration.routes[0].rules[0]
    become = (rule.rewrite.get("path") or {}).get("replacePrefixMatch")
    filters = () if become is None else (UrlRewrite(replace_prefix=become),)
    bare, _, query = path.partition("?")
    left = bare if become is None else become.rstrip("/") + bare.removeprefix("/stratus")
    api = api_of(provider.apis, left)
    expected = expect(configuration, ClientRequest("POST", path, (), b'{"model": "m"}'))
    if expected.answer is not None:
        assert api == "Models"
        return expected.answer.status, api
    match = Match(PathMatch("prefix", "/stratus"))
    sent = Sent("POST", bare, query or None, "x", ())
    assert target(Selected("r", match, filters, api=api), provider, sent) == expected.target
    return expected.target, api


@pytest.mark.parametrize(
    ("setting", "path", "found", "api"),
    [
        ({}, "/stratus/v1/embeddings", "/v1/embeddings", "Embeddings"),
        ({}, "/stratus/x/chat/completions?a=1", "/v1/chat/completions?a=1", "Completions"),
        ({}, "/stratus/v1/responses", "/v1/responses", "Responses"),
        ({}, "/stratus/responses", "/stratus/responses", "Passthrough"),
        ({}, "/stratus/rerank", "/v1/rerank", "Rerank"),
        ({}, "/stratus/models", 501, "Models"),
        ({"rewrite": "/"}, "/stratus/v1/embeddings?a=1", "/v1/embeddings?a=1", "Embeddings"),
        ({"rewrite": "/openai"}, "/stratus/v1/files", "/openai/v1/files", "Passthrough"),
        ({"path": "      pathPrefix: /api/v3/\n"}, "/stratus/embeddings?a=1", "/api/v3/embeddings?a=1", "Embeddings"),
        ({"path": "      pathPrefix: /api/v3\n"}, "/stratus/any", "/api/v3/stratus/any", "Passthrough"),
        ({"path": "      pathPrefix: /api/v3\n", "rewrite": "/"}, "/stratus/v1/any", "/api/v3/any", "Passthrough"),
        ({"path": "      pathPrefix: /api/v3\n", "rewrite": "/"}, "/stratus/v1x", "/api/v3/v1x", "Passthrough"),
        ({"path": "      path: /one/for/all\n"}, "/stratus/embeddings?a=1", "/one/for/all", "Embeddings"),
        ({"path": "      path: /one/for/all\n"}, "/stratus/any?a=1", "/one/for/all", "Passthrough"),
        ({"provider": CUSTOM}, "/stratus/embeddings?a=1", "/e/embed?a=1", "Embeddings"),
        ({"provider": CUSTOM}, "/stratus/v1/messages", "/v1/messages", "Messages"),
        ({"provider": CUSTOM}, "/stratus/chat/completions", "/v1/chat/completions", "Completions"),
        ({"provider": CUSTOM, "rewrite": "/"}, "/stratus/v1/any", "/v1/any", "Passthrough"),
        ({"routes": {"/s": "Embeddings", "/v1/s": "Responses"}}, "/stratus/v1/s", "/v1/responses", "Responses"),
        ({"routes": {"/s": "Embeddings"}}, "/stratus/any", "/v1/chat/completions", "Completions"),
    ],
)
def test_where_a_request_goes(setting: dict[str, Any], path: str, found: str | int, api: str) -> None:
    assert both(with_routes(**setting), path) == (found, api)


@pytest.mark.parametrize(("path", "model"), [("/stratus/embeddings", "cumulus-2-chat"), ("/stratus/any", None)])
def test_what_passes_through_keeps_its_model(path: str, model: str | None) -> None:
    request = ClientRequest("POST", path, (), b'{"model": "m", "input": "x"}')
    assert expect(with_routes(), request).model == model


def test_fields_of_any_api_are_set_and_messages_are_put_around_those_of_a_chat() -> None:
    ai = {"routes": ROUTES, "overrides": [{"field": "a", "value": 1}], "prompt": {"append": [{"role": "u"}]}}
    configuration = configured((TLS, f"{TLS}    ai: {json.dumps(ai)}\n"), (PATH, ""))
    embedding = expect(configuration, ClientRequest("POST", "/stratus/embeddings", (), b'{"input": "x"}'))
    assert embedding.body == {"input": "x", "a": 1, "model": "cumulus-2-chat"}
    assert expect(configuration, ClientRequest("POST", "/stratus/any", (), b'{"input": "x"}')).body is None


@pytest.mark.parametrize(
    ("provider", "anything", "judged"),
    [
        (OPENAI, "Messages", False),
        (OPENAI, "AnthropicTokenCount", False),
        (OPENAI, "Responses", True),
        (OPENAI, "Passthrough", True),
        (CUSTOM, "Messages", True),
        (CUSTOM, "Responses", False),
    ],
)
def test_what_a_provider_has_not_is_translated_and_not_judged(provider: str, anything: str, judged: bool) -> None:
    configuration = with_routes({"*": anything}, provider=provider)
    (route,) = configuration.routes
    found = {one.aspect: one.field for one in unjudged(configuration, route, route.rules[0])}
    assert found == ({} if judged else dict.fromkeys(("body", "model", "path", "answer"), "ai.routes"))
    apis = _apis(configuration.backends[0].origin.manifest.spec["ai"]["provider"], {})
    if not judged:
        with pytest.raises(ProxyError, match="unsupported conversion"):
            read(apis, anything, {"messages": [], "input": ""})
