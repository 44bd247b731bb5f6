"""The providers whose facts the suite has, in `fixtures/providers/NAME.yaml`, and those of people's own files."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from conformance.core.files import read_regular
from conformance.core.fixtures import fixtures
from conformance.core.problems import InputProblem
from conformance.core.providers.forms import fits_host, is_form
from conformance.core.providers.provider import Provider
from conformance.core.providers.reading import LARGEST_PROVIDER, read_provider

__all__ = [
    "is_file",
    "is_known",
    "known_hosts",
    "list_providers",
    "load_provider",
    "meant_path",
    "moved_from",
    "not_at",
    "provider_at",
    "provider_file",
]


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
    name = _named_at("", host.lower())
    return load_provider(name).at(host.lower()) if name else None


def moved_from(host: str) -> Provider | None:
    """The provider whose API is known to have been at this host."""
    name = _named_at("former_", host.lower())
    return load_provider(name) if name else None


def not_at(host: str) -> Provider | None:
    """The provider whose vendor is known to have something else at this host."""
    name = _named_at("not_at", host.lower())
    return load_provider(name) if name else None


def is_known(host: str) -> bool:
    """Whether anything is known of a host: who is there, who was, or who is not."""
    bare = host.lower().rstrip(".")
    return any(_named_at(role, bare) for role in ("", "former_", "not_at"))


def known_hosts() -> Mapping[str, str]:
    """The names of the providers that the suite knows, by host."""
    return {host: name for host, name in _hosts()[""].items() if not is_form(host)}


@functools.lru_cache(maxsize=1024)
def _named_at(role: str, host: str) -> str | None:
    hosts = _hosts()[role]
    return hosts.get(host) or next((name for form, name in hosts.items() if fits_host(form, host)), None)


_HOSTS = re.compile(r"^(?:(|other_|former_)hosts?|(not_at)): (.+)$", re.MULTILINE)


@functools.cache
def _hosts() -> Mapping[str, Mapping[str, str]]:
    """By what they are to it, the hosts and forms of hosts that a provider's file names."""
    found: dict[str, dict[str, str]] = {"": {}, "former_": {}, "not_at": {}}
    for path in fixtures("providers").glob("*.yaml"):
        # Ours have them on one line each; a whole YAML parser would take longer than all the rest of the start.
        for role, elsewhere, hosts in _HOSTS.findall(path.read_text(encoding="utf-8")):
            for host in re.findall(r"[^\s,\"\[\]]+", hosts):
                found["" if role == "other_" else role or elsewhere][host] = path.stem
    return found


@functools.cache
def _shipped(path: Path) -> Provider:
    return _read(path)


def _read(path: Path) -> Provider:
    return read_provider(read_regular(path, LARGEST_PROVIDER), str(path))


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
