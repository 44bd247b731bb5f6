"""What a repository says of its manifests, and what certify makes of it."""
