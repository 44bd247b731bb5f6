"""The cluster target's options: which Gateway stands where, and what a run may do there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from conformance.core.problems import InputProblem
from conformance.core.startup.records import dataclass
from conformance.stage.settings import TargetOptions, options_again
from conformance.targets.clustered.lookalikes_image import LOOKALIKES_IMAGE, OPTION
from conformance.targets.declaration import Option

__all__ = ["DNS_NOT_CHANGED", "OPTIONS", "ClusterOptions", "place", "read"]

DNS_NOT_CHANGED = "cluster DNS is not changed (--allow-dns-change)"
"""How the reason begins for every case that is left out because of it."""

OPTIONS = (
    Option("--gateway", "the Gateway to test, which is never changed (default: the documented one)", "NAMESPACE/NAME"),
    Option(
        "--gateway-url", "how we reach it (default: a port-forward to one of its pods through the cluster's API)", "URL"
    ),
    Option(
        "--ca-secret",
        "a Secret with tls.crt and tls.key of an authority that the gateway trusts, to sign lookalikes' certificates"
        " (default: a new one; when the gateway does not trust it, the run says what to do)",
        "NAMESPACE/NAME",
    ),
    Option(
        "--allow-dns-change",
        "let cluster DNS (CoreDNS in kube-system) answer the providers' names, and those below the same parent"
        " domains, with lookalikes while the run lasts; without it manifests get in-cluster names",
        metavar=None,
    ),
    OPTION,
)


@dataclass(frozen=True)
class ClusterOptions(TargetOptions):
    """Which cluster and Gateway, how it is reached, and what the run may do there."""

    target: ClassVar[str] = "cluster"
    image: str = LOOKALIKES_IMAGE
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
    def literal(self) -> bool:
        """Only where names are the run's to give."""
        return self.allow_dns_change

    @property
    def withheld(self) -> str:
        """The change of DNS."""
        return "" if self.allow_dns_change else DNS_NOT_CHANGED

    @property
    def network(self) -> str:
        """What names lead where."""
        if self.allow_dns_change:
            return "cluster DNS leads the documented hosts to lookalikes while the run lasts"
        return (
            f"{DNS_NOT_CHANGED}; Services' names stand for the documented hosts, and cases that need others are left"
            " out, as the summary lists"
        )

    def again(self, *, elsewhere: bool = False) -> list[str]:
        """The options that say so."""
        given = {
            "--kubeconfig": str(self.kubeconfig) if self.kubeconfig else None,
            "--gateway": self.gateway and "/".join(self.gateway),
            "--gateway-url": self.url,
            "--ca-secret": self.ca_secret and "/".join(self.ca_secret),
        }
        return [*options_again(given), *(["--allow-dns-change"] if self.allow_dns_change else [])]


def read(values: Mapping[str, Any]) -> ClusterOptions:
    """What the options say, and --kubeconfig, which is pytest-kind's. Raises InputProblem."""
    url, kubeconfig = values["gateway_url"], values["kubeconfig"]
    if url is not None and not re.fullmatch(r"http://[^/?#@]+/?", url):
        raise InputProblem(f"--gateway-url {url}: not usable", remedy="give http://HOST or http://HOST:PORT")
    if kubeconfig and not Path(kubeconfig).is_file():
        raise InputProblem(f"--kubeconfig {kubeconfig}: no such file", remedy="give a kubeconfig")
    return ClusterOptions(
        image=values["lookalikes_image"] or LOOKALIKES_IMAGE,
        kubeconfig=Path(kubeconfig) if kubeconfig else None,
        gateway=place(values["gateway"], "--gateway") if values["gateway"] else None,
        url=url,
        allow_dns_change=values["allow_dns_change"],
        ca_secret=place(values["ca_secret"], "--ca-secret") if values["ca_secret"] else None,
    )


def place(text: str, flag: str) -> tuple[str, str]:
    """What `NAMESPACE/NAME` says. Raises InputProblem for anything else."""
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise InputProblem(f"{flag} {text}: not usable", remedy="give NAMESPACE/NAME")
    return namespace, name
