"""What the API server does with core kinds beyond their types: Secret, ConfigMap, Namespace, Service."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.manifests.schemas.errors import FieldError

__all__ = ["core_causes", "prepare_core"]

Object = dict[str, Any]
_CONFIG_KEY = re.compile("[-._a-zA-Z0-9]+")
_CONFIG_KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    " (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_MOST_DATA = 1024 * 1024
_PROTOCOLS = ("SCTP", "TCP", "UDP")


def prepare_core(kind: str, obj: Object) -> None:
    """Fills in what the API server fills in for a core kind, in place."""
    if prepare := _PREPARE.get(kind):
        prepare(obj)


def core_causes(kind: str, obj: Object, old: Object | None) -> Iterator[FieldError]:
    """What is wrong with an object of a core kind whose types are right."""
    if causes := _CAUSES.get(kind):
        yield from causes(obj, old)


def _prepare_data(obj: Object) -> None:
    for field in ("data", "binaryData", "stringData"):
        if field in obj:
            obj[field] = {key: value or "" for key, value in obj[field].items()}


def _prepare_secret(obj: Object) -> None:
    _prepare_data(obj)
    if "data" in obj:
        # Stored as bytes, and written without the line ends that the decoder forgave.
        obj["data"] = {key: value.replace("\r", "").replace("\n", "") for key, value in obj["data"].items()}
    written = obj.pop("stringData", None)
    if written:
        encoded = {key: base64.b64encode(value.encode(errors="replace")).decode() for key, value in written.items()}
        obj["data"] = {**obj.get("data", {}), **encoded}


def _prepare_namespace(obj: Object) -> None:
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj.setdefault("status", {}).setdefault("phase", "Active")
    metadata = obj["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}


def _prepare_service(obj: Object) -> None:
    spec = obj.setdefault("spec", {"type": "ClusterIP", "sessionAffinity": "None"})
    for port in spec.get("ports", ()):
        if port is not None and not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)


def _config_causes(obj: Object, old: Object | None) -> Iterator[FieldError]:
    size = 0
    for field in ("data", "binaryData"):
        for key, value in (obj.get(field) or {}).items():
            size += len(value)
            if not _CONFIG_KEY.fullmatch(key):
                yield FieldError(f"{field}[{key}]", "FieldValueInvalid", _CONFIG_KEY_WORDS, key)
            if len(key) > 253:
                yield FieldError(f"{field}[{key}]", "FieldValueInvalid", "must be no more than 253 bytes", key)
            if field == "binaryData" and key in (obj.get("data") or {}):
                yield FieldError(f"data[{key}]", "FieldValueInvalid", "duplicate of key present in binaryData", key)
    if size > _MOST_DATA:
        yield FieldError("data", "FieldValueTooLong", f"may not be more than {_MOST_DATA} bytes")
    yield from _immutable_causes(obj, old or {})


def _immutable_causes(obj: Object, old: Object) -> Iterator[FieldError]:
    if not old.get("immutable"):
        return
    words = "field is immutable when `immutable` is set"
    if not obj.get("immutable"):
        yield FieldError("immutable", "FieldValueForbidden", words)
    for field in ("data", "binaryData"):
        if (obj.get(field) or {}) != (old.get(field) or {}):
            yield FieldError(field, "FieldValueForbidden", words)


def _secret_causes(obj: Object, old: Object | None) -> Iterator[FieldError]:
    yield from _config_causes(obj, old)
    yield from _content_causes(obj.get("type"), obj.get("data") or {}, obj["metadata"].get("annotations") or {})
    if old is not None and obj.get("type") != old.get("type"):
        yield FieldError("type", "FieldValueInvalid", "field is immutable", obj.get("type"))


_SERVICE_ACCOUNT = "kubernetes.io/service-account.name"
# What the API server wants in a Secret of a type of its own (ValidateSecret): all of these, or one of them.
_ALL_OF = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
}
_ONE_OF = {"kubernetes.io/basic-auth": ("username", "password")}
_JSON = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")


def _content_causes(of_type: object, data: Object, annotations: Object) -> Iterator[FieldError]:
    if of_type == "kubernetes.io/service-account-token" and not annotations.get(_SERVICE_ACCOUNT):
        yield FieldError(f"metadata.annotations[{_SERVICE_ACCOUNT}]", "FieldValueRequired")
    wanted, alternatives = _ALL_OF.get(str(of_type), ()), _ONE_OF.get(str(of_type), ())
    empty_is_none = of_type == "kubernetes.io/ssh-auth"
    for key in wanted:
        if key not in data or (empty_is_none and not data[key]):
            yield FieldError(f"data[{key}]", "FieldValueRequired")
        elif of_type in _JSON and not _is_json_object(data[key]):
            words = "invalid character looking for beginning of value"
            yield FieldError(f"data[{key}]", "FieldValueInvalid", words, "<secret contents redacted>")
    if alternatives and not data.keys() & set(alternatives):
        yield from (FieldError(f"data[{key}]", "FieldValueRequired") for key in alternatives)


def _is_json_object(encoded: str) -> bool:
    try:
        return isinstance(json.loads(base64.b64decode(encoded)), (dict, type(None)))
    except ValueError:
        return False


def _service_causes(obj: Object, _old: Object | None) -> Iterator[FieldError]:
    spec = obj["spec"]
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield FieldError("spec.ports", "FieldValueRequired")
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        yield FieldError("spec.externalName", "FieldValueRequired")
    for index, each in enumerate(ports):
        port = each or {}
        path = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            yield FieldError(f"{path}.name", "FieldValueRequired")
        number = port.get("port", 0)
        if not 1 <= number <= 65535:
            yield FieldError(f"{path}.port", "FieldValueInvalid", "must be between 1 and 65535, inclusive", number)
        if port.get("protocol") not in _PROTOCOLS:
            supported = ", ".join(f'"{name}"' for name in _PROTOCOLS)
            yield FieldError(
                f"{path}.protocol", "FieldValueNotSupported", f"supported values: {supported}", port.get("protocol")
            )


_PREPARE: Mapping[str, Callable[[Object], None]] = {
    "Secret": _prepare_secret,
    "ConfigMap": _prepare_data,
    "Namespace": _prepare_namespace,
    "Service": _prepare_service,
}
_CAUSES: Mapping[str, Callable[[Object, Object | None], Iterator[FieldError]]] = {
    "Secret": _secret_causes,
    "ConfigMap": _config_causes,
    "Service": _service_causes,
}
