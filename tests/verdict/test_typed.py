"""What is known of a failure is passed on as values: no facet is compared with a text, no sentence taken apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SOURCES = sorted((ROOT / "conformance").rglob("*.py"))
DIAGNOSIS = ROOT / "conformance" / "verdict" / "diagnosis"
SENTENCES = ("expected", "observed")
APART = ("partition", "rpartition", "split", "rsplit", "splitlines", "startswith", "endswith", "find", "index", "count")
CUT = ("removeprefix", "removesuffix", "strip", "lower")


def parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text(encoding="utf-8"))


def is_sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in SENTENCES


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def offences(code: ast.AST) -> Iterator[str]:
    """The places where a facet or a mismatch's sentence is read as text."""
    for node in (one for one in ast.walk(code) if isinstance(one, ast.Compare | ast.Call)):
        inner = list(ast.walk(node))
        texts = any(map(is_text, inner))
        match node:
            case ast.Compare() if texts and any(
                isinstance(one, ast.Attribute) and one.attr == "about" for one in inner
            ):
                yield ast.unparse(node)
            case ast.Compare(left=left, comparators=others) if any(map(is_sentence, (left, *others))) and texts:
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in (*APART, *CUT) and is_sentence(value):
                yield ast.unparse(node)
            case _:
                pass


@pytest.mark.parametrize(
    "code",
    [
        "one.about == 'tls'",
        "'tls' != one.about",
        "{one.about for one in found} == {'tls'}",
        "one.about in ('tls', 'leak')",
        "'status 504' == facets[facet].expected",
        "'absent' in one.observed",
        "one.expected.startswith('no request')",
        "one.observed.partition(' = ')",
        "one.expected.removeprefix('the gateway follows ').partition(' within ')",
    ],
)
def test_what_is_an_offence(code: str) -> None:
    assert list(offences(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["one.about is Facet.TLS", "exchange.expected.host == 'x'", "f'expected {one.expected}'", "one.detail"]
)
def test_what_is_none(code: str) -> None:
    assert not list(offences(ast.parse(code)))


@pytest.mark.slow
def test_no_facet_and_no_sentence_is_read_as_text() -> None:
    assert len(SOURCES) > 100
    assert [(file.name, text) for file in SOURCES for text in offences(parsed(file))] == []


def test_diagnosis_knows_no_regular_expressions() -> None:
    modules = {
        name.name
        for file in DIAGNOSIS.glob("*.py")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert "difflib" in modules
    assert "re" not in modules
