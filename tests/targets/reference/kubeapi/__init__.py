"""Tests of the Kubernetes API endpoint."""
