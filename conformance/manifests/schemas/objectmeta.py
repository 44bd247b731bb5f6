"""Checks of metadata that every kind shares: names, labels, annotations (apimachinery's validation)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.manifests.schemas.errors import FieldError

__all__ = ["NAME_RULES", "metadata_causes", "without_nulls"]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_MOST_ANNOTATIONS = 256 * 1024

_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character"
    rf" (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-',"
    " and must start and end with an alphanumeric character"
    f" (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SERVICE_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic"
    " character, and end with an alphanumeric character"
    " (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc',"
    f" regex used for validation is '{_QUALIFIED}')"
)
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start"
    " and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345',"
    f" regex used for validation is '({_QUALIFIED})?')"
)
NameRule = tuple[re.Pattern[str], int, str]
_SUBDOMAIN_RULE: NameRule = (re.compile(_SUBDOMAIN), 253, _SUBDOMAIN_WORDS)
_LABEL_RULE: NameRule = (re.compile(_LABEL), 63, _LABEL_WORDS)
NAME_RULES: dict[tuple[str, str], NameRule] = {
    ("", "Namespace"): _LABEL_RULE,
    ("", "Service"): (re.compile("[a-z]([-a-z0-9]*[a-z0-9])?"), 63, _SERVICE_WORDS),
}
"""Kinds whose names are not DNS subdomains: pattern, greatest length, and the words for it."""
_KEY = re.compile(_QUALIFIED)
_VALUE = re.compile(f"({_QUALIFIED})?")


def metadata_causes(key: tuple[str, str], metadata: dict[str, Any]) -> Iterator[FieldError]:
    """What is wrong with the metadata of an object of the kind with this key. Its types must be right already."""
    name = metadata.get("name", "")
    if name:
        yield from name_causes("metadata.name", name, NAME_RULES.get(key, _SUBDOMAIN_RULE))
    elif not metadata.get("generateName"):
        yield FieldError("metadata.name", "FieldValueRequired", "name or generateName is required")
    if namespace := metadata.get("namespace"):
        yield from name_causes("metadata.namespace", namespace, _LABEL_RULE)
    for label, value in (metadata.get("labels") or {}).items():
        yield from key_causes("metadata.labels", label, label)
        yield from name_causes("metadata.labels", value, (_VALUE, 63, _VALUE_WORDS))
    annotations = metadata.get("annotations") or {}
    for annotation in annotations:
        # Only an annotation's key may be written in capitals.
        yield from key_causes("metadata.annotations", annotation, annotation.lower())
    if sum(len(text) + len(value) for text, value in annotations.items()) > _MOST_ANNOTATIONS:
        yield FieldError("metadata.annotations", "FieldValueTooLong", f"may not be more than {_MOST_ANNOTATIONS} bytes")


def without_nulls(metadata: dict[str, Any]) -> None:
    """Puts an empty text for each null among labels and annotations, and no item for one in a list, in place."""
    for name, value in metadata.items():
        if isinstance(value, dict):
            metadata[name] = {key: "" if item is None else item for key, item in value.items()}
        elif isinstance(value, list):
            metadata[name] = [item for item in value if item is not None]


def name_causes(path: str, name: str, kept: NameRule) -> Iterator[FieldError]:
    """Length and characters of a name."""
    pattern, most, words = kept
    if len(name) > most:
        yield FieldError(path, "FieldValueInvalid", f"must be no more than {most} bytes", name)
    if len(name) > 10 * most or not pattern.fullmatch(name):
        yield FieldError(path, "FieldValueInvalid", words, name)


def key_causes(path: str, shown: str, key: str) -> Iterator[FieldError]:
    """Prefix and name of a label's or annotation's key."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        words = (
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with"
            " an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
            f" '{_QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )
        yield FieldError(path, "FieldValueInvalid", words, shown)
        return
    if slash:
        if not prefix:
            yield FieldError(path, "FieldValueInvalid", "prefix part must be non-empty", shown)
        else:
            for cause in name_causes(path, prefix, _SUBDOMAIN_RULE):
                yield FieldError(path, "FieldValueInvalid", f"prefix part {cause.detail}", shown)
    if not name:
        yield FieldError(path, "FieldValueInvalid", "name part must be non-empty", shown)
    elif len(name) > 63:
        yield FieldError(path, "FieldValueInvalid", "name part must be no more than 63 bytes", shown)
    if len(name) > 1000 or not _KEY.fullmatch(name):
        yield FieldError(path, "FieldValueInvalid", _KEY_WORDS, shown)
