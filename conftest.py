"""Loads the plugin in a checkout; an installed package does it by its entry point."""

pytest_plugins = ["conformance.plugin"]
