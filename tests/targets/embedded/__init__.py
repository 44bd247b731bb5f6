"""Tests of the embedded target."""
