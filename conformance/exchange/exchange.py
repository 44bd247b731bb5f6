"""The exchange: one client request, what arrived upstream because of it, and the client's response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from conformance.core.startup.records import dataclass
from conformance.exchange.messages import ClientRequest, ClientResponse

if TYPE_CHECKING:
    from conformance.exchange.oracle.upstream import Expected
    from mock_providers.journal import ConnectionSeen, RequestSeen

__all__ = ["Exchange", "MissingEvidence"]


class MissingEvidence(LookupError):  # a kind of failure of the gateway, not an error of the case that asks
    """What a case looks at did not come about."""

    def __init__(self, message: str, exchange: Exchange) -> None:
        super().__init__(message)
        self.exchange = exchange


@dataclass(frozen=True)
class Exchange:
    """The unit of evidence.

    `arrivals` are the requests that the lookalikes saw for it, without those that are copies by a RequestMirror filter,
    which stand in `copies`; `connections` those opened to the scenario's
    lookalikes while it went on (also the ones that failed before HTTP), `gateway_log` the gateway's lines of
    that moment.
    """

    request: ClientRequest
    response: ClientResponse
    arrivals: Sequence[RequestSeen]
    connections: Sequence[ConnectionSeen]
    expected: Expected
    gateway_log: Sequence[str] = field(default=())
    began: float = 0.0
    seconds: float = 0.0
    copies: Sequence[RequestSeen] = field(default=())

    @property
    def arrival(self) -> RequestSeen:
        """The one request that arrived. Raises MissingEvidence when none or several did."""
        if len(self.arrivals) != 1:
            raise MissingEvidence(f"{len(self.arrivals)} requests arrived upstream", self)
        return self.arrivals[0]
