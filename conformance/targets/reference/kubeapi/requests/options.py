"""What a request's query and headers ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, cast

from conformance.manifests.schemas import FieldValidation
from conformance.targets.reference.kubeapi.contract import Options
from conformance.targets.reference.kubeapi.requests.http import Request, parse_json
from conformance.targets.reference.kubeapi.requests.protobuf import PROTOBUF, parse_protobuf
from conformance.targets.reference.kubeapi.status import ApiError, bad_request

__all__ = ["TableWish", "delete_options", "table_wish", "wanted_seconds", "write_options"]

TableWish = tuple[str, str]
"""(includeObject, version of meta.k8s.io) of a client that wants a table."""


def write_options(request: Request) -> Options:
    """The options of a create, update, patch or delete. Raises ApiError 422."""
    query = request.query
    manager = query.get("fieldManager", "")
    if len(manager) > 128 or not manager.isprintable():
        raise _invalid("fieldManager", manager[:128], "must be printable and no more than 128 characters")
    validation = query.get("fieldValidation") or "Warn"
    if validation not in ("Strict", "Warn", "Ignore"):
        raise _invalid("fieldValidation", validation, 'supported values: "", "Ignore", "Strict", "Warn"')
    return Options(
        # Without a name the client's program is the manager, as in kube-apiserver.
        manager=manager or request.headers.get("user-agent", "unknown").partition("/")[0][:128],
        manager_given=bool(manager),
        dry_run=_dry_run([query["dryRun"]] if query.get("dryRun") else []),
        force=request.flag("force"),
        validation=cast(FieldValidation, validation),
    )


def _dry_run(values: list[Any]) -> bool:
    if any(value != "All" for value in values):
        raise _invalid("dryRun", str(values[0]), 'supported values: "All"')
    return bool(values)


def _invalid(field: str, value: str, expected: str) -> ApiError:
    return ApiError(
        422, "Invalid", f'Options.meta.k8s.io "" is invalid: {field}: Unsupported value: "{value}": {expected}'
    )


async def delete_options(request: Request) -> tuple[bool, Mapping[str, Any]]:
    """Of a DELETE with or without a DeleteOptions body: whether it is a dry run, and its preconditions."""
    body = await request.body()
    if not body.strip():
        return False, {}
    options = parse_protobuf(body) if request.content_type == PROTOBUF else parse_json(body)
    if not isinstance(options, dict):
        raise bad_request("DeleteOptions must be an object")
    dry_run, preconditions = options.get("dryRun") or [], options.get("preconditions") or {}
    if not isinstance(dry_run, list) or not isinstance(preconditions, dict):
        raise bad_request("DeleteOptions: dryRun is a list, preconditions an object")
    return _dry_run(dry_run), preconditions


def table_wish(request: Request) -> TableWish | None:
    """Whether the client accepts a table, which `kubectl get` prefers to objects."""
    for part in request.headers.get("accept", "").split(","):
        wishes = dict(item.strip().partition("=")[::2] for item in part.split(";"))
        if wishes.get("as") == "Table" and wishes.get("g") == "meta.k8s.io":
            version: Literal["v1", "v1beta1"] = "v1beta1" if wishes.get("v") == "v1beta1" else "v1"
            return request.query.get("includeObject", "Metadata"), version
    return None


def wanted_seconds(request: Request) -> float | None:
    """A watch's timeoutSeconds; None is for ever. Raises ApiError 400."""
    text = request.query.get("timeoutSeconds", "")
    if not text or text == "0":
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise bad_request(f"strconv.ParseInt: parsing {text[:20]!r}: invalid syntax")
    return float(text)
