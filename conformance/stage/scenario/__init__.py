"""Scenarios: the manifests of a provider, and what a case changes of them."""
