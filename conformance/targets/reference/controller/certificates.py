"""Authorities in ConfigMaps, as policies and Backends refer to them."""

from __future__ import annotations

from cryptography import x509

from conformance.manifests.schemas.kinds import CONFIG_MAP
from conformance.targets.reference.controller.view import Objects, dig

__all__ = ["read_config_map"]


def read_config_map(objects: Objects, namespace: str, name: str) -> tuple[str, str]:
    """(PEM text of a ConfigMap's ca.crt, what is wrong with it in agentgateway's words)."""
    config_map = objects.peek(CONFIG_MAP, namespace, name)
    if config_map is None:
        return "", f"ConfigMap {namespace}/{name} not found"
    pem = dig(config_map, "data", "ca.crt")
    if not isinstance(pem, str):
        return "", f"ConfigMap {namespace}/{name}: ca.crt key missing"
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return "", f"invalid ca.crt in ConfigMap {namespace}/{name}: no PEM certificates"
    return pem, ""
