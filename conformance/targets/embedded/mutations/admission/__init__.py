"""Defects in what the API endpoint takes and refuses."""
