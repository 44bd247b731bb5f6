"""What everything stands on and what knows no Kubernetes: problems, keys, YAML with places, provider facts, waits."""
