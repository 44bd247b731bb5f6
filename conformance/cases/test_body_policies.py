"""Area G: fields, messages and names of models that a Backend's policies put into requests."""

from __future__ import annotations

from typing import Any

from conformance.cases import Behaviour, Draft, Level, Scenario, Stage, case, parametrize
from conformance.exchange.expectations import ArrivedOnce, ModelArrives, RestOfBodyKept, Status, verify

CHAT_MESSAGE = {"role": "user", "content": "three"}
# The lookalike answers whatever model arrives: that is judged here.
ANSWERED = Behaviour(status=200)


def with_ai(draft: Draft, ai: dict[str, Any]) -> None:
    """The Backend's own policies for bodies. Raises LookupError where its dialect has none."""
    policies = draft.backend["spec"].get("policies")
    if not draft.dialect.POLICY_KIND or policies is None:
        raise LookupError("policies of a Backend for bodies of requests")
    policies["ai"] = ai


def fields(draft: Draft) -> None:
    """A default for one field, which a policy on the Backend has, and another field that the Backend always sets."""
    default, always = ({"field": name, "value": 0.25} for name in ("temperature", "top_p"))
    with_ai(draft, {"overrides": [always]})
    name = draft.backend["metadata"]["name"]
    group, _, _ = draft.backend["apiVersion"].partition("/")
    target = {"group": group, "kind": draft.backend["kind"], "name": name}
    policy = {"apiVersion": draft.backend["apiVersion"], "kind": draft.dialect.POLICY_KIND}
    spec = {"targetRefs": [target], "backend": {"ai": {"defaults": [default]}}}
    draft.add({**policy, "metadata": {"name": f"{name}-defaults"}, "spec": spec})


def prompts(draft: Draft) -> None:
    """Two messages before those of the client, and two behind them."""
    texts = ("Answer in verse.", "Rhyme.", "Be brief.", "Be kind.")
    one, two, three, four = ({"role": "system", "content": text} for text in texts)
    with_ai(draft, {"prompt": {"prepend": [one, two], "append": [three, four]}})


def aliases(draft: Draft) -> None:
    """Other names of models, one of them for many; the Backend sets none."""
    draft.change_backend(model=None)
    with_ai(draft, {"modelAliases": {"fast": "small-2", "smart-*": "large-2", "smart-old-*": "large-1"}})


@case(
    "body/defaults-and-overrides",
    Level.SHOULD,
    "policies.ai.defaults fill in the fields that a request has not, and spare those that it has; overrides replace"
    " them: of the Backend and of policies on it together.",
    source="API agentgateway 1.4, BackendAI.defaults, overrides",
    lines=[76],
    scenario=Scenario("fields-of-policies", (fields,)),
)
async def test_defaults_and_overrides(stage: Stage) -> None:
    asked: list[dict[str, Any]] = [{}, {"temperature": 0.75}, {"temperature": 0}, {"top_p": 0.5}]
    for sent in asked:
        verify(await stage.chat(**sent), Status(200), ArrivedOnce(), RestOfBodyKept())


@case(
    "body/prompts-around-messages",
    Level.SHOULD,
    "policies.ai.prompt puts its messages before and behind the client's, which stay as they are.",
    source="API agentgateway 1.4, BackendAI.prompt",
    lines=[75],
    scenario=Scenario("prompts-of-policies", (prompts,)),
)
async def test_prompts_around_messages(stage: Stage) -> None:
    several = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, CHAT_MESSAGE]
    for messages in ([CHAT_MESSAGE], several):
        verify(await stage.chat(messages=messages), Status(200), ArrivedOnce(), RestOfBodyKept())


@case(
    "model/aliases",
    Level.SHOULD,
    "policies.ai.modelAliases puts a model in place of another name: the name itself, else the longest pattern; other"
    " models stay.",
    source="API agentgateway 1.4, BackendAI.modelAliases; FACTS 6, ai.modelAliases",
    lines=[42],
    scenario=Scenario("aliases-of-policies", (aliases,)),
)
@parametrize("model", ["fast", "smart-3", "smart-old-3", "faster"])
async def test_aliases(stage: Stage, model: str) -> None:
    verify(await stage.chat(model=model, behaviour=ANSWERED), Status(200), ArrivedOnce(), ModelArrives())
