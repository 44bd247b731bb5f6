"""Where documented hosts lead: in a network of the run's own, and elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.core.providers.shipped import load_provider
from conformance.stage.lookalikes import Attachment
from conformance.targets.standalone import target as module
from conformance.targets.standalone.binary import Binary
from conformance.targets.standalone.target import StandaloneTarget
from tests.support.standalone import fake


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are made this machine's."""
    found: list[str] = []
    monkeypatch.setattr(module, "inside", lambda: True)
    monkeypatch.setattr(module, "take_address", found.append)
    return found


@pytest.mark.parametrize(
    ("host", "address", "own"),
    [
        ("llm.nimbus.example", "127.64.0.1", []),
        ("192.0.2.7", "192.0.2.7", ["192.0.2.7"]),
        ("2001:db8::10", "127.64.0.1", []),  # no file can say it, and what stands there must not end the run
    ],
)
def test_address(taken: list[str], host: str, address: str, own: list[str]) -> None:
    target = StandaloneTarget(Binary("agentgateway", "1.4.1"))
    prepared = target._prepared(Attachment(host, 443, load_provider("mistral")))
    assert (prepared.bind, prepared.bind_port, taken) == (address, 443, own)


async def test_a_lookalike_that_moved_is_where_the_gateway_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network of the run's own, one that is put up again has another port; it was dialled too early."""
    monkeypatch.setattr(module, "inside", lambda: False)
    target = StandaloneTarget(Binary(fake(tmp_path), "1.4.1"))
    await target.start()
    try:
        known: list[str] = []
        for _ in range(2):
            await target.attach([Attachment("llm.nimbus.example", 443, load_provider("mistral"))])
            known.append(target._place("llm.nimbus.example", 443))
            assert target._proxy._answered == target._proxy._generation
        assert known[0] != known[1]
    finally:
        await target.stop()
