"""What a request says: its options, selectors, patches and bodies."""
