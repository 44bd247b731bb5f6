"""The version of the suite; reports name it."""

__version__ = "0.1.0"
