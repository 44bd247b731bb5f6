"""Tests of conformance.certify."""
