"""Proving the cases: a gateway with one defect at a time, played to the cases that must notice it."""
