"""The defects that are put into the reference on purpose, by what they spoil."""
