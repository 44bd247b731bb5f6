"""Defects of the controller: what it makes of the objects, and what it says of them."""
