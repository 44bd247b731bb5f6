"""Which case a gateway with a defect fails, and what the output then says of the cause."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAUGHT", "Caught"]


@dataclass(frozen=True)
class Caught:
    """A mutant, the case that catches it, and a part of the cause that is named."""

    mutant: str
    case: str
    cause: str
    dialect: str = "kgateway-2.1"


CAUGHT: tuple[Caught, ...] = (
    Caught("stream-model-kept", "streaming/model-path-and-key", "the Backend's model did not override the client's"),
    Caught("stream-piece-behind", "streaming/no-piece-held-back", "keeps a piece of the stream back until"),
    Caught("stream-characters-broken", "streaming/cut-anywhere", "broke a character that came in two pieces"),
    Caught("stream-last-line-lost", "streaming/cut-anywhere", "did not pass on the stream's end, data: [DONE]"),
    Caught("stream-events-cut", "streaming/cut-anywhere", "the gateway changed the stream"),
    Caught("stream-errors-dropped", "streaming/error-event-passes", "the gateway changed the provider's answer"),
    Caught("stream-json-dropped", "streaming/json-instead-of-stream", "the gateway changed the provider's answer"),
    Caught("rare-status-changed", "errors/unusual-status-passes", "the provider answered 529, but the client got 500"),
    Caught("trust-on-first-use", "tls/verified-on-every-connection", "did not verify the certificate's name"),
    Caught("wildcard-any-depth", "tls/wildcard-is-one-label", "did not verify the certificate's name against"),
    Caught("first-authority-only", "tls/every-authority-trusted", "does not trust each of the 2 authorities"),
    Caught("last-authority-only", "tls/every-authority-trusted", "does not trust each of the 2 authorities"),
    Caught("uri-names-ignored", "tls/alternative-name-accepted", "a certificate for one of the alternative names"),
    Caught("connection-first-token", "auth/hop-by-hop-kept-back", "sent a header X-For-One-Hop to the provider"),
    Caught("connection-first-line", "auth/hop-by-hop-kept-back", "sent a header X-For-One-Hop to the provider"),
    Caught("closed-connection-reused", "errors/idle-connection-closed", "connection closed before message completed"),
    Caught("repeated-headers-joined", "body/repeated-headers-stay-apart", "response header set-cookie"),
    Caught("port-lost-by-number", "host/keeps-unusual-port", "left the port out of Host, which is not the usual one"),
    Caught("request-retried", "errors/sent-once", "the gateway sent the request 2 times"),
)
