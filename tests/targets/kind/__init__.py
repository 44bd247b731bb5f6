"""Tests of the kind target."""
