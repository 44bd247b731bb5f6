"""Defects in the body of what goes up."""
