"""Probes of paths that routes rewrite, of filters beside keys, and of what a next provider gets."""

from __future__ import annotations

from typing import Any

from mock_providers.behaviour import Behaviour
from tests.support.gateway import KEYS, Bench, catches, documented
from tests.support.gateway_objects import auth, backend, backend_ref, policy, route

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


MATCH = {
    "path": {"type": "Exact", "value": "/mistral"},
    "method": "POST",
    "queryParams": [{"type": "RegularExpression", "name": "team", "value": "red"}],
}


@catches("query-match-ignored", "method-match-ignored", "expressions-unanchored", "exact-is-prefix")
async def every_condition_of_a_match_counts(one: Bench) -> None:
    await one.apply(route("mistral", matches=[MATCH]))
    assert (await one.send("/mistral?team=red")).status_code == 200
    for path in ("/mistral", "/mistral?team=reddish", "/mistral/x?team=red"):
        assert (await one.send(path)).status_code == 404
    assert (await one.send("/mistral?team=red", method="PUT", content=b"{}")).status_code == 404


@catches("hostnames-ignored", "wildcard-matches-parent")
async def hostnames_count(one: Bench) -> None:
    changed = route("mistral")
    changed["spec"]["hostnames"] = ["*.many.test"]
    await one.apply(changed)
    for host, status in (("a.many.test:8080", 200), ("many.test", 404), ("other.test", 404)):
        assert (await one.send(headers={"host": host})).status_code == status


@catches("headers-before-length")
async def length_counts_before_headers(one: Bench) -> None:
    longer = route("longer", backend_ref("deepseek"))
    longer["spec"]["rules"][0]["matches"] = [{"path": {"type": "PathPrefix", "value": "/mistral/large"}}]
    tier = {"path": {"type": "PathPrefix", "value": "/mistral"}, "headers": [{"name": "x-tier", "value": "1"}]}
    await one.apply(longer, route("mistral", matches=[tier]))
    await one.send("/mistral/large", headers={"x-tier": "1"})
    assert one.only().connection.host == "api.deepseek.com"
