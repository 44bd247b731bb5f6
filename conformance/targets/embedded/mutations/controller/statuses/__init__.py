"""Defects in what is told."""
