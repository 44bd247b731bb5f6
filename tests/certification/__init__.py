"""Tests of conformance.certification."""
