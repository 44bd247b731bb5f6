"""Hosts that are written as absolute names."""

from __future__ import annotations

import pytest

from conformance.core.addresses import without_root


@pytest.mark.parametrize(
    ("host", "name"),
    [("api.mistral.ai.", "api.mistral.ai"), ("api.mistral.ai", "api.mistral.ai"), (".", "."), ("a..", "a.."), ("", "")],
)
def test_a_dot_at_the_end_of_a_name_is_its_root(host: str, name: str) -> None:
    assert without_root(host) == name
