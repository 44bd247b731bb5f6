"""The embedded target: a small Kubernetes API endpoint, its admission, a controller and the reference gateway."""
