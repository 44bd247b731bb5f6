"""The Kubernetes objects in a published file: YAML as it stands, pages and scripts as somebody would carry them out."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from textwrap import dedent
from typing import Any

import yaml

__all__ = ["holds_provider", "manifests_in", "objects_in"]

_HEREDOC = re.compile(
    r"^[^\n#]*<<-?[ \t]*(?P<quote>['\"]?)(?P<word>\w+)(?P=quote)[^\n]*\n(?P<body>.*?)^[ \t]*(?P=word)[ \t]*\"?$",
    re.MULTILINE | re.DOTALL,
)
_FENCE = re.compile(r"^(?P<indent>[ \t]*)```[ \t]*ya?ml[^\n]*\n(?P<body>.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_OPENAI = {"openai", "custom"}
_SET = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Z_]+)=(?P<quote>[\"']?)"
    r"(?P<value>[^\"'$`\s]*|\$\{[A-Z_]+:-[^}$]*\})(?P=quote)[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_BETWEEN = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)


def manifests_in(path: str, text: str) -> str:
    """The manifests that a file holds.

    Of pages and scripts: what heredocs and code blocks hold, in order, where an object that comes again takes the place
    of the former one, as `kubectl apply` does it; variables that the script itself gives a value have it.
    """
    if PurePosixPath(path).suffix in {".yaml", ".yml", ".json"}:
        return text
    set_ = (match for match in _SET.finditer(text) if not match["name"].endswith(("KEY", "TOKEN")))
    values = {match["name"]: _value(match["value"]) for match in set_}
    found = [
        (match.start(), _filled(match["body"], values))
        for pattern in (_HEREDOC, _FENCE)
        for match in pattern.finditer(text)
    ]
    last: dict[tuple[str, ...], str] = {}
    for _, body in sorted(found):
        for document in _BETWEEN.split(dedent(body)):
            one = _object(document)
            if one and "<<" not in document:
                identity = _identity(one)
                last.pop(identity, None)
                last[identity] = document.strip("\n")
    return "\n---\n".join(last.values()) + "\n" if last else ""


def _value(written: str) -> str:
    return written.partition(":-")[2].removesuffix("}") if written.startswith("${") else written


def _filled(body: str, values: dict[str, str]) -> str:
    """Keys come from outside: their variables stay as they are, and those whose value is nowhere to be seen."""
    return re.sub(r"\$(?:\{([A-Z_]+)\}|([A-Z_]+))", lambda name: values.get(name[1] or name[2]) or name[0], body)


def objects_in(manifests: str) -> list[dict[str, Any]]:
    """The objects, as far as they can be read."""
    return [one for document in _BETWEEN.split(manifests) if (one := _object(document))]


def holds_provider(objects: list[dict[str, Any]]) -> bool:
    """Whether a complete provider is among them: a Backend of an OpenAI-compatible LLM, and a route that leads to it.

    Native APIs (Anthropic's, Gemini's, Bedrock's, ...) are not what this suite is about: alone they are no provider.
    """
    backends = {
        (_namespace(one), _name(one)) for one in objects if is_llm_backend(one) and _speaks_openai(one["spec"]["ai"])
    }
    return bool(backends & {place for one in objects if one["kind"] == "HTTPRoute" for place in referred(one)})


def is_llm_backend(one: dict[str, Any]) -> bool:
    """Whether an object is a Backend of an LLM, in either dialect."""
    spec = one.get("spec")
    if not isinstance(spec, dict):
        return False
    return (one["kind"] == "AgentgatewayBackend" and "ai" in spec) or (
        one["kind"] == "Backend" and str(one["apiVersion"]).startswith("gateway.kgateway.dev/") and "ai" in spec
    )


def referred(route: dict[str, Any]) -> set[tuple[str, str]]:
    """Namespaces and names of what a route leads to."""
    rules = (route.get("spec") or {}).get("rules") or []
    refs = [ref for rule in rules if isinstance(rule, dict) for ref in rule.get("backendRefs") or []]
    return {(str(ref.get("namespace") or _namespace(route)), str(ref.get("name"))) for ref in refs}


def _object(document: str) -> dict[str, Any] | None:
    try:
        one = yaml.safe_load(document)
    except yaml.YAMLError:
        return None
    return one if isinstance(one, dict) and {"apiVersion", "kind", "metadata"} <= one.keys() else None


def _identity(one: dict[str, Any]) -> tuple[str, ...]:
    return str(one["kind"]), _namespace(one), _name(one)


def _speaks_openai(part: Any) -> bool:
    """Whether somewhere below is a provider of OpenAI's API."""
    if isinstance(part, dict):
        return any(key in _OPENAI or _speaks_openai(value) for key, value in part.items())
    return isinstance(part, list) and any(map(_speaks_openai, part))


def _namespace(one: dict[str, Any]) -> str:
    return str((one["metadata"] or {}).get("namespace") or "default")


def _name(one: dict[str, Any]) -> str:
    return str((one["metadata"] or {}).get("name"))
