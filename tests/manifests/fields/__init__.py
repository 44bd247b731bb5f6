"""Tests of conformance.manifests.fields."""
