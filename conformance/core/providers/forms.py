"""Forms of hosts and paths that differ from customer to customer: `{resource}.openai.azure.com`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

__all__ = ["fits_host", "fits_path", "is_form", "lacking", "parts_of", "with_examples"]

_PART = re.compile(r"\{([a-z]+)\}")
# What stands for a part is no more than a label of a name, or a segment of a path.
_LABEL, _SEGMENT = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", r"[^/?#]+"


def is_form(text: str) -> bool:
    """Whether parts of it are the customer's."""
    return _PART.search(text) is not None


def parts_of(form: str) -> list[str]:
    """The names of these parts."""
    return _PART.findall(form)


def with_examples(form: str, examples: Mapping[str, str]) -> str:
    """The form with examples in place of its parts. Raises KeyError for a part without one."""
    return _PART.sub(lambda match: examples[match[1]], form)


def fits_host(form: str, host: str) -> bool:
    """Whether a host, in lower case, is of this form."""
    return form == host or (is_form(form) and _pattern(form, _LABEL).fullmatch(host) is not None)


def fits_path(form: str, target: str) -> bool:
    """Whether the path of a request target is of this form, whatever stands in their queries."""
    path, bare = form.partition("?")[0], target.partition("?")[0]
    return path == bare or (is_form(path) and _pattern(path, _SEGMENT).fullmatch(bare) is not None)


def lacking(form: str, target: str) -> list[str]:
    """The names of the query parameters that the form has and the target has not."""
    there = set(_parameters(target))
    return [name for name in _parameters(form) if name not in there]


def _parameters(target: str) -> Iterator[str]:
    query = target.partition("?")[2]
    return (part.partition("=")[0] for part in query.split("&")) if query else iter(())


@cache
def _pattern(form: str, part: str) -> re.Pattern[str]:
    # Every second piece is the name of a part.
    return re.compile("".join(part if index % 2 else re.escape(text) for index, text in enumerate(_PART.split(form))))
