"""Tests of conformance.core."""
