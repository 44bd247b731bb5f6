"""Gateways that routes name and that stand elsewhere: which are assumed, and which names are rather mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.manifests.input.reading import read_input
from tests.support.nimbus import NIMBUS


@pytest.mark.parametrize(
    ("name", "assumed"),
    [
        ("agentgateway-llm", True),  # a name with a word more is another one
        ("shared-agentgateway", True),
        ("agentgatewya", False),
        ("__GATEWAY_NAME__", False),  # nothing can be called so: the API endpoint would refuse the one made for it
    ],
)
def test_a_gateway_is_assumed_unless_its_name_is_a_mistake(tmp_path: Path, name: str, *, assumed: bool) -> None:
    parent = "  - name: agentgateway\n"
    assert NIMBUS.count(parent) == 1
    (tmp_path / "nimbus.yaml").write_text(NIMBUS.replace(parent, f"  - name: {name}\n"))
    given = read_input([str(tmp_path)], environment={"NIMBUS_API_KEY": "nk-Zirrus-4711"}, assume=True)
    assert (name in {one.name for one in given.gateways}) is assumed
