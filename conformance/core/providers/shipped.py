"""The providers whose facts the suite has, in `fixtures/providers/NAME.yaml`, and those of people's own files."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem, Position
from conformance.core.providers.provider import Provider, read_provider

__all__ = ["is_file", "known_hosts", "list_providers", "load_provider", "meant_path", "provider_at", "provider_file"]


@functools.cache
def list_providers() -> tuple[str, ...]:
    """The names of the providers whose facts the suite has."""
    return tuple(sorted(path.stem for path in fixtures("providers").glob("*.yaml")))


def is_file(name: str) -> bool:
    """Whether what was given in place of a provider's name is the path of a provider file."""
    return name.endswith((".yaml", ".yml"))


def provider_file(name: str) -> Path:
    """The file with a provider's facts, by name or by its own path. Raises InputProblem for an unknown name."""
    if is_file(name):
        return Path(name)
    if name not in list_providers():
        known = ", ".join(list_providers())
        remedy = meant_path(name) or f"use one of: {known}; or the path of a provider file"
        raise InputProblem(f"unknown provider {name!r}", remedy=remedy)
    return fixtures("providers", f"{name}.yaml")


def load_provider(name: str) -> Provider:
    """The facts of a provider by name, or from a file when `name` is a path to one.

    Raises InputProblem when there is none, or when the file is not as it should be.
    """
    path = provider_file(name)
    return _read(path) if is_file(name) else _shipped(path)


def provider_at(host: str) -> Provider | None:
    """The provider whose API is known to be at this host. Cheap: of the others' files only the hosts are looked at."""
    name = known_hosts().get(host.lower())
    return load_provider(name) if name else None


@functools.cache
def known_hosts() -> Mapping[str, str]:
    """The names of the providers that the suite knows, by host."""
    found: dict[str, str] = {}
    for path in fixtures("providers").glob("*.yaml"):
        # Ours have it at the beginning of a line; a whole YAML parser would take longer than all the rest of the start.
        if match := re.search(r"^host: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[match[1]] = path.stem
    return found


@functools.cache
def _shipped(path: Path) -> Provider:
    return _read(path)


def _read(path: Path) -> Provider:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputProblem(f"cannot be read: {error}", position=Position(str(path))) from error
    return read_provider(text, str(path))


_NAME = re.compile(r"[\w.-]{1,100}/?")

# Objects of Kubernetes have no such field at the top.
_FACTS = re.compile(r"^host:", re.MULTILINE)


def meant_path(name: str) -> str:
    """The remedy; empty when there is no such file or folder in the working directory."""
    if not _NAME.fullmatch(name):
        return ""
    found = (Path(f"{name.rstrip('/')}{end}") for end in (".yaml", ".yml", ""))
    path = next((one for one in found if one.exists()), None)
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:
        return ""  # nobody can use it, whatever is in it
    if _FACTS.search(text):
        return f"for the provider of {path} write its path: --provider ./{path}"
    return f"for the manifests in {path} write: agw-conformance certify {path}"
