"""What a vendor does: the answers of a lookalike."""
