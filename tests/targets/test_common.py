"""A gateway's log as a target keeps it."""

from __future__ import annotations

from conformance.core.redaction import register_key
from conformance.targets.common import GatewayLog


def test_a_line_with_a_key_is_kept_redacted_and_remembered_as_a_leak() -> None:
    register_key("logged-key", "sk-logged-0123456789")
    log = GatewayLog()
    log.add("GET /a: route a")
    log.add("POST /a: authorization: Bearer sk-logged-0123456789")
    assert log.lines == ["GET /a: route a", "POST /a: authorization: Bearer <logged-key>"]
    assert log.leaks == log.lines[1:]


def test_beyond_its_limit_a_log_keeps_leaks_only() -> None:
    register_key("logged-key", "sk-logged-0123456789")
    log = GatewayLog(most_lines=1)
    for line in ("one", "two", "sk-logged-0123456789"):
        log.add(line)
    assert log.lines == ["one"]
    assert log.leaks == ["<logged-key>"]
