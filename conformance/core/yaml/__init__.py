"""YAML as Kubernetes reads it, with the place of every field, and written fast."""
