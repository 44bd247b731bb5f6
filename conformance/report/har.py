"""exchanges.har: what crossed the wire as HTTP Archive 1.2, which browsers' developer tools open.

Each exchange is one entry from client to gateway and one for every request and connection that came of it upstream.
What the format has no place for stands in fields that begin with `_`: the case, the verdict, the leg, TLS facts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from conformance.verdict.evidence import ArrivalData, BodyData, ConnectionData, ExchangeData
from conformance.verdict.results import Result, Verdict
from conformance.version import __version__

__all__ = ["har"]

_CLIENT, _UPSTREAM = "client → gateway", "gateway → lookalike"


def har(verdict: Verdict) -> str:
    """The exchanges of all results as HAR text; each result is a page, with at least one entry."""
    pages: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for result in sorted(verdict.results, key=lambda one: (one.case, one.test)):
        if not result.exchanges:
            continue
        identity = f"result_{len(pages) + 1}"
        pages.append(_page(identity, result))
        for number, exchange in enumerate(result.exchanges):
            about = {"pageref": identity, "_case": result.case, "_test": result.test, "_exchange": number + 1}
            entries += [about | entry for entry in _entries(exchange)]
    creator = {"name": "agw-conformance", "version": __version__}
    log = {"version": "1.2", "creator": creator, "pages": pages, "entries": entries}
    return json.dumps({"log": log}, ensure_ascii=False, separators=(",", ":"))


def _page(identity: str, result: Result) -> dict[str, Any]:
    return {
        "startedDateTime": _time(result.exchanges[0]["began"]),
        "id": identity,
        "title": f"{result.case} {result.test}: {result.outcome}",
        "pageTimings": {},
        "_verdict": result.outcome.value,
        "_level": result.level.value,
        "_statement": result.statement,
        "_differences": list(result.differences),
        "_omittedExchanges": result.omitted,
    }


def _entries(exchange: ExchangeData) -> list[dict[str, Any]]:
    request, response = exchange["request"], exchange["response"]
    host = next((value for name, value in request["headers"] if name.lower() == "host"), "gateway")
    first = _entry(exchange, _CLIENT)
    first["request"] = _request(
        request["method"], f"http://{host}", request["path"], "1.1", request["headers"], request["body"]
    )
    first["response"] = _response(response["status"], response["headers"], response["body"], response["error"])
    first["_refutes"] = exchange["refuted"]
    first["_expected"] = dict(exchange["expected"])
    first["_gatewayLog"] = list(exchange["log"])
    upstream = [_arrived(exchange, one) for one in exchange["arrivals"]]
    return [first, *upstream, *(_only_connected(exchange, one) for one in exchange["connections"])]


def _arrived(exchange: ExchangeData, arrival: ArrivalData) -> dict[str, Any]:
    """What the lookalike answered is known by its status only; the client's entry has the rest, if it got through."""
    connection = arrival["connection"]
    entry = _entry(exchange, _UPSTREAM) | _connection(connection)
    base = _base(connection)
    entry["request"] = _request(
        arrival["method"], base, arrival["target"], arrival["version"], arrival["headers"], arrival["body"]
    )
    entry["response"] = _response(arrival["status"], [], None, "" if arrival["status"] else arrival["outcome"])
    return entry


def _only_connected(exchange: ExchangeData, connection: ConnectionData) -> dict[str, Any]:
    entry = _entry(exchange, _UPSTREAM) | _connection(connection)
    tls = connection["tls"]
    why = (tls["failure"] if tls else "") or "no request came by this connection"
    entry["request"] = _request("CONNECT", _base(connection), "/", "1.1", [], None)
    entry["response"] = _response(0, [], None, why)
    return entry


def _entry(exchange: ExchangeData, leg: str) -> dict[str, Any]:
    milliseconds = round(exchange["seconds"] * 1000, 1)
    return {
        "startedDateTime": _time(exchange["began"]),
        "time": milliseconds,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_leg": leg,
    }


def _connection(connection: ConnectionData) -> dict[str, Any]:
    return {
        "_host": connection["host"],
        "_port": connection["port"],
        "_connectionKind": connection["kind"],
        "_tls": connection["tls"],
    }


def _base(connection: ConnectionData) -> str:
    scheme, usual = ("https", 443) if connection["tls"] else ("http", 80)
    port = "" if connection["port"] == usual else f":{connection['port']}"
    return f"{scheme}://{connection['host']}{port}"


def _request(
    method: str, base: str, target: str, version: str, headers: list[list[str]], body: BodyData | None
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        # A target may also be absolute, or be `*`.
        "url": f"{base}{target}" if target.startswith("/") else f"{base}/",
        "_target": target,
        "httpVersion": f"HTTP/{version}",
        "cookies": [],
        "headers": _headers(headers),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True, errors="replace")
        ],
        "headersSize": -1,
        "bodySize": body["size"] if body else 0,
    }
    if body and body["size"]:
        request["postData"] = {"mimeType": _type(headers), "params": [], "text": body["text"]}
        if body["cut"]:
            request["postData"]["comment"] = "the beginning only"
    return request


def _response(status: int, headers: list[list[str]], body: BodyData | None, error: str) -> dict[str, Any]:
    content: dict[str, Any] = {"size": body["size"] if body else 0, "mimeType": _type(headers)}
    if body and body["text"]:
        content |= {"text": body["text"], **({"comment": "the beginning only"} if body["cut"] else {})}
    return {
        "status": status,
        "statusText": HTTPStatus(status).phrase if status in list(HTTPStatus) else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(headers),
        "content": content,
        "redirectURL": next((value for name, value in headers if name.lower() == "location"), ""),
        "headersSize": -1,
        "bodySize": -1,
        **({"_error": error} if error else {}),
    }


def _headers(headers: list[list[str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _type(headers: list[list[str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "application/octet-stream")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
