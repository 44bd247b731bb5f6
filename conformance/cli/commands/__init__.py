"""What each command of `agw-conformance` does, one module each."""
