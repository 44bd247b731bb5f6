"""The small decisions in which controllers go wrong: what attaches, which credential, who may refer to whom."""
