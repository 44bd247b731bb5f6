"""The numbered lines of the catalogue of conformance cases, and why some have no case."""

from __future__ import annotations

__all__ = ["LEFT_OUT", "LINES"]

_AREAS = {
    "A": (1, 13),
    "B": (14, 30),
    "C": (31, 38),
    "D": (39, 45),
    "E": (46, 67),
    "F": (68, 74),
    "G": (75, 84),
    "H": (85, 90),
    "I": (91, 99),
    "J": (100, 112),
    "K": (113, 121),
    "L": (122, 130),
    "M": (131, 137),
    "N": (138, 143),
    "O": (144, 146),
    "P": (147, 166),
}

LINES = {number: letter for letter, (first, last) in _AREAS.items() for number in range(first, last + 1)}
"""Line number -> area letter."""

LEFT_OUT = {
    144: "a note of `agw-conformance docs`",
    145: "a note of `agw-conformance docs`",
    146: "a note of `agw-conformance docs`",
    162: "comes later",
}
