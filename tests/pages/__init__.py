"""Tests of conformance.pages."""
