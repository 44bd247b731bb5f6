"""The vendors' own clients through a gateway: `make clients` installs them."""
