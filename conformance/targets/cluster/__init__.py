"""The cluster target: a gateway that stands in a cluster of somebody else's."""
