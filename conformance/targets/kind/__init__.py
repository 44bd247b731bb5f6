"""The kind target: a cluster in Docker, with a real gateway installed in it."""
