"""Objects whose apiVersion or kind is nearly one of ours: to leave them out would hide the mistake."""

from __future__ import annotations

import difflib

from conformance.core.yaml.located import Document
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.manifests.dialects.gateway_api import GROUP
from conformance.manifests.objects import BACKEND_KINDS, OURS, Manifest
from conformance.manifests.secrets import is_near, meant_as_secret

__all__ = ["check_head"]

_GROUPS = {
    **dict.fromkeys(OURS, (GROUP,)),
    **dict.fromkeys(("Secret", "ConfigMap", "Namespace"), ("",)),
    **dict.fromkeys(BACKEND_KINDS, tuple(dialect_named(name).BACKEND_GROUP for name in DIALECTS)),
}
# BackendLBPolicy was a kind of the Gateway API, too, and is less like BackendTLSPolicy.
_LIKE = 0.92


def check_head(document: Document) -> None:
    """Whether an object, whose apiVersion and kind are texts, is none of ours by a slip only; `kubectl` refuses it.

    Raises InputProblem for a misspelt kind of an API group that has the right one, and for a Secret whose apiVersion
    or kind no API has.
    """
    one = Manifest(document.data, document)
    secret = _is_secret(one)
    meant = "Secret" if secret else _kind_like(one)
    if one.kind != meant:
        of = one.group or "the core group"
        raise one.problem(f"{of} has no kind {one.kind}", "kind", remedy=f"write kind: {meant}")
    if secret and one.api_version != "v1":
        raise one.problem(f"a Secret is of v1, not of {one.api_version}", "apiVersion", remedy="write apiVersion: v1")


def _kind_like(one: Manifest) -> str:
    """The kind of its API group that its own is, or nearly; else its own."""
    kinds = {kind.lower(): kind for kind in OURS if one.group in _GROUPS[kind]}
    near = difflib.get_close_matches(one.kind.lower(), kinds, 1, _LIKE) if one.kind not in kinds.values() else []
    return kinds[near[0]] if near else one.kind


def _is_secret(one: Manifest) -> bool:
    """Whether it was meant to be a Secret; objects of others may be called so, too, and say in a spec what they do."""
    if "spec" in one.data or not is_near(one.kind, "secret") or not meant_as_secret(one.data):
        return False
    holds = any(field in one.data for field in ("data", "stringData"))
    return "." not in one.group or (holds and one.kind.lower() in ("secret", "secrets"))
