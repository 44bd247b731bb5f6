"""What a run on the cluster target may do, as objects for the cluster: a ServiceAccount with just these rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.manifests.dialects import dialect_named
from conformance.targets.cluster.places import LOOKALIKES_NAMESPACE, NAMESPACES, MadeKind, places

__all__ = ["ACCOUNT", "rights"]

ACCOUNT = "agw-conformance"
"""The name of the ServiceAccount and of all roles."""

_GATEWAY_API = "gateway.networking.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_READ = ("get", "list", "watch")
_MAKE = (*_READ, "create", "patch", "delete", "deletecollection")
# The forwarding is a websocket: a GET, which newer clusters let only those do who may create.
_FORWARD = ("get", "create")

Object = dict[str, Any]


def rights(
    dialect: str,
    gateway: str,
    account_namespace: str = LOOKALIKES_NAMESPACE,
    *,
    allow_dns_change: bool = False,
    ca_secret: tuple[str, str] | None = None,
) -> list[Object]:
    """Namespaces, ServiceAccount, roles and bindings, in the order in which they are to be applied.

    `gateway` is the Gateway's namespace. Secrets can be read in no namespace but that and our own.
    """
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": account_namespace}
    by_namespace = {
        namespace: _in_namespace(kinds, namespace, gateway) for namespace, kinds in places(dialect, gateway).items()
    }
    if allow_dns_change:
        by_namespace["kube-system"] = _cluster_dns()
    if ca_secret is not None and ca_secret[0] != gateway:
        by_namespace.setdefault(ca_secret[0], []).append(_rule("", ["secrets"], ["get"], [ca_secret[1]]))
    return [
        *(_object("v1", "Namespace", name) for name in NAMESPACES),
        _object("v1", "ServiceAccount", ACCOUNT, account_namespace),
        *_bound("ClusterRole", None, _everywhere(dialect), subject),
        *(one for place, rules in by_namespace.items() for one in _bound("Role", place, rules, subject)),
    ]


def _everywhere(dialect: str) -> list[Object]:
    """Statuses are awaited by one watch over all namespaces; nothing can be changed so, and no Secret read."""
    known = dialect_named(dialect)
    return [
        _rule("", ["namespaces"], ["get", "list"]),
        _rule(_GATEWAY_API, ["gatewayclasses", "gateways", "httproutes", "backendtlspolicies"], _READ),
        _rule(known.BACKEND_GROUP, [f"{known.BACKEND_KIND.lower()}s"], _READ),
    ]


def _in_namespace(kinds: Iterable[MadeKind], namespace: str, gateway: str) -> list[Object]:
    groups: dict[str, list[str]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind.plural)
    rules = [_rule(group, resources, _MAKE) for group, resources in groups.items()]
    rules.append(_rule("", ["events"], ["list"]))
    if namespace in (gateway, LOOKALIKES_NAMESPACE):
        rules += [_rule("", ["pods"], ["list"]), _rule("", ["pods/portforward"], _FORWARD)]
    if namespace == gateway:
        # Logs as evidence, and to see that no key is in them; the Service says which port leads to the pods.
        rules += [_rule("", ["pods/log"], ["get"]), _rule("", ["services"], ["list"])]
    return rules


def _cluster_dns() -> list[Object]:
    return [
        _rule("", ["configmaps"], ["get", "patch"], ["coredns"]),
        _rule("apps", ["deployments"], (*_READ, "patch"), ["coredns"]),
        _rule("", ["pods"], ["list"]),
    ]


def _rule(group: str, resources: Iterable[str], verbs: Iterable[str], names: Iterable[str] = ()) -> Object:
    rule: Object = {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
    return {**rule, "resourceNames": list(names)} if names else rule


def _bound(kind: str, namespace: str | None, rules: list[Object], subject: Object) -> list[Object]:
    role = {**_object(f"{_RBAC}/v1", kind, ACCOUNT, namespace), "rules": rules}
    binding = _object(f"{_RBAC}/v1", f"{kind}Binding", ACCOUNT, namespace)
    return [role, {**binding, "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": ACCOUNT}, "subjects": [subject]}]


def _object(api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
