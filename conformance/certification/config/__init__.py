"""What a repository says of its manifests in `.agw-conformance.yaml`: groups, versions, what is accepted and why."""
