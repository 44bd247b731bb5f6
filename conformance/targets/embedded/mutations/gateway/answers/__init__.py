"""Defects in what comes back."""
