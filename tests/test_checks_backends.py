"""Static checks of hosts, ports, paths and models: each mistake is told once, at its field; what is right is not."""

from __future__ import annotations

import pytest

from tests.checks_support import AGENTGATEWAY, KGATEWAY, Edit, defects, documented, told

KGW, AGW = documented(KGATEWAY), documented(AGENTGATEWAY)
HOST, PORT = "      host: api.mistral.ai\n", "      port: 443\n"
KGW_PATH, AGW_PATH = '      path:\n        full: "/v1/chat/completions"\n', "      path: /v1/chat/completions\n"
MISPLACED = "        path:\n          full: /v1/chat/completions\n"
UNDER = '        model: "mistral-medium-2505"\n'


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        (KGW, [(HOST, "        host: api.mistral.ai\n"), (PORT, "        port: 443\n")], ("host-under-openai", "host")),
        (AGW, [(HOST, "        host: api.mistral.ai\n"), (PORT, "        port: 443\n")], ("host-under-openai", "host")),
        (KGW, [(HOST, "        host: api.mistral.ai\n")], ("host-under-openai", "host: api.mistral.ai")),
        (KGW, [(KGW_PATH, ""), (UNDER, UNDER + MISPLACED)], ("host-under-openai", "path:")),
        (KGW, [(PORT, "")], ("host-without-port", "llm:")),
        (AGW, [(PORT, "")], ("host-without-port", "provider:")),
        (KGW, [(HOST, "")], ("port-without-host", "llm:")),
        (KGW, [("host: api.mistral.ai", "host: https://api.mistral.ai")], ("host-not-a-name", "host: https:")),
        (AGW, [("host: api.mistral.ai", "host: api.mistral.ai:443")], ("host-not-a-name", "host: api.mistral.ai:443")),
        (AGW, [("host: api.mistral.ai", "host: api.mistral.ai/v1")], ("host-not-a-name", "host: api.mistral.ai/v1")),
        (KGW, [("port: 443", "port: 8443")], ("port-unlike-vendor", "port: 8443")),
        (KGW, [("/v1/chat", "/v1/v1/chat")], ("path-doubled", 'full: "/v1/v1/chat')),
        (AGW, [("/v1/chat", "/v1/v1/chat")], ("path-doubled", "path: /v1/v1/chat")),
        (AGW, [("path: /v1/chat/completions", "pathPrefix: /v1/chat/completions")], ("path-doubled", "pathPrefix:")),
        (KGW, [("/v1/chat/completions", "/chat/completions")], ("path-unlike-vendor", 'full: "/chat')),
        (AGW, [("/v1/chat/completions", "/v1")], ("path-unlike-vendor", "path: /v1")),
        (AGW, [("path: /v1/chat/completions", "pathPrefix: /v2")], ("path-unlike-vendor", "pathPrefix: /v2")),
        (KGW, [("/v1/chat/completions", "v1/chat/completions")], ("path-no-slash", 'full: "v1')),
        (KGW, [("/v1/chat/completions", "https://api.mistral.ai/v1/chat/completions")], ("path-no-slash", "full:")),
        (KGW, [("/v1/chat/completions", "/v1/chat completions")], ("path-characters", "full:")),
        (AGW, [("path: /v1/chat/completions", "pathPrefix: /v1?a=b")], ("path-query", "pathPrefix:")),
        (KGW, [('model: "mistral-medium-2505"', 'model: ""')], ("model-empty", 'model: ""')),
        (KGW, [("  type: AI\n", "")], ("backend-type", "spec:")),
        (KGW, [("  type: AI\n", "  type: Static\n")], ("backend-type", "type: Static")),
        (AGW, [("      openai:", "      anthropic:")], ("provider-type-wrong", "anthropic:")),
    ],
)
def test_a_mistake_is_told_at_its_field(text: str, edits: list[Edit], expected: tuple[str, str]) -> None:
    found = [(check, severity, at) for check, severity, at in told(text, *edits) if check == expected[0]]
    assert len(found) == 1, told(text, *edits)
    assert found[0][1] == "error"
    assert found[0][2].startswith(expected[1])


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
