"""Defects in the head of what goes up."""
