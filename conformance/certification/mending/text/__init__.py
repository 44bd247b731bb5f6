"""Changes of a person's files that leave every other byte as it is."""
