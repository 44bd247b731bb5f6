"""Probes: what the reference gateway and controller do, and each mutant of theirs does not."""
