"""Tests of mock_providers."""
