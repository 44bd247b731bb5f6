"""The writes of the API: from a request's body to the stored object, by way of admission and ownership."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conformance.manifests.schemas import Admission, FieldValidation, NotTyped
from conformance.manifests.schemas.kinds import NAMESPACE, SECRET, Kind
from conformance.targets.reference.kubeapi.contract import Options, ResourcePath, WriteResult
from conformance.targets.reference.kubeapi.jsontree import Json, now, without_nulls
from conformance.targets.reference.kubeapi.ownership import apply as ssa
from conformance.targets.reference.kubeapi.ownership.managers import (
    Manager,
    Writer,
    entries,
    managers_of,
    owned_fields,
    track_update,
)
from conformance.targets.reference.kubeapi.requests.patch import (
    PatchFailed,
    json_patch,
    merge_patch,
    strategic_merge_patch,
)
from conformance.targets.reference.kubeapi.status import (
    ApiError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    internal,
    not_found,
)
from conformance.targets.reference.kubeapi.store import Store

__all__ = ["PROTECTED_NAMESPACES", "Resources"]

PROTECTED_NAMESPACES = ("default", "kube-system")
"""Namespaces that the API server does not let anybody delete."""

# What an object's metadata can say; the rest of it is the server's business or unknown.
_METADATA = ("name", "generateName", "namespace", "labels", "annotations", "finalizers", "ownerReferences")


# No vowels and no look-alikes, as in k8s.io/apimachinery/pkg/util/rand.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Resources:
    """Creates, replaces, patches, applies and deletes objects of a store. Failures are ApiErrors or AdmissionErrors."""

    def __init__(self, store: Store, admission: Admission) -> None:
        self.store = store
        self.admission = admission
        self._schemas: dict[tuple[str, str], Mapping[str, Any]] = {}

    def schema(self, kind: Kind) -> Mapping[str, Any]:
        """The kind's OpenAPI schema."""
        if kind.key not in self._schemas:
            self._schemas[kind.key] = self.admission.openapi_schema(kind)
        return self._schemas[kind.key]

    def get(self, target: ResourcePath) -> Json:
        """The stored object, to be read only."""
        found = self.store.peek(target.kind, target.namespace, target.name)
        if found is None:
            raise not_found(target.kind, target.name)
        return found

    # ---- the verbs

    def create(self, target: ResourcePath, options: Options, body: Json) -> WriteResult:
        """POST."""
        new = self._identified(target, body)
        metadata = new["metadata"]
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = _generated(str(metadata["generateName"]))
        if metadata.get("resourceVersion"):
            raise internal("resourceVersion should not be set on objects to be created")
        new.pop("status", None)
        return self._finish(target, options, new, None, self._tracker(target, options, None, managers_of(new)))

    def replace(self, target: ResourcePath, options: Options, body: Json) -> WriteResult:
        """PUT."""
        live = self.get(target)
        new = self._identified(target, body)
        return self._update(target, options, new, live)

    def patch(self, target: ResourcePath, options: Options, format_: str, body: Any) -> WriteResult:
        """PATCH in one of the formats `merge`, `json`, `strategic`."""
        live = self.get(target)
        seen = self._in_version(target, live)
        if format_ == "json":
            try:
                patched = json_patch(seen, body)
            except PatchFailed as error:
                message = "the server rejected our request due to an error in our request"
                raise ApiError(422, "Invalid", message, {"causes": [{"message": str(error)}]}) from error
        elif not isinstance(body, dict):
            raise bad_request("a patch is a JSON object")
        else:
            patched = merge_patch(seen, body) if format_ == "merge" else strategic_merge_patch(seen, body)
        return self._update(target, options, self._identified(target, patched), live)

    def apply(self, target: ResourcePath, options: Options, body: Json) -> WriteResult:
        """Server-side apply: PATCH with application/apply-patch+yaml."""
        if not options.manager_given:
            text = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            raise ApiError(422, "Invalid", text)
        config = without_nulls(self._identified(target, body))
        if config["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        live = self.store.peek(target.kind, target.namespace, target.name)
        if live is None and target.subresource:
            raise not_found(target.kind, target.name)
        try:
            self.admission.check_apply(target.kind, {**config, "apiVersion": target.api_version})
        except NotTyped as error:
            # A plain error in kube-apiserver: 500 without a reason.
            raise internal(error.message) from error
        self._check_version(target, config, live)
        config = self._wanted(target, config)
        writer = Writer(options.manager, "Apply", target.api_version, target.subresource)
        base = live if live is not None else {"metadata": {}}
        before, schema = managers_of(live), self.schema(target.kind)
        merged = ssa.merge(base, config, before, writer, schema)

        def owners(result: Json) -> list[Manager]:
            return ssa.owners(base, config, result, before, writer, schema, force=options.force, time=now())

        # The schema was asked already: what is unknown now came from elsewhere.
        return self._finish(target, replace(options, validation="Ignore"), merged, live, owners)

    def delete(self, target: ResourcePath, options: Options, preconditions: Mapping[str, Any]) -> Json:
        """DELETE; gives the object as it was last."""
        live = self.get(target)
        for field, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            wanted, there = preconditions.get(field), live["metadata"][field]
            if wanted is not None and wanted != there:
                why = f"Precondition failed: {label} in precondition: {wanted}, {label} in object meta: {there}"
                raise conflict(target.kind, target.name, why)
        if target.kind is NAMESPACE and target.name in PROTECTED_NAMESPACES:
            raise forbidden(target.kind, target.name, "this namespace may not be deleted")
        if options.dry_run:
            return live
        return self.store.delete(target.kind, target.namespace, target.name)

    # ---- the steps they share

    def _identified(self, target: ResourcePath, body: Any) -> Json:
        """A shallow copy of the body, that is an object of this kind, name and namespace."""
        if not isinstance(body, dict):
            raise bad_request("the body of the request must be an object")
        kind, metadata = target.kind, body.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise bad_request(f"json: cannot unmarshal into Go struct field {kind.kind}.metadata of type v1.ObjectMeta")
        for field, wanted in (("apiVersion", target.api_version), ("kind", kind.kind)):
            if body.get(field, wanted) != wanted:
                label = "API version" if field == "apiVersion" else "kind"
                raise bad_request(
                    f"the {label} in the data ({body[field]}) does not match the expected {label} ({wanted})"
                )
        metadata = {**metadata}
        if target.name:
            if metadata.get("name", target.name) != target.name:
                text = f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
                raise bad_request(text)
            metadata["name"] = target.name
        if kind.namespaced:
            if metadata.get("namespace") not in (None, "", target.namespace):
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            metadata["namespace"] = target.namespace
        else:
            metadata.pop("namespace", None)
        return {**body, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}

    def _in_version(self, target: ResourcePath, live: Json) -> Json:
        return live if target.version == target.kind.version else {**live, "apiVersion": target.api_version}

    def _check_version(self, target: ResourcePath, new: Json, live: Json | None) -> None:
        wanted = new["metadata"].get("resourceVersion")
        if wanted and (live is None or wanted != live["metadata"]["resourceVersion"]):
            raise conflict(target.kind, target.name)

    def _wanted(self, target: ResourcePath, config: Json) -> Json:
        """The part of an applied configuration that this subresource writes."""
        metadata = {key: config["metadata"][key] for key in _METADATA if key in config["metadata"]}
        if target.subresource == "status":
            return {"metadata": {}, **({"status": config["status"]} if "status" in config else {})}
        wanted = {**config, "metadata": metadata}
        wanted.pop("status", None)
        # Owned as data, so that a key that is applied no longer goes away.
        return _with_data_of_strings(wanted) if target.kind is SECRET else wanted

    def _update(self, target: ResourcePath, options: Options, new: Json, live: Json) -> WriteResult:
        self._check_version(target, new, live)
        uid = new["metadata"].get("uid")
        if uid and uid != live["metadata"]["uid"]:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {live['metadata']['uid']}"
            raise conflict(target.kind, target.name, why)
        # A client may rewrite the ownership, as kubectl does when it changes to server-side apply.
        managers = managers_of(new if "managedFields" in new["metadata"] else live)
        if target.subresource == "status":
            new = {**live, **({"status": new["status"]} if "status" in new else {})}
        return self._finish(target, options, new, live, self._tracker(target, options, live, managers))

    def _finish(
        self,
        target: ResourcePath,
        options: Options,
        new: Json,
        live: Json | None,
        owners: Callable[[Json], list[Manager]],
    ) -> WriteResult:
        """Admits the object, asks who owns what of the result, and stores it."""
        kind = target.kind
        new, warnings = self._admitted(target, new, live, options.validation)
        managers = owners(new)
        metadata = {key: new["metadata"][key] for key in _METADATA if new["metadata"].get(key) not in (None, "")}
        if owned := entries(managers):
            metadata["managedFields"] = owned
        new = {**new, "metadata": metadata}
        warnings += [text for version, text in kind.deprecations if version == target.version]
        if live is None:
            made = self.store.made(kind, new)
            return WriteResult(201, made if options.dry_run else self.store.keep(kind, made, None), warnings)
        if options.dry_run:
            return WriteResult(200, self.store.replacement(kind, new, live), warnings)
        return WriteResult(200, self.store.replace(kind, new, live), warnings)

    def _admitted(
        self, target: ResourcePath, new: Json, live: Json | None, mode: FieldValidation
    ) -> tuple[Json, list[str]]:
        kind = target.kind
        if target.subresource == "status":
            if not isinstance(new.get("status", {}), dict):
                raise bad_request(f"{kind.kind}.status must be an object")
            return new, []
        if live is not None:
            # The status has a way of its own; a kind without one has no status.
            new = {key: value for key, value in new.items() if key != "status"}
            if "status" in live:
                new["status"] = live["status"]
            if _same(new, live):
                return new, []
        if live is None:
            self._check_place(target)
        admitted = self.admission.admit(kind, new, live, unknown_fields=mode)
        if live is None and self.store.peek(kind, target.namespace, new["metadata"]["name"]) is not None:
            raise already_exists(kind, new["metadata"]["name"])
        return admitted.object, list(admitted.warnings)

    def _check_place(self, target: ResourcePath) -> None:
        if target.kind.namespaced and self.store.peek(NAMESPACE, None, target.namespace or "") is None:
            raise not_found(NAMESPACE, target.namespace or "")

    def _tracker(
        self, target: ResourcePath, options: Options, live: Json | None, managers: list[Manager]
    ) -> Callable[[Json], list[Manager]]:
        """Who owns what after a write that is no apply."""

        def tracked(result: Json) -> list[Manager]:
            schema, subresource = self.schema(target.kind), target.subresource
            writer = Writer(options.manager, "Update", target.api_version, subresource)
            before = owned_fields(live, schema, subresource) if live else {}
            return track_update(managers, before, owned_fields(result, schema, subresource), writer, now())

        return tracked


def _same(new: Json, live: Json) -> bool:
    """Whether a write changes nothing that admission would look at."""
    if any(new.get(key) != live.get(key) for key in new.keys() | live.keys() if key != "metadata"):
        return False
    return all(new["metadata"].get(key) == live["metadata"].get(key) for key in _METADATA)


def _generated(prefix: str) -> str:
    """A name made from a generateName."""
    return prefix[:58] + "".join(secrets.choice(_ALPHABET) for _ in range(5))


def _with_data_of_strings(obj: Json) -> Json:
    """A Secret whose stringData stands in data, in base64; stringData wins, as documented."""
    strings = obj.get("stringData")
    if not isinstance(strings, dict):
        return obj
    encoded = {key: base64.b64encode(value.encode(errors="replace")).decode() for key, value in strings.items()}
    rest = {key: value for key, value in obj.items() if key != "stringData"}
    return {**rest, "data": {**obj.get("data", {}), **encoded}} if encoded else rest
