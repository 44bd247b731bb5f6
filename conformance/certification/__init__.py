"""Certifying manifests as they were given: reading, checks, exchanges, verdict."""
