"""Tests of reading what is to be certified."""
