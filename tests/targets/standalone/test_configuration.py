"""agentgateway's local configuration, as written for both schemas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from conformance.targets.reference.gateway.config import (
    BackendRef,
    Credential,
    Filter,
    GatewayConfig,
    HeaderModifier,
    InvalidBackend,
    Listener,
    LlmBackend,
    LlmProvider,
    Match,
    Passthrough,
    PathMatch,
    Redirect,
    Route,
    Rule,
    Timeouts,
    UpstreamTls,
    UrlRewrite,
    ValueMatch,
)
from conformance.targets.standalone.configuration import LocalConfiguration, Writer

OLD, NEW = (0, 10), (1, 4)
PROVIDER = LlmProvider("llm/nimbus/backend", "llm.nimbus.example", 8443)
BEARER = Credential("Authorization", "Bearer", "nk-Zirrus-4711")


def write(
    rule: Rule, line: tuple[int, int] = NEW, *, remapped: bool = False, route: str = "llm/n"
) -> LocalConfiguration:
    def place(host: str, port: int) -> str:
        return "127.0.0.1:9999" if remapped else f"{host}:{port}"

    writer = Writer(line, 8080, 8081, place, lambda pem: f"/{pem}.pem", "/nobody.pem", remapped)
    config = GatewayConfig((Listener("http", 80, (Route(route, (rule,), ("one.example",)),)),))
    return writer.write(config, 7)


def written(rule: Rule, line: tuple[int, int] = NEW, *, remapped: bool = False) -> Any:
    """The written rule as data."""
    found = write(rule, line, remapped=remapped)
    assert found.left_out == {}
    return yaml.safe_load(found.text)["binds"][0]["listeners"][0]["routes"][0]


def to(provider: LlmProvider) -> Rule:
    return Rule(backends=(BackendRef(LlmBackend("llm/nimbus", ((provider,),))),))


def provider_of(rule: Any) -> Any:
    return rule["backends"][0]["ai"]


def test_whole_file() -> None:
    data = yaml.safe_load(write(to(PROVIDER)).text)
    assert data["config"] == dict.fromkeys(("adminAddr", "statsAddr", "readinessAddr"), "127.0.0.1:0")
    gateway, probe = data["binds"]
    assert (gateway["port"], probe["port"]) == (8080, 8081)
    assert probe["listeners"][0]["routes"][0]["policies"] == {"directResponse": {"status": 200, "body": "7"}}
    assert gateway["listeners"][0]["routes"][0] == {
        "name": "llm/n.0",
        "matches": [{"path": {"pathPrefix": "/"}}],
        "hostnames": ["one.example"],
        "backends": [
            {
                "weight": 1,
                "ai": {
                    "name": "llm-nimbus-backend",
                    "provider": {"openAI": {}},
                    "hostOverride": "llm.nimbus.example:8443",
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("changes", "line", "expected"),
    [
        ({"credential": BEARER}, NEW, {"policies": {"backendAuth": {"key": "nk-Zirrus-4711"}}}),
        ({"credential": BEARER}, OLD, {"backendAuth": {"key": "nk-Zirrus-4711"}}),
        ({"credential": Passthrough()}, NEW, {"policies": {"backendAuth": {"passthrough": {}}}}),
        (
            {"credential": replace(BEARER, header="x-key", prefix="")},
            NEW,
            {"policies": {"backendAuth": {"key": {"value": BEARER.value, "location": {"header": {"name": "x-key"}}}}}},
        ),
        ({"tls": UpstreamTls("n.example")}, NEW, {"policies": {"backendTLS": {"hostname": "n.example"}}}),
        ({"tls": UpstreamTls("n.example")}, OLD, {"backendTLS": {"hostname": "n.example"}}),
        ({"tls": UpstreamTls("n", roots="nothing")}, OLD, {"backendTLS": {"hostname": "n", "root": "/nobody.pem"}}),
        ({"tls": UpstreamTls("n", roots="ca")}, OLD, {"backendTLS": {"hostname": "n", "root": "/ca.pem"}}),
        (
            {"tls": UpstreamTls("n", ("a",), ("spiffe://b",))},
            NEW,
            {"policies": {"backendTLS": {"hostname": "n", "subjectAltNames": ["a", "spiffe://b"]}}},
        ),
        ({"path": "/x", "model": ""}, NEW, {"pathOverride": "/x", "provider": {"openAI": {"model": ""}}}),
    ],
)
def test_provider(changes: dict[str, Any], line: tuple[int, int], expected: dict[str, Any]) -> None:
    plain = provider_of(written(to(PROVIDER), line))
    assert provider_of(written(to(replace(PROVIDER, **changes)), line)) == plain | expected


def test_default_host_is_the_gateways_own_matter() -> None:
    default = replace(PROVIDER, host="api.openai.com", port=443, tls=UpstreamTls("api.openai.com"))
    assert provider_of(written(to(default))) == {"name": "llm-nimbus-backend", "provider": {"openAI": {}}}


def test_a_policy_holds_for_the_default_host_too() -> None:
    other = replace(PROVIDER, host="api.openai.com", port=443, tls=UpstreamTls("llm.nimbus.example"))
    assert provider_of(written(to(other)))["policies"] == {"backendTLS": {"hostname": "llm.nimbus.example"}}


def test_header_prefix_ends_in_a_space() -> None:
    found = provider_of(written(to(replace(PROVIDER, credential=replace(BEARER, prefix="Nimbus")))))
    header = found["policies"]["backendAuth"]["key"]["location"]["header"]
    assert header == {"name": "Authorization", "prefix": "Nimbus "}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"filters": (UrlRewrite("n.example", replace_full="/v1"),)},
            {"urlRewrite": {"authority": {"host": "n.example"}, "path": {"full": "/v1"}}},
        ),
        ({"filters": (UrlRewrite(replace_prefix="/v1"),)}, {"urlRewrite": {"path": {"prefix": "/v1"}}}),
        (
            {"filters": (HeaderModifier("request", set=(("a", "b"),), remove=("c",)),)},
            {"requestHeaderModifier": {"set": {"a": "b"}, "remove": ["c"]}},
        ),
        (
            {"filters": (HeaderModifier("response", add=(("a", "b"),)),)},
            {"responseHeaderModifier": {"add": {"a": "b"}}},
        ),
        (
            {"filters": (Redirect("https", "n.example", 8443, status=301),)},
            {"requestRedirect": {"scheme": "https", "authority": {"full": "n.example:8443"}, "status": 301}},
        ),
        ({"filters": (Redirect(port=81),)}, {"requestRedirect": {"authority": {"port": 81}, "status": 302}}),
        ({"filters": (Redirect(hostname="n"),)}, {"requestRedirect": {"authority": {"host": "n"}, "status": 302}}),
        ({"timeouts": Timeouts(request=1.5)}, {"timeout": {"requestTimeout": "1500ms"}}),
        ({"timeouts": Timeouts(backend_request=2)}, {"timeout": {"backendRequestTimeout": "2000ms"}}),
        (
            {"backends": (BackendRef(InvalidBackend(500, "no backend")),)},
            {"directResponse": {"status": 500, "body": "no backend"}},
        ),
    ],
)
def test_policies(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert written(replace(to(PROVIDER), **changes))["policies"] == expected


def filtered(*filters: Filter) -> BackendRef:
    return replace(to(PROVIDER).backends[0], filters=filters)


def test_filters_of_the_only_backend_are_the_rules_in_the_old_line() -> None:
    rule = Rule(backends=(filtered(UrlRewrite("n.example")),))
    assert written(rule, OLD)["policies"] == {"urlRewrite": {"authority": {"host": "n.example"}}}


def test_filters_of_backends_are_policies_of_theirs() -> None:
    tenants = [filtered(HeaderModifier("request", set=(("x-tenant", name),))) for name in ("one", "two")]
    found = written(Rule(backends=(*tenants, filtered())))
    assert "policies" not in found
    assert [one.get("policies") for one in found["backends"]] == [
        {"requestHeaderModifier": {"set": {"x-tenant": "one"}}},
        {"requestHeaderModifier": {"set": {"x-tenant": "two"}}},
        None,
    ]


def test_matches() -> None:
    match = Match(PathMatch("exact", "/a"), (ValueMatch("h", "v"),), (ValueMatch("q", "w.*", regex=True),), "POST")
    assert written(replace(to(PROVIDER), matches=(match,)))["matches"] == [
        {
            "path": {"exact": "/a"},
            "headers": [{"name": "h", "value": {"exact": "v"}}],
            "query": [{"name": "q", "value": {"regex": "w.*"}}],
            "method": "POST",
        }
    ]


@pytest.mark.parametrize(("line", "path"), [(NEW, "/a+"), (OLD, ["/a+", 3])])
def test_path_expressions(line: tuple[int, int], path: object) -> None:
    rule = replace(to(PROVIDER), matches=(Match(PathMatch("regex", "/a+")),))
    assert written(rule, line)["matches"] == [{"path": {"regex": path}}]


def test_groups_and_weights() -> None:
    second = replace(PROVIDER, name="llm/nimbus/second", host="two.example")
    backend = LlmBackend("llm/nimbus", ((PROVIDER,), (second,)))
    rule = Rule(backends=(BackendRef(backend, 3), BackendRef(InvalidBackend(500, "gone"), 1)))
    one, two = written(rule)["backends"]
    assert [group["providers"][0]["hostOverride"] for group in one["ai"]["groups"]] == [
        "llm.nimbus.example:8443",
        "two.example:8443",
    ]
    assert (one["weight"], two) == (3, {"weight": 1, "invalid": None})


def test_dollars_are_not_expanded() -> None:
    text = write(to(replace(PROVIDER, credential=replace(BEARER, value="nk-$HOME-$$")))).text
    assert "nk-$$HOME-$$$$" in text


FILTERED = filtered(UrlRewrite("a"))


@pytest.mark.parametrize(
    ("rule", "line", "reason"),
    [
        (to(replace(PROVIDER, credential=replace(BEARER, header="x-key"))), OLD, "0.10: a key goes into"),
        (to(replace(PROVIDER, tls=UpstreamTls("n", ("a",)))), OLD, "0.10: no subjectAltNames"),
        (to(replace(PROVIDER, tls=UpstreamTls("n", ("*.a",)))), NEW, "a wildcard among subjectAltNames"),
        (to(replace(PROVIDER, host="https://a.example")), NEW, "1.4: no host with a colon"),
        (Rule(backends=to(PROVIDER).backends * 2), OLD, "0.10: all backends of a rule"),
        (replace(to(PROVIDER), filters=(UrlRewrite("a"), UrlRewrite("b"))), NEW, "1.4: only one urlRewrite"),
        (Rule(backends=(FILTERED,)), NEW, "1.4: no urlRewrite of a backend's own"),
        (Rule(backends=(FILTERED, BackendRef(InvalidBackend(500, "")))), OLD, "0.10: no filters for one of several"),
    ],
)
def test_inexpressible(rule: Rule, line: tuple[int, int], reason: str) -> None:
    found = write(rule, line)
    assert reason in found.left_out["llm/n"]
    route = yaml.safe_load(found.text)["binds"][0]["listeners"][0]["routes"][0]
    assert route["policies"]["directResponse"]["status"] == 500
    assert "backends" not in route


def test_remapped_hosts() -> None:
    found = written(to(replace(PROVIDER, tls=UpstreamTls("n"))), remapped=True)
    assert found["policies"] == {"urlRewrite": {"authority": {"host": "llm.nimbus.example"}}}
    assert provider_of(found)["hostOverride"] == "127.0.0.1:9999"


def test_remapped_default_host() -> None:
    default = replace(PROVIDER, host="api.openai.com", port=443, tls=UpstreamTls("api.openai.com"))
    found = provider_of(written(to(default), remapped=True))
    assert found["hostOverride"] == "127.0.0.1:9999"
    assert found["pathOverride"] == "/v1/chat/completions"
    assert found["policies"]["backendTLS"] == {"hostname": "api.openai.com"}


def test_remapped_address_has_no_name_to_send() -> None:
    assert "policies" not in written(to(replace(PROVIDER, host="198.18.0.1")), remapped=True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"path_prefix": "/v9"}, {"pathPrefix": "/v9"}),
        ({"path": "/whole", "path_prefix": "/v9"}, {"pathOverride": "/whole"}),
        (
            {"tls": UpstreamTls("a.example", unverified="certificate")},
            {"policies": {"backendTLS": {"hostname": "a.example", "insecure": True}}},
        ),
        (
            {"tls": UpstreamTls("a.example", unverified="name")},
            {"policies": {"backendTLS": {"hostname": "a.example", "insecureHost": True}}},
        ),
    ],
)
def test_what_backends_of_agentgateway_1_say(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    found = provider_of(written(to(replace(PROVIDER, **changes))))
    assert {name: found.get(name) for name in expected} == expected
    assert "pathPrefix" not in found or "pathPrefix" in expected


def test_a_prefix_of_the_path_is_news_to_the_old_line() -> None:
    assert "no prefix of the path" in write(to(replace(PROVIDER, path_prefix="/v9")), OLD).left_out["llm/n"]


def test_a_prefix_without_space_stays_without() -> None:
    found = provider_of(written(to(replace(PROVIDER, credential=Credential("k", "T:", "key", "")))))
    assert found["policies"]["backendAuth"]["key"]["location"] == {"header": {"name": "k", "prefix": "T:"}}
