"""Mistakes with what rules have beside each other: weights, and matches that take one another's requests."""

from __future__ import annotations

from tests.support.checks import Mistake
from tests.support.mistakes.routes import KGW, LISTENERS, REF, TWO

RULE_MISTAKES = [
    Mistake(KGW, [("  - matches", "  - {}\n  - matches")], "rule-without-backend", "{}", "warning"),
    Mistake(KGW, [(REF, REF + "      weight: 0\n")], "rule-without-backend", "backendRefs:"),
    Mistake(KGW, [(REF, REF + "    - {name: web, port: 80, weight: 9}\n")], "share-not-judged", "weight: 9", "warning"),
    Mistake(
        TWO,
        [(REF, REF + REF.replace("mistral", "mistral2") + "      weight: 1000000\n")],
        "share-not-judged",
        "name: mistral",
        "warning",
    ),
    Mistake(LISTENERS, [], "prefix-shadowed", "chat.example.com"),
    Mistake(TWO, [("value: /mistral2", "value: /mistral")], "match-duplicate", "value: /mistral"),
    Mistake(
        TWO,
        [("PathPrefix\n        value: /mistral2", "Exact\n        value: /mistral")],
        "prefix-shadowed",
        "value: /mistral",
        "warning",
    ),
    Mistake(TWO, [("value: /mistral2", "value: /mistral\n      method: POST")], "prefix-shadowed", "value: /mistral"),
    Mistake(TWO, [(REF.replace("mistral", "mistral2"), REF)], "backend-without-route", "name: mistral2"),
]
