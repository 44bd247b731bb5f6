"""The shell's variables while a page is carried out, without a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.core.redaction import new_key
from conformance.pages import GATEWAY_VARIABLE

__all__ = ["Variables", "made_up_key"]

# What a page presumes its reader to have, as its name tells.
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)(?:_ID|_\d+)?$")


class Variables(Mapping[str, str]):
    """What the page has set; a key that it presumes its reader to have is made up, and listed in `made_up`."""

    def __init__(self) -> None:
        self._values = {GATEWAY_VARIABLE: "localhost"}
        self.made_up: list[str] = []

    def set(self, name: str, value: str) -> None:
        """Set a variable. That of the gateway's address stays what it is: no cluster has given it."""
        if name != GATEWAY_VARIABLE:
            self._values[name] = value

    def __getitem__(self, name: str) -> str:
        if name not in self._values and _SECRET_NAME.search(name):
            self._values[name] = made_up_key(name)
            self.made_up.append(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def made_up_key(name: str) -> str:
    """A key for a variable such as GROQ_API_KEY, which no vendor ever issued and output does not show."""
    return new_key(name.lower().replace("_", "-").removesuffix("-api-key")).reveal()
