"""What is unsafe or wrong about one exchange, the worst first."""

from __future__ import annotations

from enum import StrEnum

from conformance.exchange.exchange import Exchange
from conformance.stage.stage import Stage

__all__ = ["Fault", "fault_of"]


class Fault(StrEnum):
    """What became of a request otherwise than the objects say."""

    PLAINTEXT = "in plaintext"
    WRONG_PROVIDER = "to another provider"
    OLD_KEY = "with another key"
    WITHOUT_KEY = "without key"
    STALE = "as before"
    FAILED = "failed"


def fault_of(stage: Stage, exchange: Exchange) -> Fault | None:
    """Its worst fault by what the objects say as it ends; None: it has none.

    That a provider is reached in plaintext is one whatever they say: between two steps of a set-up they may say so.
    """
    expected = exchange.expected
    arrivals = exchange.arrivals
    connections = [*exchange.connections, *(one.connection for one in arrivals)]
    if stage.provider.tls and any(one.kind == "plaintext-on-tls-port" for one in connections):
        return Fault.PLAINTEXT
    if expected.answer is not None:
        return Fault.STALE if arrivals else None
    for one in arrivals:
        if (one.connection.host, one.connection.port) != (expected.host, expected.port):
            return Fault.WRONG_PROVIDER
        if expected.credential is not None:
            name, value = expected.credential
            if (values := one.values(name)) != [value]:
                return Fault.OLD_KEY if values else Fault.WITHOUT_KEY
        model = one.json().get("model")
        if one.target != expected.target or (expected.model is not None and model != expected.model):
            return Fault.STALE
    return None if exchange.response.status == 200 else Fault.FAILED
