"""A gateway's log as it is kept: no line holds a key, and those that did are remembered as leaks."""

from __future__ import annotations

from conformance.redaction import redact

__all__ = ["GatewayLog"]


class GatewayLog:
    """Takes raw lines; keeps them redacted. `leaks` are the redacted lines that held a key as they were written."""

    def __init__(self, *, most_lines: int = 100_000) -> None:
        self._most_lines = most_lines
        self.lines: list[str] = []
        self.leaks: list[str] = []

    def add(self, line: str) -> None:
        """Keep one more line; beyond the limit only leaks are still kept."""
        shown = redact(line)
        if shown != line:
            self.leaks.append(shown)
        if len(self.lines) < self._most_lines:
            self.lines.append(shown)
