"""One connection of a lookalike, from its first byte to the end of its last request."""
