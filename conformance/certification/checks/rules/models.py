"""Checks of the model's name: characters that none has, another vendor's model, one that cannot chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.registry import reports
from conformance.core.providers.provider import Provider
from conformance.core.providers.shipped import list_providers

__all__ = ["without_provider"]

_API = "OpenAI API, Create chat completion: model"
# How vendors begin the names of models that only they serve, by the names of the vendors' files.
_FAMILIES = {
    "openai": re.compile(r"(?:gpt-[345]|chatgpt-|o[134](?:-|$)|davinci)"),
    "anthropic": re.compile(r"claude-"),
    "gemini": re.compile(r"gemini-"),
    "mistral": re.compile(r"(?:open-)?(?:mistral|mixtral|codestral|ministral|pixtral|magistral|devstral|voxtral)-"),
    "deepseek": re.compile(r"deepseek-(?:chat|reasoner)$"),
    "xai": re.compile(r"grok-"),
    "cohere": re.compile(r"(?:command|c4ai)-"),
    "perplexity": re.compile(r"sonar(?:-|$)"),
}
# What LiteLLM puts before a slash for vendors whose files are called otherwise.
_NOTATIONS = {"together_ai": "together", "fireworks_ai": "fireworks", "cohere_chat": "cohere", "azure": "azure-openai"}
# Of OpenAI-compatible APIs those that serve their maker's models alone.
_OWN_ONLY = frozenset({"openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "cohere", "perplexity"})
_NO_CHAT = re.compile(
    r"(?:^|[-/_])(?:embed(?:ding)?s?|whisper|tts|moderation|rerank(?:er)?|dall-e|ocr|bge|e5)(?:[-/_]|$)"
)


@reports(
    model_characters=("the model's name holds blanks, line ends or a wildcard, which are sent as they are", _API),
    model_of_another=("the model is another vendor's, and the host serves its own alone", "the vendors' facts"),
    model_with_provider=(
        "the model's name begins with a provider's, as LiteLLM writes it, and the vendor has none such",
        "LiteLLM, Providers: PROVIDER/MODEL; the vendors' facts",
    ),
    model_no_chat=("the model makes embeddings, speech or images, and the path is that of chat completions", _API),
)
def model_name(sheet: Sheet) -> Iterator[Found]:
    """The name goes into every request as it stands there. What a person's own facts list is no mistake."""
    for entry in sheet.entries:
        model, vendor = entry.llm.model, entry.vendor
        if not model or (vendor and sheet.is_own(vendor)):
            continue
        where = (*entry.path, entry.llm.provider, "model")
        if wrong := _wrong_characters(model):
            sure = vendor is not None or not model.isprintable()
            message, remedy = (
                f"the model {model!r} holds {wrong}",
                f"write {model.strip()}" if model.strip() else "name one",
            )
            severity = Severity.ERROR if sure else Severity.WARNING
            yield Found("model-characters", entry.manifest, where, message, remedy, severity)
        elif vendor and (bare := without_provider(model, vendor)):
            message = f"{vendor.title} has no model {model}: so LiteLLM writes it, and here it is sent as it stands"
            yield Found("model-with-provider", entry.manifest, where, message, f"write {bare}", Severity.WARNING)
        elif vendor and (owner := _owner(model)) and owner != vendor.name and vendor.name in _OWN_ONLY:
            message = f"{vendor.title} serves its own models, and {model} is one of another vendor's"
            remedy = (
                f"name one of {vendor.title}'s, such as {vendor.models[0]}" if vendor.models else "name one of its own"
            )
            yield Found("model-of-another", entry.manifest, where, message, remedy, Severity.WARNING)
        elif _NO_CHAT.search(model.lower()) and _chats(entry):
            message = f"{model} does not look like a model that answers chat completions"
            yield Found("model-no-chat", entry.manifest, where, message, "name one that does", Severity.WARNING)


def _wrong_characters(model: str) -> str:
    if not model.isprintable():
        return "a line end or another character that cannot be seen"
    if any(one.isspace() for one in model):
        return "blanks"
    return "a wildcard" if "*" in model else ""


def without_provider(model: str, vendor: Provider) -> str:
    """The model's name without the provider's before it; empty where the vendor may well call it so.

    Who serves others' models, too, names them by whose they are: there only the vendor's own before what it has tells.
    """
    before, slash, bare = model.partition("/")
    if bare and vendor.name in _OWN_ONLY and model not in vendor.models and _owner(bare) == vendor.name:
        return bare  # mistralai/mistral-large, as others who serve it call it
    named = _NOTATIONS.get(before, before.replace("_", "-"))
    if not slash or not bare or model in vendor.models or named not in list_providers():
        return ""
    return bare if vendor.name in _OWN_ONLY or (named == vendor.name and bare in vendor.models) else ""


def _owner(model: str) -> str | None:
    return next((name for name, family in _FAMILIES.items() if family.match(model.lower())), None)


def _chats(entry: Entry) -> bool:
    return entry.llm.path is None or entry.llm.path.partition("?")[0].endswith("/chat/completions")
