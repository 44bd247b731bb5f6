"""Regular expressions as agentgateway has them: what it takes, what matches, and that nothing takes long."""

from __future__ import annotations

import pytest

from conformance.core.expressions import BrokenExpression, is_whole, refusal_of


@pytest.mark.parametrize(
    "expression", ["(?=x)", "(?<!a)b", r"(a)\1", r"a\Z", r"\Qa\E", r"\C", r"\012", "a++", "(", "[z-a]"]
)
def test_what_rust_does_not_take(expression: str) -> None:
    assert refusal_of(expression)
    with pytest.raises(BrokenExpression):
        is_whole(expression, "a")


@pytest.mark.parametrize(
    ("expression", "text", "whole"),
    [
        ("/v1/(mistral|deepseek)", "/v1/deepseek", True),
        ("/v1", "/v1/x", False),
        ("v1", "/v1", False),
        (r"/\p{L}+", "/größe", True),
        (r"a\z", "a", True),
        ("(?i)/MISTRAL", "/mistral", True),
        ("/a|/a/b", "/a/b", False),  # what is found first is not the whole
        (r"\\Q", r"\Q", True),
    ],
)
def test_what_is_found_first_must_be_the_whole_text(expression: str, text: str, whole: bool) -> None:
    assert is_whole(expression, text) is whole


def test_an_expression_that_hangs_others_is_linear() -> None:
    assert not is_whole("/.*(a+)+b", "/" + "a" * 100_000)
