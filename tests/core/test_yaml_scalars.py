"""Plain YAML scalars mean what kubectl's library makes of them; tests/corpus/yaml_scalars.tsv is its own word."""

from __future__ import annotations

import json

import pytest

from conformance.core.problems import InputProblem
from conformance.core.yaml.located import read_documents
from tests.support.paths import CORPUS

ROWS = [line.split("\t") for line in (CORPUS / "yaml_scalars.tsv").read_text().splitlines() if line[:2] != "# "]
TOO_LARGE = {"1234e56", "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890"} | {
    *("1e3_0", "6.02e23", "1e21", "100000000000000000000.0")
}
"""kubectl takes them for floats, which no field of ours has."""


@pytest.mark.parametrize(("scalar", "meant"), ROWS, ids=[row[0] for row in ROWS])
def test_a_scalar_is_what_kubectl_reads(scalar: str, meant: str) -> None:
    text = f"a: {scalar}\n"
    if meant == "!" or scalar in TOO_LARGE:
        with pytest.raises(InputProblem):
            read_documents(text, "a.yaml")
        return
    (read,) = read_documents(text, "a.yaml")
    assert json.dumps(read.data["a"]) == json.dumps(json.loads(meant))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("b: &b {x: 1, z: 2}\na: {<<: *b, x: 3}\n", {"x": 3, "z": 2}),
        ("b: &b {x: 1, z: 2}\na: {x: 3, <<: *b}\n", {"x": 1, "z": 2}),
        ("a: {<<: [{x: 1}, {x: 2, z: 1}]}\n", {"x": 1, "z": 1}),
        ("a: {<<: {<<: {q: 1}, x: 1}}\n", {"q": 1, "x": 1}),
        ("a: {'<<': {x: 1}}\n", {"<<": {"x": 1}}),
        ("a: {y: 1, on: 2}\n", None),
        ("a: {y: 1, 1e3: 2}\n", {"true": 1, "1000": 2}),
        ("a: !!str 1\n", "1"),
        ("a: |\n  1e3\n", "1e3\n"),
        ("a: !!bool 'yes'\n", True),
    ],
)
def test_merges_keys_and_tags(text: str, data: object) -> None:
    if data is None:
        with pytest.raises(InputProblem, match="stands twice"):
            read_documents(text, "a.yaml")
        return
    (read,) = read_documents(text, "a.yaml")
    assert read.data["a"] == data


@pytest.mark.parametrize("text", ["a: {<<: 5}\n", "a: {<<: ~}\n", "a: {? [x] : 1}\n", "a: {~: 1}\n", "a: !!int x\n"])
def test_what_cannot_be_read_is_told_with_its_place(text: str) -> None:
    with pytest.raises(InputProblem, match=r"^a\.yaml:1:"):
        read_documents(text, "a.yaml")
