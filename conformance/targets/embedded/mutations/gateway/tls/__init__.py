"""Defects in TLS and in connections."""
