"""Tests of conformance.manifests."""
