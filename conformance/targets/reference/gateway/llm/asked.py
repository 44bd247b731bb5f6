"""What a client asks for, of whatever API: read once, made into the body for each provider that is tried.

Source: agentgateway 1.4, the `process_*_request` and `Response` of each API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from conformance.core.startup.records import dataclass
from conformance.targets.reference.gateway.apis import AS_IS, CHAT, OPENAIS, Apis
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm import completions
from conformance.targets.reference.gateway.messages import Headers, ProxyError

__all__ = ["Asked", "Steps", "asked_for", "check", "read"]

# What requests and answers are read for.
_ASKED = {"Responses": ["input"], "Embeddings": ["input"], "Rerank": ["query", "documents"], "Messages": ["messages"]}
_ANSWERED = {
    "Responses": ["id", "status", "output", "model"],
    "Embeddings": ["object", "model"],
    "Messages": ["id", "type", "role", "model", "usage", "content"],
}

Edit = Callable[[dict[str, Any], LlmProvider], dict[str, Any]]


class Steps(Protocol):
    """The steps of the gateway that are about bodies."""

    @property
    def decode(self) -> Callable[[bytes, Headers], bytes]: ...
    @property
    def parse(self) -> Callable[[bytes], dict[str, Any]]: ...
    @property
    def edit(self) -> Edit: ...
    @property
    def edit_any(self) -> Edit: ...


@dataclass(frozen=True)
class Asked:
    """A request's body: as it was sent, and its JSON where it is read."""

    api: str
    sent: bytes
    payload: dict[str, Any] | None

    @property
    def is_stream(self) -> bool:
        """Whether the client wants the answer piece by piece."""
        return self.payload is not None and completions.is_stream(self.payload)

    def body_for(self, steps: Steps, provider: LlmProvider) -> bytes:
        """The body that goes up. Raises ProxyError where the provider needs what is not there."""
        if self.payload is None:
            return self.sent
        edit = steps.edit if self.api == CHAT else steps.edit_any
        return completions.render(edit(self.payload, provider))


def asked_for(steps: Steps, apis: Apis, api: str, sent: bytes, headers: Headers) -> Asked:
    """A request for an API. Raises ProxyError 503 for what is none of it."""
    if api in AS_IS:
        return Asked(api, sent, None)
    body = steps.decode(sent, headers)
    return Asked(api, sent, steps.parse(body) if api == CHAT else read(apis, api, completions.load(body)))


def read(apis: Apis, api: str, payload: Any) -> dict[str, Any]:
    """A request's JSON for one of these APIs. Raises ProxyError 503 for what the API has not, or the provider."""
    native = {*OPENAIS} if apis.formats is None else {name for name, _ in apis.formats}
    if api not in native or api not in _ASKED:
        raise ProxyError(503, f"processing failed: unsupported conversion: from {api} to this provider")
    if not isinstance(payload, dict):
        raise ProxyError(503, "processing failed: missing field: request must be an object")
    _complete(payload, _ASKED[api], "request")
    return payload


def check(api: str, body: bytes) -> None:
    """Whether a successful answer is one of the API. Raises ProxyError 503 when it is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProxyError(503, "processing failed: failed to parse response: expected value") from error
    if not isinstance(answer, Mapping):
        raise ProxyError(503, "processing failed: failed to parse response: invalid type, expected struct Response")
    _complete(answer, _ANSWERED.get(api, []), "response")


def _complete(payload: Mapping[str, Any], fields: list[str], what: str) -> None:
    for field in fields:
        if field not in payload:
            raise ProxyError(503, f"processing failed: failed to parse {what}: missing field `{field}`")
