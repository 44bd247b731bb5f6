"""Documented hosts under names that a cluster has by itself, and documented manifests beside another Gateway."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import Any

from conformance.core.addresses import is_address
from conformance.core.startup.records import dataclass
from conformance.manifests.dialects import dialect_of
from conformance.manifests.dialects.dialect import GatewayPlace
from conformance.manifests.objects import BACKEND, ManifestSet
from conformance.stage.scenario.draft import rename_host
from conformance.stage.scenario.profile import Profile

__all__ = ["ServiceNames", "beside", "rehosted"]

_LONGEST_LABEL = 63  # RFC 1035


@dataclass(frozen=True)
class ServiceNames:
    """Services of one namespace as hosts: `SERVICE.NAMESPACE.svc.cluster.local`, with the cluster's own domain.

    `run` is a part of each Service's name: a gateway remembers for a while that the names of the last run are gone.
    """

    namespace: str
    domain: str = "cluster.local"
    run: str = ""

    @property
    def suffix(self) -> str:
        """What all names end with."""
        return f".{self.namespace}.svc.{self.domain}"

    def host(self, documented: str) -> str:
        """The name for a documented host; of a name that is one already, itself."""
        if self.is_one(documented):
            return documented
        label = re.sub(r"[^a-z0-9-]", "-", documented.lower())
        if not label[:1].isalpha():
            label = f"host-{label}"
        end = f"-{self.run}" if self.run else ""
        if len(label) + len(end) > _LONGEST_LABEL:
            digest = hashlib.sha256(label.encode()).hexdigest()[:10]
            label = f"{label[: _LONGEST_LABEL - len(end) - 11]}-{digest}"
        return f"{label.strip('-')}{end}{self.suffix}"

    def is_one(self, host: str) -> bool:
        """Whether a host is such a name, so that it leads to a Service of ours or nowhere; DNS minds no case."""
        host = host.lower()
        return host.endswith(self.suffix) and "." not in host.removesuffix(self.suffix)

    def service(self, host: str) -> str:
        """The Service that such a name means."""
        return host.lower().removesuffix(self.suffix)


def rehosted(profile: Profile, names: ServiceNames) -> Profile:
    """A profile whose hosts, wherever its manifests name them, are Services; ports stay as documented.

    Addresses and missing hosts stay, for there is no name to replace.
    """
    manifests = profile.manifests.copy()
    dialect = dialect_of(manifests)
    for backend in manifests.of_kind(BACKEND):
        for llm in dialect.raw_llms(backend.data):
            host = llm.get("host")
            if isinstance(host, str) and host and not is_address(host):
                llm["host"] = names.host(host)
                rename_host(manifests, host, llm["host"])
    facts = dataclasses.replace(profile.provider, host=names.host(profile.provider.host))
    return dataclasses.replace(profile, provider=facts, manifests=manifests)


def beside(profile: Profile, documented: GatewayPlace, namespace: str, name: str) -> Profile:
    """A profile for another Gateway than the documented one: it names that, and everything is in its namespace."""
    if (documented.namespace, documented.name) == (namespace, name):
        return profile
    manifests = profile.manifests.copy()
    for manifest in manifests:
        for parent in manifest.spec.get("parentRefs") or ():
            if parent["name"] == documented.name:
                parent["name"] = name
        _move(manifest.data, documented.namespace, namespace)
    return dataclasses.replace(profile, manifests=ManifestSet(manifests))


def _move(node: Any, old: str, new: str) -> None:
    if isinstance(node, list):
        for item in node:
            _move(item, old, new)
    elif isinstance(node, dict):
        if node.get("namespace") == old:
            node["namespace"] = new
        for value in node.values():
            _move(value, old, new)
