"""Probable causes: what in the manifests or in the gateway explains a statement that does not hold."""
