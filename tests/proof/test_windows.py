"""Windows: what is wrong with one request, what is counted, and that the reference follows at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.cli import main
from conformance.core.problems import ExitCode
from conformance.exchange.exchange import Exchange
from conformance.exchange.oracle.upstream import Expected, GatewayAnswer
from conformance.proof.windows.faults import Fault, fault_of
from conformance.proof.windows.kinds import KINDS
from conformance.proof.windows.measuring import IN_A_ROW, Window, measured, table
from conformance.stage.scenario.profile import documented_profile
from conformance.stage.settings import Settings
from conformance.targets.embedded.options import EmbeddedOptions
from tests.support.exchanges import arrival, exchange, response

HERE = Expected(
    host="api.example.test", port=443, target="/v1", credential=("Authorization", "Bearer made-up"), model="m"
)
STAGE: Any = SimpleNamespace(provider=SimpleNamespace(tls=True))


def seen(status: int = 200, expected: Expected = HERE, **changes: Any) -> Exchange:
    """An exchange whose request arrived as it should, but for these changes."""
    headers = {"authorization": changes.pop("key", "Bearer made-up")}
    one = arrival({"model": changes.pop("model", "m")}, **{name: value for name, value in headers.items() if value})
    one = replace(one, target=changes.pop("target", "/v1"))
    connection = replace(one.connection, host=changes.pop("host", HERE.host), port=443, **changes)
    return exchange(response("{}", status), replace(one, connection=connection), expected=expected)


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (seen(), None),
        (seen(kind="plaintext-on-tls-port"), Fault.PLAINTEXT),
        (seen(host="other.example.test"), Fault.WRONG_PROVIDER),
        (seen(key="Bearer old"), Fault.OLD_KEY),
        (seen(key=""), Fault.WITHOUT_KEY),
        (seen(model="old"), Fault.STALE),
        (seen(target="/old"), Fault.STALE),
        (seen(expected=Expected(answer=GatewayAnswer(404, "no route"))), Fault.STALE),
        (exchange(response("", 404), expected=Expected(answer=GatewayAnswer(404, "no route"))), None),
        (exchange(response("", 503), expected=HERE), Fault.FAILED),
    ],
)
def test_fault(one: Exchange, fault: Fault | None) -> None:
    assert fault_of(STAGE, one) is fault


def test_what_is_counted() -> None:
    window = Window("a change", changes=1)
    for fault, after in ((Fault.STALE, 0.1), (None, 0.2), (Fault.STALE, 0.3), (Fault.FAILED, 0.05)):
        window.see(fault, after)
    assert window.as_data()["faults"] == {
        "as before": {"requests": 2, "longestMs": 300},
        "failed": {"requests": 1, "longestMs": 50},
    }
    assert list(table([window]))[1] == "  2 as before, the last 300 ms after a change"


async def test_a_key_is_followed() -> None:
    settings = Settings((documented_profile("mistral", "kgateway-2.1"),), EmbeddedOptions(), dialect="kgateway-2.1")
    (window,) = await measured(settings, "mistral", KINDS[:1], 2)
    assert window.changes == 2
    # One that begins as the API answers may still see the key before; what counts is that those behind it do not.
    assert window.requests - window.faults.total() >= 2 * IN_A_ROW


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "windows.json"
    assert main(["windows", "--changes", "1", "--report", str(report)]) == ExitCode.CONFORMANT
    assert [one["kind"] for one in json.loads(report.read_text(encoding="utf-8"))["windows"]] == [
        kind.name for kind in KINDS
    ]
    assert main(["windows", "--changes", "0"]) == ExitCode.BAD_INPUT
    assert main(["windows", "--agentgateway-bin", "x"]) == ExitCode.BAD_INPUT
    assert "must be 1 or more" in capsys.readouterr().err
