"""How policies change the body of a request: its fields, the model's name, messages around the client's; of the oracle.

Source: agentgateway 1.4, `BackendAI` (comments of defaults, overrides, modelAliases, prompt). A Backend's model is set
first, then come overrides and defaults, then aliases of what the model is by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.exchange.messages import ClientRequest
from conformance.exchange.oracle.endpoints import CHAT
from conformance.manifests.dialects.in_force import in_force, value_at
from conformance.manifests.dialects.model import Backend, Configuration, Llm, Route, Rule

__all__ = ["arriving"]

_FIELDS = ("ai.defaults", "ai.modelAliases", "ai.overrides", "ai.prompt")


def arriving(
    configuration: Configuration,
    backend: Backend,
    llm: Llm,
    route: Route,
    rule: Rule,
    request: ClientRequest,
    kind: str = CHAT,
) -> dict[str, Any] | None:
    """The body that must arrive for a request; None where no policy changes it, or it is no such request.

    Messages are put around those of chat completions only; nobody reads what is said to be passed through.
    """
    found = in_force(configuration, backend, llm, route, rule)
    said = {one.field: value_at(one.origin) for one in found if one.part == "backend" and one.field in _FIELDS}
    if not said or (sent := _sent(request, kind)) is None:
        return None
    body = dict(sent)
    if llm.model is not None:
        body["model"] = llm.model
    body.update({str(one.get("field")): one.get("value") for one in _entries(said.get("ai.overrides"))})
    for one in _entries(said.get("ai.defaults")):
        body.setdefault(str(one.get("field")), one.get("value"))
    aliases = said.get("ai.modelAliases")
    body["model"] = _alias(body.get("model"), aliases if isinstance(aliases, Mapping) else {})
    if kind != CHAT:
        return body
    prompt = said.get("ai.prompt")
    around = prompt if isinstance(prompt, Mapping) else {}
    body["messages"] = [*_entries(around.get("prepend")), *body["messages"], *_entries(around.get("append"))]
    return body


def _sent(request: ClientRequest, kind: str) -> dict[str, Any] | None:
    try:
        body = request.json()
    except ValueError:
        return None
    chats = isinstance(body, dict) and isinstance(body.get("messages"), list)
    return body if isinstance(body, dict) and (chats or kind != CHAT) else None


def _entries(value: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _alias(model: Any, aliases: Mapping[str, Any]) -> Any:
    """By its own name, else by the longest pattern with asterisks that fits it."""
    if not isinstance(model, str):
        return model
    if model in aliases:
        return aliases[model]
    for pattern in sorted((one for one in aliases if "*" in one), key=len, reverse=True):
        if re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), model):
            return aliases[pattern]
    return model
