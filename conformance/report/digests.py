"""Digests of reports and of what a run was given: they tell whether a report was altered or belongs to other input.

A digest is over content, not layout: JSON with sorted keys of the plain data. It is no signature: whoever alters a
report on purpose can renew it.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.core.redaction import redact
from conformance.manifests.objects import Manifest

__all__ = ["bytes_digest", "digest", "file_digest", "object_digests", "redacted", "report_digest"]

_HIDDEN = "<hidden>"


def digest(data: Any) -> str:
    """`sha256:...` over plain data."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return bytes_digest(text.encode("utf-8", "surrogatepass"))


def bytes_digest(content: bytes) -> str:
    """`sha256:...` over bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def file_digest(path: Path) -> str:
    """`sha256:...` over a file of any size. Raises OSError, also for a pipe or a device, which may have no end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "is no file")
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def report_digest(report: Mapping[str, Any]) -> str:
    """That of a report.yaml's data without the digest that stands in it."""
    return digest({name: value for name, value in report.items() if name != "digest"})


def redacted(data: Any) -> Any:
    """The same plain data with keys struck from all its texts, as it will stand in a file."""
    if isinstance(data, Mapping):
        return {redact(str(name)): redacted(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [redacted(value) for value in data]
    return redact(data) if isinstance(data, str) else data


def object_digests(manifests: Iterable[Manifest]) -> dict[str, str]:
    """By `Kind namespace/name`: the digest of each object as it was written.

    Keys count for nothing in it: from the digest of a short one it could be guessed, and another key makes no other
    configuration. So does the namespace `default`, which kubectl fills in.
    """
    return {name: digest(_keyless(data, "")) for name, data in map(_named, manifests)}


def _named(manifest: Manifest) -> tuple[str, dict[str, Any]]:
    namespace = manifest.namespace or "default"
    metadata = {**manifest.data["metadata"], "namespace": namespace}
    data = {**manifest.data, "metadata": metadata}
    if manifest.kind == "Secret":
        # Which keys it has matters; what they hold does not, nor whether it is in base64.
        held = {name for field in ("data", "stringData") for name in data.pop(field, None) or {}}
        data["keys"] = sorted(held)
    return f"{manifest.kind} {namespace}/{manifest.name}", data


def _keyless(data: Any, name: str) -> Any:
    if isinstance(data, Mapping):
        return {
            key: _HIDDEN if isinstance(value, str) and _holds_key(name, str(key)) else _keyless(value, str(key))
            for key, value in data.items()
        }
    return [_keyless(one, name) for one in data] if isinstance(data, list) else data


def _holds_key(parent: str, name: str) -> bool:
    """Inline credentials: `authToken.inline` in kgateway 2.1, `auth.key` in agentgateway 1.x."""
    return name == "inline" or (parent in ("auth", "backendAuth") and name == "key")
