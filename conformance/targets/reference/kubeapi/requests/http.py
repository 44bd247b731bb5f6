"""A request as the API reads it from ASGI, and the answers it sends."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope, Send

from conformance.core.problems import InputProblem
from conformance.core.yaml.located import read_documents
from conformance.targets.reference.kubeapi.jsontree import Json
from conformance.targets.reference.kubeapi.status import bad_request, too_large

__all__ = ["MAX_BODY", "ClientGone", "Request", "dump", "parse_json", "parse_yaml", "respond"]

MAX_BODY = 3 * 1024 * 1024
"""The largest body that is read, in bytes: kube-apiserver's own limit."""

# Deeper than any real object; what is deeper would exhaust the stack of whoever walks it.
_MOST_DEPTH = 100


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


@dataclass(slots=True)
class Request:
    """Method, decoded path segments, query and headers (lower-case names); the body is read when wanted."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive = field(repr=False)

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> Request:
        """The request of an ASGI scope."""
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw = scope.get("raw_path") or scope["path"].encode()
        return cls(scope["method"], raw.decode("latin-1").partition("?")[0], query, headers, receive)

    @property
    def segments(self) -> list[str]:
        """The path's parts, each decoded on its own."""
        return [unquote(part) for part in self.path.strip("/").split("/") if part]

    @property
    def content_type(self) -> str:
        """The body's media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def flag(self, name: str) -> bool:
        """A query parameter that is on."""
        return self.query.get(name, "").lower() in ("true", "1")

    async def body(self) -> bytes:
        """The whole body. Raises ApiError 413 over the limit, ClientGone."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY:
                raise too_large(MAX_BODY)
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"invalid character {text[0]!r} looking for beginning of value")


def parse_json(body: bytes) -> Any:
    """The body as JSON. Raises ApiError 400, whatever the bytes."""
    try:
        value = json.loads(body, parse_float=_finite, parse_constant=_no_constant)
        _check_depth(body, value)
    except (ValueError, RecursionError) as error:
        # The parser's own words hold no more of the body than a position.
        text = str(error).partition(":")[0] if isinstance(error, json.JSONDecodeError) else "not valid JSON"
        raise bad_request(f"the body of the request is not valid JSON: {text}") from error
    return value


def _check_depth(body: bytes, value: Any) -> None:
    if body.count(b"{") + body.count(b"[") <= _MOST_DEPTH:
        return
    level = [value]
    for _ in range(_MOST_DEPTH + 1):
        level = [child for parent in level for child in _containers(parent)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _containers(value: Any) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def parse_yaml(body: bytes) -> Any:
    """The body as YAML, which JSON is part of. Raises ApiError 400, whatever the bytes."""
    if body.lstrip()[:1] == b"{":
        return parse_json(body)
    try:
        documents = read_documents(body.decode(), "body")
    except InputProblem as error:
        raise bad_request(f"error decoding YAML: {error.message}") from error
    except UnicodeDecodeError as error:
        raise bad_request("error decoding YAML: not UTF-8") from error
    if len(documents) != 1:
        raise bad_request(f"error decoding YAML: one document expected, found {len(documents)}")
    return documents[0].data


def dump(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


async def respond(
    send: Send, code: int, body: Json | bytes, *, warnings: list[str] | None = None, type_: str = "application/json"
) -> None:
    """Sends a whole answer."""
    content = body if isinstance(body, bytes) else dump(body)
    headers = [
        (b"content-type", type_.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-cache, private"),
        *((b"warning", warning_header(text)) for text in dict.fromkeys(warnings or ())),
    ]
    await send({"type": "http.response.start", "status": code, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def warning_header(text: str) -> bytes:
    """The value of a Warning header (RFC 7234): the text quoted, without control characters."""
    clean = "".join(char if char.isprintable() else " " for char in text)[:2000]
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'.encode()
