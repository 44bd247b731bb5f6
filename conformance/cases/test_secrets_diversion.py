"""Area M: nobody leads a key to another place: not the client, not the provider, not the order of changes."""

from __future__ import annotations

from conformance.cases import CLIENT_KEY, Behaviour, ClientRequest, Level, Stage, case, parametrize
from conformance.cases.acts import raw
from conformance.cases.variations import TWIN, twin_host
from conformance.exchange.expectations import (
    ArrivedOnce,
    Credential,
    Facet,
    Holds,
    MessagesKept,
    NothingArrived,
    Reached,
    RequestAuthority,
    Status,
    Unreached,
    Withheld,
    verify,
)
from mock_providers.journal import RequestSeen

CERTAIN_HOSTS = "the routes are for certain hosts"


def for_any_host(stage: Stage) -> bool:
    """Whether the Host header does not decide about the route."""
    return not any(route.hostnames for route in stage.configuration.routes)


@case(
    "secrets/client-chooses-no-host",
    Level.MUST,
    "No header of the client leads the request, and with it the key, to another host, be it another provider's.",
    source="SEED table host; FACTS 6.9",
    lines=[71, 74, 135],
    scenario=TWIN,
)
@parametrize("name", ["Host", "X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Server", "Forwarded"])
async def test_client_chooses_no_host(stage: Stage, name: str) -> None:
    stage.only_if(for_any_host(stage), CERTAIN_HOSTS)
    other = twin_host(stage)
    headers = ((name, f"host={other}" if name == "Forwarded" else other), ("X-Forwarded-Port", "8443"))
    exchange = await stage.chat(headers=headers)
    verify(exchange, Status(200), Reached(), RequestAuthority(), Credential(), Unreached(other))


@case(
    "secrets/absolute-target-leads-nowhere",
    Level.MUST,
    "A request target in absolute form is refused or taken by its path; it leads to no other host than the Backend's.",
    source="RFC 9112 section 3.2.2; SEED table host",
    lines=[135],
    scenario=TWIN,
)
async def test_absolute_target_leads_nowhere(stage: Stage) -> None:
    other, request = twin_host(stage), stage.request()
    exchange = await stage.send_raw(request, raw(request, other, target=f"http://{other}{request.path}"))
    verify(exchange, Unreached(other))


@case(
    "secrets/two-hosts-refused",
    Level.MUST,
    "A request with two Host lines is answered 400 and goes nowhere: of two hosts each reader may take another.",
    source="RFC 9112 section 3.2, MUST respond with 400 to more than one Host header field line",
    lines=[135],
    scenario=TWIN,
)
@parametrize("same", [True, False], ids=["same", "different"])
async def test_two_hosts_refused(stage: Stage, same: bool) -> None:
    request, host = stage.request(), stage.target.gateway.authority
    second = f"Host: {host if same else twin_host(stage)}"
    framing = (second, "Connection: close", f"Content-Length: {len(request.body or b'')}")
    verify(await stage.send_raw(request, raw(request, host, *framing)), Status(400), NothingArrived())


def ambiguous(request: ClientRequest, host: str) -> bytes:
    """A chunked request whose Content-Length says something else."""
    content = request.body or b""
    framing = (f"Content-Length: {len(content) - 7}", "Transfer-Encoding: chunked")
    return raw(request, host, *framing, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content))


@case(
    "secrets/framing-is-unambiguous",
    Level.MUST,
    "A request with both Content-Length and Transfer-Encoding is refused, or goes up as its chunks say and framed in"
    " one way only.",
    source="RFC 9112 section 6.1; FACTS 7.1 no. 9",
    lines=[135],
)
async def test_framing_is_unambiguous(stage: Stage) -> None:
    request = stage.request()
    exchange = await stage.send_raw(request, ambiguous(request, stage.target.gateway.authority))
    stage.observe(f"Content-Length beside Transfer-Encoding: the client got {exchange.response.status}")
    if exchange.arrivals:
        verify(exchange, ArrivedOnce(), MessagesKept(), Holds(Facet.FRAMING, 1, lambda one: _framings(one.arrival)))
    verify(await stage.chat(), Status(200), ArrivedOnce())


@case(
    "secrets/nothing-behind-ambiguous-framing",
    Level.SHOULD,
    "After a request with both Content-Length and Transfer-Encoding the gateway closes the connection, so that what"
    " stands behind it is no request.",
    source='RFC 9112 section 6.1, "MUST close the connection after responding"',
    lines=[135],
)
async def test_nothing_behind_ambiguous_framing(stage: Stage) -> None:
    first, hidden = stage.request(), stage.request()
    host = stage.target.gateway.authority
    exchange = await stage.send_raw(hidden, ambiguous(first, host) + raw(hidden, host), answers=2)
    verify(exchange, Holds(Facet.SECOND_REQUEST, 0, lambda one: len(one.arrivals)))


def _framings(request: RequestSeen) -> int:
    return len(request.values("content-length")) + len(request.values("transfer-encoding"))


@case(
    "secrets/redirect-not-followed",
    Level.MUST,
    "A provider's redirect goes to the client; the gateway does not follow it, least of all with the key.",
    source="FACTS 6.6; CVE-2018-18074",
    lines=[136],
    scenario=TWIN,
)
@parametrize("status", [302, 307])
async def test_redirect_not_followed(stage: Stage, status: int) -> None:
    other = twin_host(stage)
    behaviour = Behaviour(status=status, headers=(("location", f"https://{other}/elsewhere"),))
    verify(await stage.chat(behaviour=behaviour), Status(status), ArrivedOnce(), Reached(), Unreached(other))


@case(
    "secrets/one-authorization",
    Level.SHOULD,
    "However often, and in whatever case, the client sends Authorization: one arrives, with the Backend's key.",
    source="FACTS 6.3; SEED table authToken",
    lines=[137],
)
@parametrize(
    "names",
    [("authorization",), ("AUTHORIZATION",), ("Authorization", "authorization"), ("Authorization", "Authorization")],
    ids="+".join,
)
async def test_one_authorization(stage: Stage, names: tuple[str, ...]) -> None:
    stage.only_if(stage.expected.credential, "the Backend has no key of its own to send")
    token = CLIENT_KEY.reveal()
    exchange = await stage.chat(headers=tuple((name, f"Bearer {token}") for name in names))
    verify(exchange, Status(200), Credential(), Withheld((token,)))
