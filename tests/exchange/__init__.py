"""Tests of conformance.exchange."""
