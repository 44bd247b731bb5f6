"""Examples of mistakes, cut out of the tests': `python -m tests.support.examples` renews fixtures/checks.yaml."""

from __future__ import annotations

import difflib

from conformance.certification.checks.explanations import Explanation, explanations
from conformance.core.yaml.dumping import dump
from tests.support.checks import KEYS, Mistake

__all__ = ["example_of", "examples"]

_AROUND = 3
_MOST = 24
_KEY = "the-key-that-the-vendor-issued"


def examples(mistakes: list[Mistake]) -> dict[str, dict[str, str]]:
    """By check, the first mistake that it tells: how it stands there, and how it is right."""
    found: dict[str, dict[str, str]] = {}
    for one in mistakes:
        if one.check not in found:
            found[one.check] = example_of(one)
    return found


def example_of(mistake: Mistake) -> dict[str, str]:
    """The lines that are wrong, and those that were right, with some around them; where all was wrong only those."""
    right, wrong = mistake.text.splitlines(), mistake.edited.splitlines()
    changes = [one for one in difflib.SequenceMatcher(None, right, wrong, False).get_opcodes() if one[0] != "equal"]
    if not changes:
        return {"wrong": _cut(wrong, max(len(wrong) - _MOST, 0), len(wrong))}
    _, first, _, other_first, _ = changes[0]
    _, _, last, _, other_last = changes[-1]
    if max(last - first, other_last - other_first) > _MOST:
        _, first, last, other_first, other_last = changes[0]
    return {"wrong": _cut(wrong, other_first, other_last), "right": _cut(right, first, last)}


def _cut(lines: list[str], first: int, last: int) -> str:
    """Some lines, with others around them that are of the same object."""
    before = lines[max(first - _AROUND, 0) : first]
    after = lines[last : last + _AROUND]
    if "---" in before:
        before = before[len(before) - before[::-1].index("---") :]
    if "---" in after:
        after = after[: after.index("---")]
    text = "\n".join([*before, *lines[first : min(last, first + _MOST)], *after]) + "\n"
    for key in KEYS.values():
        text = text.replace(key, _KEY)
    return text


def _renewed(one: Explanation, example: dict[str, str]) -> dict[str, str]:
    return {"why": one.why, **example}


if __name__ == "__main__":
    from tests.certification.test_checks_mistakes import MISTAKES

    made = examples(MISTAKES)
    data = {name: _renewed(one, made.get(name, {})) for name, one in sorted(explanations().items())}
    print(dump(data, width=100), end="")
