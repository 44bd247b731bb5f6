"""Provider facts: the files that tell them, and the providers that the suite knows."""
