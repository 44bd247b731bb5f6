"""Checks of the model's name: characters that none has, another vendor's model, one that cannot chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.certification.checks.model import Entry, Found, Severity, Sheet
from conformance.certification.checks.registry import reports

__all__: list[str] = []

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
# Of OpenAI-compatible APIs those that serve their maker's models alone.
_OWN_ONLY = frozenset({"openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "cohere", "perplexity"})
_NO_CHAT = re.compile(
    r"(?:^|[-/_])(?:embed(?:ding)?s?|whisper|tts|moderation|rerank(?:er)?|dall-e|ocr|bge|e5)(?:[-/_]|$)"
)


@reports(
    model_characters=("the model's name holds blanks, line ends or a wildcard, which are sent as they are", _API),
    model_of_another=("the model is another vendor's, and the host serves its own alone", "the vendors' facts"),
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


def _owner(model: str) -> str | None:
    return next((name for name, family in _FAMILIES.items() if family.match(model.lower())), None)


def _chats(entry: Entry) -> bool:
    return entry.llm.path is None or entry.llm.path.partition("?")[0].endswith("/chat/completions")
