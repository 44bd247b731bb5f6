"""The cases, one file an area of the catalogue."""
