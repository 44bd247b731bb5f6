"""Systems under test with what is around them, behind one protocol."""
