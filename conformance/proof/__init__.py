"""Proving the cases: the reference with one defect at a time, played to the cases that must notice it."""
