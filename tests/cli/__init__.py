"""Tests of conformance.cli."""
