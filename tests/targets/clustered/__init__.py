"""Tests of what both targets in clusters share."""
