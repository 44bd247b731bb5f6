"""A documentation page as steps: what each part of it asks a reader to do, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from conformance.core.problems import InputProblem, Position
from conformance.core.startup.records import dataclass
from conformance.core.yaml.located import Document, read_documents
from conformance.pages.shell.curl import CurlRequest, parse_curl
from conformance.pages.shell.heredoc import Heredoc
from conformance.pages.shell.words import NotCarriedOut, Word

__all__ = [
    "GATEWAY_VARIABLE", "Apply", "Dummies", "ExpectedOutput", "Export", "Item", "Line", "NotRun", "Page", "PortForward",
    "Request", "Section", "Step", "Write",
]  # fmt: skip

# The page's name for the load balancer's address; whoever carries the page out gives it its value.
GATEWAY_VARIABLE = "INGRESS_GW_ADDRESS"


class Dummies(Mapping[str, str]):
    """The variables a page sets itself; every other name has a value too, that only tells which it is.

    Lets a command be checked before its variables are known. The dummies are host names under `.invalid`.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = {name: value for name, value in known.items() if name != GATEWAY_VARIABLE}

    def __getitem__(self, name: str) -> str:
        return self._known.get(name) or f"{name.lower().replace('_', '-')}.invalid"

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True)
class Item:
    """A numbered item of the page: `3. Create a Kubernetes secret ...`."""

    number: int
    text: str
    position: Position


@dataclass(frozen=True)
class Line:
    """A line of prose, without its indentation."""

    text: str
    position: Position


@dataclass(frozen=True)
class Export:
    """`export NAME=value`. With a placeholder (`<insert your API key>`) `value` is None: a key has to be generated.

    It is None, too, where the page asks the cluster for the `gateway`'s address.
    """

    name: str
    value: Word | None
    placeholder: str | None
    position: Position
    item: Item | None = None
    gateway: bool = False

    def resolve(self, variables: Mapping[str, str]) -> str | None:
        """The value, or None for a placeholder. Raises InputProblem for a variable without a value."""
        return self.value.resolve(variables) if self.value else None

    def remember(self, known: dict[str, str]) -> None:
        """Add the value to what is known, if the page itself gives it and all the variables in it."""
        if self.gateway:
            known[self.name] = Dummies({})[GATEWAY_VARIABLE]
        elif self.value and {piece.variable for piece in self.value.pieces if piece.variable} <= known.keys():
            known[self.name] = self.value.resolve(known)


@dataclass(frozen=True)
class Apply:
    """`kubectl apply -f- <<EOF` at `position`. `namespace` is that of `-n`, for documents that name none.

    `file` is the name of the file, where an earlier step of the page wrote it.
    """

    heredoc: Heredoc
    position: Position
    namespace: str = ""
    server_side: bool = False
    item: Item | None = None
    file: str = ""

    @property
    def text(self) -> str:
        """The documents as written, variables unresolved, without the page's indentation."""
        return self.heredoc.text

    def resolve(self, variables: Mapping[str, str]) -> str:
        """The text that kubectl would read. Raises InputProblem for a variable without a value."""
        return self.heredoc.resolve(variables)

    def documents(self, variables: Mapping[str, str]) -> list[Document]:
        """The YAML documents; their positions are the page's. Raises InputProblem, placed on the page too."""
        text = self.resolve(variables)
        try:
            documents = read_documents(text, self.position.file)
        except InputProblem as problem:
            place = self._place(problem.position or self.position)
            raise InputProblem(problem.message, position=place, field=problem.field, remedy=problem.remedy) from problem
        return [
            Document(one.data, {path: self._place(place) for path, place in one.positions.items()}) for one in documents
        ]

    def _place(self, place: Position) -> Position:
        return self.heredoc.locate(place.line, place.column)


@dataclass(frozen=True)
class Write:
    """A file that the page has its reader write, for a later step; nothing is written anywhere."""

    name: str
    heredoc: Heredoc = field(repr=False)
    position: Position
    item: Item | None = None


@dataclass(frozen=True)
class PortForward:
    """`kubectl port-forward` of the gateway: from now on `localhost:port` means it."""

    port: int
    text: str
    position: Position
    item: Item | None = None


@dataclass(frozen=True)
class Request:
    """A curl command to the gateway. `curl` has its variables still as written; `resolve` fills them in.

    `filtered`: only a part of the answer is printed, so an output after it is not the answer.
    """

    curl: CurlRequest
    words: tuple[Word, ...] = field(repr=False)
    position: Position
    text: str = field(repr=False)
    item: Item | None = None
    filtered: bool = False

    def resolve(self, variables: Mapping[str, str]) -> CurlRequest:
        """The request with its variables' values. Raises InputProblem for one without a value, or an unusable one."""
        try:
            request = parse_curl([word.resolve(variables) for word in self.words])
            request.parts()
        except NotCarriedOut as refused:
            raise InputProblem(f"with the variables filled in, {refused}", position=self.position) from refused
        return request


@dataclass(frozen=True)
class ExpectedOutput:
    """What the page says comes back. `value` is the JSON when `is_json`; otherwise only `text` is there."""

    text: str
    is_json: bool
    value: Any
    position: Position
    item: Item | None = None


@dataclass(frozen=True)
class NotRun:
    """Something that looks like a command and is not carried out, and why."""

    text: str
    reason: str
    position: Position
    item: Item | None = None


Step: TypeAlias = Export | Write | Apply | PortForward | Request | ExpectedOutput | NotRun


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, in the page's order."""

    title: str
    position: Position
    steps: tuple[Step, ...]
    prose: tuple[Line, ...]


@dataclass(frozen=True)
class Page:
    """A page; the first section holds what stands under the title itself. `tabs` names the ones it is read with."""

    title: str
    file: str
    sections: tuple[Section, ...]
    tabs: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in order."""
        return tuple(step for section in self.sections for step in section.steps)
