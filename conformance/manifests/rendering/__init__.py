"""What tools make of a repository's files before they reach a cluster: Kustomize, Helm, and who deploys by Git."""
