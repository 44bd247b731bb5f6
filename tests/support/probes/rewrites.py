"""Probes of paths that routes rewrite, of filters beside keys, and of what a next provider gets."""

from __future__ import annotations

from typing import Any

from mock_providers.behaviour import Behaviour
from tests.support.gateway import KEYS, Bench, catches, documented
from tests.support.gateway_objects import auth, backend, policy, route

ANSWERED = Behaviour(status=200)


def rewriting(kind: str, **path: str) -> list[dict[str, Any]]:
    """A filter that rewrites the path."""
    return [{"type": "URLRewrite", "urlRewrite": {"path": {"type": kind, **path}}}]


@catches("prefix-slash-counts")
async def a_slash_at_a_prefixs_end_is_ignored(one: Bench) -> None:
    changed = documented("mistral")[2]
    assert changed["kind"] == "HTTPRoute"
    changed["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/mistral/"
    await one.apply(changed)
    for path in ("/mistral", "/mistral/", "/mistral/x"):
        assert (await one.send(path)).status_code == 200


@catches("rewrite-doubles-slash", "rewrite-decodes", "rewrite-loses-query")
async def a_rewritten_path_keeps_the_rest(one: Bench) -> None:
    await one.apply(backend("mistral", {"path": None}))
    for filters, target in (
        (rewriting("ReplacePrefixMatch", replacePrefixMatch="/"), "/a%2Fb/?x=%20"),
        (rewriting("ReplacePrefixMatch", replacePrefixMatch="/v1/"), "/v1/a%2Fb/?x=%20"),
        (rewriting("ReplaceFullPath", replaceFullPath="/full"), "/full?x=%20"),
    ):
        await one.apply(route("mistral", filters=filters))
        await one.send_planned(ANSWERED, "/mistral/a%2Fb/?x=%20")
        assert one.only().target == target


@catches("rule-filters-after-key")
async def filters_of_a_rule_leave_the_key_alone(one: Bench) -> None:
    entry = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["Authorization"]}}
    await one.apply(route("mistral", filters=[entry]))
    await one.send()
    assert one.only().values("authorization") == [f"Bearer {KEYS['mistral']}"]


@catches("failover-model-kept", "failover-key-kept", "failover-path-kept")
async def the_next_provider_has_its_own(one: Bench) -> None:
    first, second = (
        {
            "name": name,
            "openai": {**auth("Inline", inline=f"key-{name}"), "model": f"model-{name}"},
            "host": host,
            "port": 443,
            "path": {"full": f"/{name}"},
        }
        for name, host in (("first", "nobody.test"), ("second", "api.mistral.ai"))
    )
    groups = [{"providers": [first]}, {"providers": [second]}]
    await one.apply(backend("pair", type="AI", ai={"priorityGroups": groups}), route("pair"), policy("pair"))
    config = one.gateway._plan.config
    providers = [each for each in config.providers() if "/pair/" in each.name]
    assert [(each.model, each.path) for each in providers] == [("model-first", "/first"), ("model-second", "/second")]
    assert providers[0].credential != providers[1].credential
