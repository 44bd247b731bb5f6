"""Verdicts to files and to the terminal; reports read the verdict and recompute nothing."""
