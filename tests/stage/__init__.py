"""Tests of conformance.stage."""
