"""Reports that were kept."""
