"""Which paths of which nothing is known may yet be a vendor's."""

from __future__ import annotations

import pytest

from conformance.core.providers.paths import may_have
from conformance.core.providers.shipped import load_provider


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        ("mistral", "/v2/chat/completions"),
        ("mistral", "/beta/chat/completions?x=1"),
        ("huggingface", "/novita/v3/openai/chat/completions"),
        ("groq", "/openai/v1/preview/chat/completions"),
        ("groq", "/openai/v2/chat/completions"),
    ],
)
def test_a_version_or_a_plan_may_be_there(vendor: str, path: str) -> None:
    assert may_have(load_provider(vendor), path)


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        ("mistral", "/v1/chat/completions"),  # is there
        ("mistral", "/v1"),
        ("mistral", "/chat/completions"),
        ("mistral", "/v1/v1/chat/completions"),
        ("mistral", "/api/v1/chat/completions"),  # OpenRouter's
        ("groq", "/v1/chat/completions"),
        ("gemini", "/v1beta/chat/completions"),
        ("gemini", "/openai/v1beta/chat/completions"),
        ("fireworks", "/inferance/v1/chat/completions"),
    ],
)
def test_what_is_anothers_or_a_slip_is_not(vendor: str, path: str) -> None:
    assert not may_have(load_provider(vendor), path)
