"""What must arrive upstream for a request under given manifests; shares no code with the reference gateway."""
