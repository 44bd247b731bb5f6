"""What a page has established so far: variables, files, and what leads to the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.core.problems import InputProblem
from conformance.manifests.dialects import DIALECTS, dialect_named
from conformance.pages.model import Apply, Dummies, Export, PortForward, Step, Write
from conformance.pages.shell.heredoc import Heredoc
from conformance.pages.shell.words import NotCarriedOut

__all__ = ["Context"]


def _documented() -> set[str]:
    return {dialect_named(name).GATEWAY.name for name in DIALECTS}


@dataclass
class Context:
    """Grows with each step. `gateways` are names of Gateways, which are those of their Deployments and Services, too.

    `loose` is the last block of manifests that no command has used and no file name introduced.
    """

    variables: dict[str, str] = field(default_factory=dict)
    files: dict[str, Heredoc] = field(default_factory=dict)
    gateways: set[str] = field(default_factory=_documented)
    ports: set[int] = field(default_factory=lambda: {8080})
    loose: Heredoc | None = None

    def follow(self, step: Step) -> None:
        """Take in what a step establishes."""
        if isinstance(step, Export):
            step.remember(self.variables)
        elif isinstance(step, Write):
            self.files[step.name] = step.heredoc
        elif isinstance(step, PortForward):
            self.ports.add(step.port)
        elif isinstance(step, Apply):
            self.gateways |= _gateways_of(step)

    def file(self, name: str) -> Heredoc | None:
        """What the page has its reader write under a name; a path means its last part, too."""
        last = name.removeprefix("./")
        return self.files.get(last) or self.files.get(last.rpartition("/")[2])


def _gateways_of(step: Apply) -> set[str]:
    """The Gateways that manifests make or refer to; none where they cannot be read, which their own step will tell."""
    try:
        documents = [one.data for one in step.documents(Dummies({}))]
    except (InputProblem, NotCarriedOut):
        return set()
    found: set[str] = set()
    for data in documents:
        if _text(data, "kind") == "Gateway":
            found.add(_text(data, "metadata", "name"))
        if _text(data, "kind") == "HTTPRoute":
            parents = _dig(data, "spec", "parentRefs")
            found |= {_text(one, "name") for one in (parents if isinstance(parents, list) else [])}
    return found - {""}


def _dig(value: Any, *path: str) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(value: Any, *path: str) -> str:
    found = _dig(value, *path)
    return found if isinstance(found, str) else ""
