"""The fix finder: the smallest change of the manifests with which everything passes."""
