"""Why an object is refused, worded exactly as kube-apiserver words it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

from conformance.core.redaction import excerpt
from conformance.core.startup.records import dataclass

__all__ = [
    "AdmissionError",
    "CauseType",
    "FieldError",
    "Invalid",
    "KindName",
    "NotTyped",
    "Undecodable",
    "UnknownFields",
    "go_json",
    "unknown_field_messages",
]

CauseType = Literal[
    "FieldValueRequired",
    "FieldValueInvalid",
    "FieldValueTypeInvalid",
    "FieldValueNotSupported",
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueTooLong",
    "FieldValueTooMany",
]

_WORDS: Mapping[CauseType, str] = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
}
_WITHOUT_VALUE = ("FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong")
# Nobody reads more of a value than this, and hostile ones are megabytes.
_MOST_SHOWN = 2000


class KindName(Protocol):
    """The part of `kinds.Kind` that messages and schemas need."""

    @property
    def group(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def version(self) -> str: ...


@dataclass(frozen=True, slots=True)
class FieldError:
    """One reason for a refusal: the field's path, its class, the refused value and what is expected."""

    field: str
    type: CauseType
    detail: str = ""
    value: Any = None

    @property
    def body(self) -> str:
        """What a Status carries as the cause's message: the cause without its field."""
        text = _WORDS[self.type]
        if self.type not in _WITHOUT_VALUE:
            text += f": {go_json(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


class AdmissionError(Exception):
    """An object that the API server refuses; `code` and `reason` are those of the Status that it answers with."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    @property
    def details(self) -> dict[str, Any] | None:
        """The Status's details, where this refusal has any."""
        return None

    def status(self) -> dict[str, Any]:
        """The whole `Status` object to answer with."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            **({"reason": self.reason} if self.reason else {}),
            "code": self.code,
        }
        if self.details is not None:
            status["details"] = self.details
        return status


class Invalid(AdmissionError):
    """The object breaks its schema or a rule: 422, with every cause."""

    code = 422
    reason = "Invalid"

    def __init__(self, kind: KindName, name: str, causes: Iterable[FieldError]) -> None:
        self.kind = kind
        self.name = name
        self.causes = list(causes)
        qualified = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
        # Kubernetes tells the same thing once only, and brackets several.
        texts = list(dict.fromkeys(str(cause) for cause in self.causes))
        told = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        super().__init__(f'{qualified} "{name}" is invalid: {told}')

    @property
    def details(self) -> dict[str, Any]:
        """Name, group and kind of the object, and its causes."""
        causes = [{"reason": cause.type, "message": cause.body, "field": cause.field} for cause in self.causes]
        named = {"name": self.name, "group": self.kind.group, "kind": self.kind.kind}
        return {**{key: value for key, value in named.items() if value}, "causes": causes}


class UnknownFields(AdmissionError):
    """Strict validation met fields that the schema does not have: 400, with all their paths."""

    code = 400
    reason = "BadRequest"

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = list(paths)
        super().__init__("strict decoding error: " + ", ".join(unknown_field_messages(self.paths)))


class Undecodable(AdmissionError):
    """The object does not fit its Go type at all, such as a number among the labels: 400."""

    code = 400
    reason = "BadRequest"


class NotTyped(AdmissionError):
    """A server-side apply patch that does not fit the schema: 500 without a reason (FACTS 7.1 no. 5)."""

    code = 500
    reason = ""


def unknown_field_messages(paths: Iterable[str]) -> list[str]:
    """Each path as the warning that the Warn mode answers with: `unknown field "spec.x"`."""
    return [f'unknown field "{path}"' for path in paths]


def go_json(value: Any) -> str:
    """The value as compact JSON, shortened when it is long; never raises, whatever the value."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True, default=type_name)
    except (ValueError, TypeError, RecursionError):
        # A number of thousands of digits, keys that are no text, or nesting beyond all reason.
        text = type_name(value)
    return text if len(text) <= _MOST_SHOWN else f"{excerpt(text, _MOST_SHOWN)}..."


def type_name(value: Any) -> str:
    """JSON schema's name for the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for types, name in ((int, "integer"), (float, "number"), (str, "string"), (list, "array"), (dict, "object")):
        if isinstance(value, types):
            return name
    return type(value).__name__
