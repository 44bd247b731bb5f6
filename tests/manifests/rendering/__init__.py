"""Tests of conformance.manifests.rendering."""
