"""Tests of the standalone target."""
