"""A corruption: what a relay beside a gateway that is as it should be changes on the way, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Literal

from conformance.core.startup.records import dataclass

__all__ = ["Corruption", "Headers", "Hooks", "Message"]

Headers = list[tuple[str, str]]


@dataclass
class Message:
    """A request or the beginning of an answer, to be changed in place.

    `body` is all of a request's; of an answer it is empty where that is passed on as it comes.
    """

    headers: Headers
    method: str = ""
    target: str = ""
    status: int = 0
    body: bytes = b""

    def value(self, name: str) -> str:
        """The first header of that name; empty where there is none."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")

    def replace(self, name: str, *values: str) -> None:
        """Give a header these values, each a line of its own; none takes it away. One that is not there stays so."""
        found: Headers = []
        for one, value in self.headers:
            if one.lower() != name.lower():
                found.append((one, value))
            elif name.lower() not in {had.lower() for had, _ in found}:
                found += [(one, new) for new in values]
        self.headers = found


def _as_it_is(message: Message) -> None:
    """Change nothing."""


def _as_it_comes(data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Hooks:
    """What a relay does. `request` and `answer` change messages, `piece` what is read of an answer's body.

    `buffers`: an answer is passed on when it is complete, and `answer` sees its body. `twice`: each request is sent
    once more. `plain`: in the clear where TLS is wanted. `server_name`: for which TLS asks instead of the right one.
    `vouches`: whatever certificate the provider shows, the gateway sees one that is in order.
    """

    request: Callable[[Message], None] = _as_it_is
    answer: Callable[[Message], None] = _as_it_is
    piece: Callable[[bytes], bytes] = _as_it_comes
    buffers: bool = False
    twice: bool = False
    plain: bool = False
    server_name: str = ""
    vouches: bool = False


@dataclass(frozen=True)
class Corruption:
    """What a gateway that does so breaks: `defect` is one sentence, `source` is where the rule is from.

    `side`: between clients and the gateway, or between it and its providers, where the relay ends TLS. `area` is the
    one of the catalogue whose cases must notice it, and `told` the words by which a diagnosis names what is wrong.
    `hooks` are made for each relay, since some remember things.
    """

    name: str
    side: Literal["clients", "providers"]
    defect: str
    area: str
    source: str
    told: str
    hooks: Callable[[], Hooks] = field(repr=False)

    share = 1.0
    """It shows in each exchange that it concerns."""
    steps = ()
    """It is in none of the reference's, so that only its own area sees it: a relay that ends TLS may disturb others."""

    def is_of(self, dialect: str) -> bool:
        """Whether the dialect has what it breaks: each does."""
        return True
