"""The embedded target: the reference implementation in this process, with mutants of each of its parts."""
