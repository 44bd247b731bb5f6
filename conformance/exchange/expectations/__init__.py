"""Statements about an exchange, each able to say what was expected and what was seen."""
