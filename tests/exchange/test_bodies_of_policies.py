"""What policies make of a request's body: by the oracle, and by the reference gateway, which must not know of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.upstream import expect
from conformance.targets.reference.controller.backends.agentgateway_1 import _body_changes
from conformance.targets.reference.gateway.config import LlmProvider
from conformance.targets.reference.gateway.llm.completions import edit
from tests.support.nimbus_agentgateway_1 import TLS, configured

SENT = {"model": "fast", "messages": [{"role": "user", "content": "Hi"}], "top_k": 1}


def both(ai: str, data: dict[str, Any], *, model: str | None = "own") -> dict[str, Any]:
    """The body that the oracle expects, which is what the reference sends."""
    named = f"openai:\n        model: {model}" if model else "openai: {}"
    changes = [("openai:\n        model: cumulus-2-chat", named), (TLS, f"{TLS}    ai: {ai}\n")]
    request = ClientRequest("POST", "/stratus", (), json.dumps(SENT).encode())
    expected = expect(configured(*changes), request)
    sent = edit(dict(SENT), LlmProvider("x", "x", 443, model=model, body=_body_changes(data)))
    assert expected.body == sent
    assert expected.model == sent["model"]
    return sent


def test_fields_that_are_set_always_or_where_they_are_missing() -> None:
    ai = {
        "overrides": [{"field": "top_k", "value": 5}, {"field": "model", "value": "theirs"}],
        "defaults": [{"field": "top_k", "value": 9}, {"field": "stop", "value": ["x"]}],
    }
    sent = both(json.dumps(ai), ai)
    assert (sent["top_k"], sent["model"], sent["stop"]) == (5, "theirs", ["x"])


@pytest.mark.parametrize(
    ("aliases", "model", "found"),
    [
        ({"own": "real"}, "own", "real"),
        ({"fast": "real"}, None, "real"),
        ({"fast": "real"}, "own", "own"),
        ({"f*": "short", "fa*t": "long"}, None, "long"),
        ({"*": "any"}, None, "any"),
        ({"f*x": "none"}, None, "fast"),
    ],
)
def test_models_by_other_names(aliases: dict[str, str], model: str | None, found: str) -> None:
    ai = {"modelAliases": aliases}
    assert both(json.dumps(ai), ai, model=model)["model"] == found


def test_messages_around_the_clients() -> None:
    before, behind = {"role": "system", "content": "Be short."}, {"role": "user", "content": "Really."}
    ai = {"prompt": {"prepend": [before], "append": [behind]}}
    assert both(json.dumps(ai), ai)["messages"] == [before, SENT["messages"][0], behind]  # type: ignore[index]


def test_what_is_no_chat_is_left_alone() -> None:
    configuration = configured((TLS, f"{TLS}    ai: {{modelAliases: {{a: b}}}}\n"))
    for body in (b"", b"{", b"[]", b'{"messages": 1}'):
        assert expect(configuration, ClientRequest("POST", "/stratus", (), body)).body is None
