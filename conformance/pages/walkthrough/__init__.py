"""A page carried out on a target, step by step."""
