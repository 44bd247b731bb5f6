"""Of the libraries that a run stands on, as much as it uses: to import them is half of the time to a verdict."""

from __future__ import annotations

import datetime
import functools
import importlib
import re
from typing import Any

from conformance.core.startup.partial import import_in_parts
from conformance.core.startup.stand_ins import StandIns, import_with_stand_ins

__all__ = ["import_what_is_used"]


class _Answer:
    """In place of `pydantic.BaseModel`, for what the client hands an answer on in: to make a model takes 50 ms."""

    def __init__(self, **values: object) -> None:
        vars(self).update(values)


class _Secret:
    """In place of `pydantic.SecretStr`, of which nobody makes one to send it."""


def _field(*_: object, **__: object) -> None:
    """In place of `pydantic.Field`."""


def _parse(text: str) -> datetime.datetime:
    """In place of `dateutil.parser.parse`, for times in answers that become objects of the client's own classes."""
    found: datetime.datetime = importlib.import_module("dateutil.parser").parse(text)
    return found


def _version(package: str) -> str:
    """In place of `importlib.metadata.version`, by which urllib3 looks for a package when it is to speak HTTP/2."""
    found: str = importlib.import_module("importlib.metadata").version(package)
    return found


class _Expression:
    """In place of a regular expression, which it becomes when something is asked of it: few are, in a run."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._given = pattern, flags

    @functools.cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiled, name)


_CLIENT: StandIns = {
    "pydantic": {
        "BaseModel": _Answer,
        "Field": _field,
        "SecretStr": _Secret,
        "StrictBytes": bytes,
        "StrictInt": int,
    },
    "dateutil.parser": {"parse": _parse},
}
_EXPRESSIONS: StandIns = {"re": {**vars(re), "compile": _Expression}}


def import_what_is_used() -> None:
    """Only for a process of our own: to others a library is what it says it is."""
    import_in_parts("kubernetes")
    import_in_parts("kubernetes.utils")
    import_in_parts("uvicorn", Config="config")
    import_with_stand_ins(
        {
            "kubernetes.client.api_client": _CLIENT,
            "kubernetes.client.api_response": _CLIENT,
            "urllib3.http2": {"importlib.metadata": {"version": _version}},
            "urllib3.util.url": _EXPRESSIONS,
            "cryptography.x509.name": _EXPRESSIONS,
            "yaml.reader": _EXPRESSIONS,
        }
    )
