"""Defects of the gateway: how it routes, what it sends up, and how it answers."""
