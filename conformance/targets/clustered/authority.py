"""The lookalikes' authority of a cluster that is kept: its gateway trusts it already, and needs no restart."""

from __future__ import annotations

import base64

from conformance.stage.arrangement.kube import Kubernetes
from mock_providers.identities import Authority

__all__ = ["AUTHORITY_KEY", "AUTHORITY_SECRET", "kept_authority"]

AUTHORITY_SECRET = "lookalikes-authority"
AUTHORITY_KEY = "authority"


async def kept_authority(kubernetes: Kubernetes, namespace: str) -> Authority:
    """The authority of an earlier run, from its Secret; else a new one, which is written there."""
    found = await kubernetes.get("v1", "Secret", namespace, AUTHORITY_SECRET)
    if found is not None:
        try:
            return Authority.restore(base64.b64decode(found["data"][AUTHORITY_KEY]).decode())
        except (KeyError, ValueError):
            # Somebody changed it: a new one is as good.
            await kubernetes.delete(found)
    authority = Authority()
    await kubernetes.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": AUTHORITY_SECRET, "namespace": namespace},
            "stringData": {AUTHORITY_KEY: authority.store()},
        }
    )
    return authority
