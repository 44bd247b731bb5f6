"""Area F: where the connection goes, and which host the request names there."""

from __future__ import annotations

import zlib

from conformance.cases import Change, Draft, Exchange, Headers, Level, Scenario, Stage, case, parametrize
from conformance.cases.variations import other_hostname, policy_on_route, secured, without_policy
from conformance.exchange.expectations import ArrivedOnce, Reached, RequestAuthority, Secured, Status, verify

STRANGER = "stranger.agw-conformance.internal"


def tell_host(stage: Stage, exchange: Exchange) -> None:
    """Record which Host header arrived."""
    seen = [value for one in exchange.arrivals for value in one.values("host")]
    stage.observe(f"Host upstream: {', '.join(seen) or 'none'}; the Backend's host: {exchange.expected.host}")


@case(
    "host/rewritten-by-route",
    Level.MUST,
    "The Host header upstream is the hostname of the route's URLRewrite, without a port, whatever the client sent.",
    source="SEED Mistral 5",
    lines=[69],
    certifies=("other-host",),
)
@parametrize(
    "headers",
    [(), (("Host", f"{STRANGER}:8080"),), (("X-Forwarded-Host", STRANGER),)],
    ids=["usual-host", "other-host", "forwarded-host"],
)
async def test_rewritten_by_route(stage: Stage, headers: Headers) -> None:
    rules = [rule for route in stage.configuration.routes for rule in route.rules]
    stage.only_if(any(rule.rewrite.get("hostname") for rule in rules), "no route has an URLRewrite with a hostname")
    stage.only_if(not any(route.hostnames for route in stage.configuration.routes), "the routes are for certain hosts")
    verify(await stage.chat(headers=headers), Status(200), RequestAuthority())


def rewritten(draft: Draft) -> None:
    """A route that rewrites the host to another name than the Backend's."""
    draft.rule["filters"] = [{"type": "URLRewrite", "urlRewrite": {"hostname": "rewritten.agw-conformance.internal"}}]


def both_rewritten(draft: Draft) -> None:
    """A route that rewrites host and path at once, to a Backend at an unusual port, which no Host is to name."""
    rewritten(draft)
    if "host" in draft.llm:
        draft.change_backend(port=8443)
    path = {"type": "ReplaceFullPath", "replaceFullPath": draft.provider.path}
    draft.rule["filters"][0]["urlRewrite"]["path"] = path


@case(
    "host/rewrite-changes-host-only",
    Level.MUST,
    "An URLRewrite to another name than the Backend's host changes the Host header to just that name, also beside a"
    " path that it rewrites and where the port is unusual, and neither where the connection goes nor the server name.",
    source="GW HTTPURLRewriteFilter hostname, path; SEED Mistral 5",
    lines=[69, 71],
)
@parametrize(
    "scenario",
    [Scenario("rewritten", (rewritten,)), Scenario("rewritten-with-path", (both_rewritten,))],
    ids=str,
)
async def test_rewrite_changes_host_only(stage: Stage) -> None:
    verify(await stage.chat(), ArrivedOnce(), RequestAuthority(), Reached(), Secured())


def no_rewrite(draft: Draft) -> None:
    """A route without filters."""
    draft.rule.pop("filters", None)


@case(
    "host/not-the-server-name",
    Level.SHOULD,
    "Without URLRewrite the Host header upstream is the Backend's host, also where TLS has another server name.",
    source="FACTS 6.2, D4: agentgateway 1.x; kgateway 2.1 sends the client's",
    lines=[69],
    scenario=Scenario("no-rewrite-other-name", (no_rewrite, other_hostname), identity="wrong-name"),
)
async def test_not_the_server_name(stage: Stage) -> None:
    exchange = await stage.chat()
    tell_host(stage, exchange)
    verify(exchange, ArrivedOnce(), RequestAuthority())


def at_port(port: int) -> Change:
    """Another port."""

    def change(draft: Draft) -> None:
        if "host" not in draft.llm:
            raise LookupError("the Backend has no host, so it can have no port")
        draft.change_backend(port=port)

    return change


port_8443 = at_port(8443)


NO_REWRITE = Scenario("no-rewrite", (no_rewrite,))


def path_rewritten(draft: Draft) -> None:
    """A route that rewrites the path and says nothing of the host."""
    path = {"type": "ReplaceFullPath", "replaceFullPath": draft.provider.path}
    draft.rule["filters"] = [{"type": "URLRewrite", "urlRewrite": {"path": path}}]


@case(
    "host/defaults-to-backend-host",
    Level.SHOULD,
    "Without URLRewrite, or with one of the path alone, the Host header upstream is the Backend's host, by which"
    " providers choose the API.",
    source="FACTS 6.2, D4: agentgateway 1.x; kgateway 2.1 sends the client's",
    lines=[70],
    needs=("host names",),
)
@parametrize("scenario", [NO_REWRITE, Scenario("path-rewritten", (path_rewritten,))], ids=str)
async def test_defaults_to_backend_host(stage: Stage) -> None:
    exchange = await stage.chat()
    tell_host(stage, exchange)
    verify(exchange, ArrivedOnce(), RequestAuthority())


@case(
    "host/keeps-unusual-port",
    Level.SHOULD,
    "Without URLRewrite the Host header upstream names a port that is not the usual one: 443 by TLS, 80 in plaintext.",
    source="RFC 9110, 7.2 and 4.2; envoyproxy/ai-gateway#2500",
    lines=[152, 181],
    needs=("host names",),
)
@parametrize(
    "scenario",
    [
        Scenario("no-rewrite-8443", (no_rewrite, port_8443)),
        Scenario("tls-on-80", (no_rewrite, at_port(80))),
        Scenario("plaintext-on-443", (no_rewrite, without_policy, at_port(443)), identity="plaintext"),
    ],
    ids=str,
)
async def test_keeps_unusual_port(stage: Stage) -> None:
    stage.only_if(stage.llm.host, "the Backend has no host")
    exchange = await stage.chat()
    tell_host(stage, exchange)
    verify(exchange, ArrivedOnce(), RequestAuthority())


@case(
    "host/connects-to-backend",
    Level.MUST,
    "The connection goes to the Backend's host and port, whatever hosts the request names.",
    source="SEED table host, port; API LLMProvider.host",
    lines=[71, 74],
)
@parametrize("name", ["Host", "X-Forwarded-Host", "X-Original-Host", "X-Host", "Forwarded"])
async def test_connects_to_backend(stage: Stage, name: str) -> None:
    stage.only_if(not any(route.hostnames for route in stage.configuration.routes), "the routes are for certain hosts")
    value = f"host={STRANGER}" if name == "Forwarded" else STRANGER
    verify(await stage.chat(headers=((name, value),)), Status(200), Reached(), Secured())


def in_capitals(draft: Draft) -> None:
    """The host in capitals, with a port of its own."""
    port_8443(draft)
    draft.change_backend(host=draft.llm["host"].upper())


@case(
    "host/honours-port",
    Level.MUST,
    "A port other than 443 is the one that is connected to, also where the host is written in capitals.",
    source="SEED table port; RFC 9110, 4.2.3 (hosts are compared without regard to case)",
    lines=[72],
)
@parametrize(
    "scenario",
    [Scenario("port-8443", (port_8443,)), Scenario("host-in-capitals", (in_capitals,))],
    ids=str,
)
async def test_honours_port(stage: Stage) -> None:
    stage.only_if(stage.llm.host, "the Backend has no host, so it can have no port")
    verify(await stage.chat(), Status(200), Reached(), Secured())


def address(draft: Draft) -> None:
    """An address as host, of the block for benchmarks (RFC 2544), which nobody routes; the policy names a host."""
    number = zlib.crc32(draft.provider.name.encode()) % 65_024
    draft.change_backend(host=f"198.18.{number // 254}.{1 + number % 254}")
    other_hostname(draft)


@case(
    "host/address-as-host",
    Level.MAY,
    "The Backend's host may be an IP address; the server name is still the policy's hostname.",
    source="FACTS 6.2; GW BackendTLSPolicy validation.hostname",
    lines=[73],
    scenario=Scenario("address", (address,), identity="wrong-name"),
    needs=("addresses",),
)
async def test_address_as_host(stage: Stage) -> None:
    secured(stage)
    stage.only_if(stage.llm.host, "the Backend has no host")
    verify(await stage.chat(), Status(200), Reached(), Secured())


@case(
    "host/kept-by-policy",
    Level.SHOULD,
    "A policy's hostRewrite None lets the client's Host go up.",
    source="API agentgateway 1.4, HostnameRewrite.mode",
    lines=[70],
    scenario=Scenario("host-kept", (policy_on_route(hostRewrite={"mode": "None"}),)),
)
async def test_host_kept_by_policy(stage: Stage) -> None:
    stage.only_if(not any(route.hostnames for route in stage.configuration.routes), "the routes are for certain hosts")
    exchange = await stage.chat(headers=(("Host", STRANGER),))
    verify(exchange, ArrivedOnce(), RequestAuthority())
