"""How the Backends of each control plane are translated."""
