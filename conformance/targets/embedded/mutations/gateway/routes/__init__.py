"""Defects in which route a request goes by, and in what its filters do."""
