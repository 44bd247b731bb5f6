"""The reference implementation that local targets serve: Kubernetes API endpoint, controller, gateway."""
