"""What a plain YAML scalar stands for as kubectl reads it: by the rules of go-yaml 2 (sigs.k8s.io/yaml), not PyYAML's.

tests/corpus/yaml_scalars.tsv is what that library made of each kind of scalar.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

__all__ = ["PLAIN", "KubectlLoader", "resolve_plain"]

PLAIN = "!plain"
"""The tag of scalars that stand there without quotes and without a tag."""

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_GO_FLOAT = re.compile(r"\.[0-9]+(?:[eE][-+]?[0-9]+)?")  # behind a point go-yaml takes what Go does
_INTEGERS = range(-(2**63), 2**64)
_LONGEST = 400
"""Longer than any number that a float can hold; what stands there is a text, or does not fit anyway."""


def resolve_plain(text: str) -> Scalar:
    """The value of a scalar without quotes (go-yaml 2, resolve.go): `y` is true, `1e3` 1000, `443.0` 443, `7:23` text.

    Whole numbers are int, as in the JSON that is made of them, unless they have more than 64 bits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST or text[:1] not in "+-.0123456789":
        return text
    if text[0] == ".":
        return _number(float(text), text) if _GO_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        whole = _integer(digits)
        # Beyond 64 bits decimal digits are a float to Go, and others a text.
        return whole if whole in _INTEGERS else float(digits) if digits.lstrip("+-").isdecimal() else text
    return _number(float(digits), text) if _FLOAT.fullmatch(digits) else text


def _integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    bare = digits.lstrip("+-").lower()
    octal = len(bare) > 1 and bare[0] == "0" and bare[1].isdigit()
    return sign * (int(bare, 8) if octal else int(bare, 0))


def _number(value: float, text: str) -> Scalar:
    if math.isinf(value):
        return text  # Go refuses what is too large for a float, so that a text remains
    return int(value) if value.is_integer() and int(value) in _INTEGERS else value


class KubectlLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes in which plain scalars have the tag PLAIN, for `resolve_plain` to tell what they are."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a node that has none."""
        if kind is yaml.ScalarNode and implicit[0]:
            return PLAIN
        return str(super().resolve(kind, value, (False, False) if kind is yaml.ScalarNode else implicit))
