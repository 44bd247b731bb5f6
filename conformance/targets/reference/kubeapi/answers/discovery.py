"""Discovery: which groups, versions and resources there are, in the plain and in the aggregated (v2) form."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from conformance.manifests.schemas.kinds import KINDS, Kind
from conformance.targets.reference.kubeapi.jsontree import Json

__all__ = ["AGGREGATED_TYPE", "VERSION", "Discovery", "api_versions"]

AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_STATUS_VERBS = ["get", "patch", "update"]

VERSION: Json = {
    # A release that kubectl from 1.30 on talks to; nothing here depends on it.
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.0+agw-conformance",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "python",
    "platform": "any",
}


class Discovery:
    """What is served: every kind in all its versions but the (kind, version)s of `without`."""

    def __init__(self, without: Collection[tuple[str, str]] = ()) -> None:
        self._kinds = [
            (kind, tuple(version for version in kind.versions if (kind.kind, version) not in without)) for kind in KINDS
        ]
        # group -> version -> kinds; the first version of a group is its preferred one.
        self._versions: dict[str, dict[str, list[Kind]]] = {}
        for preferred in (True, False):
            for kind, versions in self._kinds:
                for version in versions:
                    if (version == kind.version) is preferred:
                        self._versions.setdefault(kind.group, {}).setdefault(version, []).append(kind)

    def served(self) -> Mapping[tuple[str, str, str], Kind]:
        """Every kind by (group, version, plural)."""
        return {(kind.group, version, kind.plural): kind for kind, versions in self._kinds for version in versions}

    def group_versions(self) -> list[tuple[str, str]]:
        """Every (group, version) served."""
        return [(name, version) for name, versions in self._versions.items() for version in versions]

    def groups(self) -> Json:
        """`GET /apis`."""
        found = [self._group(name) for name in self._versions if name]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}

    def group(self, name: str) -> Json | None:
        """`GET /apis/GROUP`; None when there is no such group."""
        if not name or name not in self._versions:
            return None
        return {"kind": "APIGroup", "apiVersion": "v1", **self._group(name)}

    def _group(self, name: str) -> Json:
        versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in self._versions[name]]
        return {"name": name, "versions": versions, "preferredVersion": versions[0]}

    def resource_list(self, name: str, version: str) -> Json | None:
        """`GET /api/v1` and `GET /apis/GROUP/VERSION`; None when it is not served."""
        kinds = self._versions.get(name, {}).get(version)
        if kinds is None:
            return None
        resources = [resource for kind in kinds for resource in _resources(kind)]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{name}/{version}" if name else version,
            "resources": resources,
        }

    def aggregated(self, *, core: bool) -> Json:
        """`GET /api` or `GET /apis` as apidiscovery.k8s.io/v2 APIGroupDiscoveryList."""
        items = [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {
                        "version": version,
                        "resources": [_aggregated(kind, version) for kind in kinds],
                        "freshness": "Current",
                    }
                    for version, kinds in versions.items()
                ],
            }
            for name, versions in self._versions.items()
            if (not name) is core
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def api_versions() -> Json:
    """`GET /api`."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def _resources(kind: Kind) -> list[Json]:
    main: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": _VERBS,
    }
    if kind.short_names:
        main["shortNames"] = list(kind.short_names)
    if kind.categories:
        main["categories"] = list(kind.categories)
    if not kind.has_status:
        return [main]
    status = {
        "name": f"{kind.plural}/status",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": _STATUS_VERBS,
    }
    return [main, status]


def _aggregated(kind: Kind, version: str) -> Json:
    response = {"group": kind.group, "version": version, "kind": kind.kind}
    resource: Json = {
        "resource": kind.plural,
        "responseKind": response,
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": _VERBS,
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
    }
    if kind.has_status:
        status = {"subresource": "status", "responseKind": response, "verbs": _STATUS_VERBS}
        resource["subresources"] = [status]
    return resource
