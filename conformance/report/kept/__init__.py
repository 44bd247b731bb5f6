"""Reports that were kept: read again, checked, merged."""
