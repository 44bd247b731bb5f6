"""Tests of conformance.cases."""
