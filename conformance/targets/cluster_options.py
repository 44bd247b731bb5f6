"""What the options of the cluster target come to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DNS_NOT_CHANGED", "ClusterOptions"]

DNS_NOT_CHANGED = "cluster DNS is not changed (--allow-dns-change)"
"""How the reason begins for every case that is left out because of it."""


@dataclass(frozen=True)
class ClusterOptions:
    """Which cluster and Gateway, how it is reached, and what the run may do there."""

    image: str
    # None: what kubectl would take.
    kubeconfig: Path | None = None
    # Namespace and name; None: the documented one of the dialect.
    gateway: tuple[str, str] | None = None
    # None: by a port-forward to one of its pods.
    url: str | None = None
    allow_dns_change: bool = False
    # Namespace and name of a Secret with an authority that the gateway trusts.
    ca_secret: tuple[str, str] | None = None

    @property
    def again(self) -> list[str]:
        """The options that say so."""
        given = {
            "--kubeconfig": self.kubeconfig and str(self.kubeconfig),
            "--gateway": self.gateway and "/".join(self.gateway),
            "--gateway-url": self.url,
            "--ca-secret": self.ca_secret and "/".join(self.ca_secret),
        }
        options = [part for flag, value in given.items() if value for part in (flag, value)]
        return [*options, *(["--allow-dns-change"] if self.allow_dns_change else [])]
