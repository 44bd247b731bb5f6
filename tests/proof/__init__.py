"""Tests of conformance.proof."""
