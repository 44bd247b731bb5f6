"""Static checks: the remedy says what to write."""

from __future__ import annotations

import pytest

from tests.support.checks import Edit, defects
from tests.support.mistakes.backends import HOST, KGW, PORT


@pytest.mark.parametrize(
    ("edits", "remedy"),
    [
        ([(HOST, "        host: api.mistral.ai\n")], "indent host one level less, beside openai"),
        ([("host: api.mistral.ai", "host: https://api.mistral.ai/v1")], "write api.mistral.ai"),
        ([("/v1/chat", "/v1/v1/v1/chat")], "write it once: /v1/chat/completions"),
        ([("/v1/chat/completions", "/v1")], "set path.full to /v1/chat/completions"),
        ([("/v1/chat/completions", "https://api.mistral.ai/v1/chat/completions")], "write /v1/chat/completions"),
        ([(PORT, "")], "add port: 443"),
    ],
)
def test_the_remedy_says_what_to_write(edits: list[Edit], remedy: str) -> None:
    assert remedy in [one.remedy for one in defects(KGW, *edits)]


def test_of_a_host_that_nobody_knows_the_port_is_mended_before_tls_is_given_up() -> None:
    (found,) = defects(KGW.replace("api.mistral.ai", "llm.example.com"), (PORT, "      port: 80\n"))
    assert (found.check, str(found.severity)) == ("policy-on-plaintext", "warning")
    assert found.remedy.startswith("set port to 443;")
