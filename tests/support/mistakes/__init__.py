"""Mistakes that static checks find, each as a change of good manifests."""
