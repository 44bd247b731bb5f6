"""Tests of the cluster target."""
