"""What a failure says: statement, source, expected against observed, cause, remedy, evidence, how to run it again."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from conformance.core.redaction import redact
from conformance.exchange.exchange import Exchange
from conformance.exchange.expectations.base import HeaderReturns, Mismatch
from conformance.exchange.expectations.upstream import HeaderArrives
from conformance.exchange.messages import Headers
from conformance.stage.case import Case
from mock_providers.journal import ConnectionSeen

if TYPE_CHECKING:
    from conformance.verdict.diagnosis.rules import Diagnosis

__all__ = ["explain", "wire"]

_SHOWN_HEADERS = ("host", "authorization", "x-api-key", "api-key", "content-type")
_MOST_LOG_LINES = 12


def explain(
    case: Case,
    providers: Sequence[str],
    mismatches: Sequence[Mismatch],
    diagnosis: Diagnosis | None,
    exchange: Exchange | None,
    again: str,
) -> list[str]:
    """The lines of a failure, redacted."""
    lines = [f"{case.level} {case.id} [{'+'.join(providers)}]", f"  {case.statement}", f"  Source: {case.source}", ""]
    for one in mismatches:
        lines += [f"  {one.about}", f"    expected  {one.expected}", f"    observed  {one.observed}"]
    if diagnosis is not None:
        lines += ["", f"  Probable cause  {diagnosis.cause}"]
        if diagnosis.where:
            lines.append(f"                  at {diagnosis.where}")
        lines.append(f"  Remedy          {diagnosis.remedy}")
    if exchange is not None:
        lines += ["", "  On the wire", *(f"    {line}" for line in wire(exchange, _named(mismatches)))]
        if exchange.gateway_log:
            lines += ["", "  Gateway log", *(f"    {line}" for line in exchange.gateway_log[-_MOST_LOG_LINES:])]
    lines += ["", f"  Run it again    {again}"]
    return [redact(line) for line in lines]


def _named(mismatches: Sequence[Mismatch]) -> frozenset[str]:
    """The headers that something is wrong with, in lower case."""
    details = [one.detail for one in mismatches]
    return frozenset(one.name.lower() for one in details if isinstance(one, HeaderArrives | HeaderReturns))


def wire(exchange: Exchange, named: frozenset[str] = frozenset()) -> list[str]:
    """An exchange in order: what the client sent, what lookalikes saw, what the client got.

    Of the headers those that matter to every case, and the `named` ones, from end to end.
    """
    lines = [f"client -> gateway  {exchange.request.method} {exchange.request.path}"]
    lines += _headers(exchange.request.headers, named)
    told: set[int] = set()
    shown = {*_SHOWN_HEADERS, *named}
    shown |= {exchange.expected.credential[0].lower()} if exchange.expected.credential else set()
    for arrival in exchange.arrivals:
        told.add(arrival.connection.sequence)
        lines.append(f"gateway -> {_connection(arrival.connection)}  {arrival.method} {arrival.target}")
        lines += _headers(arrival.headers, shown)
        lines.append(f"    {_shortened(arrival.body.decode('utf-8', 'replace'))}")
    lines += [f"gateway -> {_connection(one)}" for one in exchange.connections if one.sequence not in told]
    response = exchange.response
    answer = f"{response.status} {_shortened(response.text)}" if response.status else f"no answer: {response.error}"
    return [*lines, f"gateway -> client  {answer}", *_headers(response.headers, named)]


def _headers(headers: Headers, shown: Container[str]) -> list[str]:
    return [f"    {name}: {value}" for name, value in headers if name.lower() in shown]


def _connection(seen: ConnectionSeen) -> str:
    place = f"{seen.host}:{seen.port}"
    if seen.tls is None:
        return f"{place} ({seen.kind})"
    ended = seen.tls.version if seen.tls.completed else f"handshake failed: {seen.tls.failure}"
    return f"{place} (TLS, SNI {seen.tls.sni or 'none'}, {ended})"


def _shortened(text: str) -> str:
    text = " ".join(redact(text).split())
    return text if len(text) <= 240 else f"{text[:237]}..."
