"""When a process that a test has started is taken to hang: far beyond what a machine with other work needs."""

from __future__ import annotations

__all__ = ["HANGS"]

HANGS = 300.0
"""Seconds."""
