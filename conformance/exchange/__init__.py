"""One request and what is said of it: messages, client, the oracle, expectations."""
