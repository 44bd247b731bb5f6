"""How fast the suite is, as ratios measured in one run: `make bench`."""
