"""Asks the Kubernetes API endpoint: a refusal is told; what it cannot answer just now is asked again for a while."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import urllib3
from kubernetes.client.exceptions import ApiException

from conformance.core import deadlines
from conformance.core.problems import SetupProblem
from conformance.core.redaction import redact

__all__ = ["Asking", "Refused", "is_passing", "refused"]

T = TypeVar("T")

_BUSY = {429, 502, 503, 504}
_INTERNAL = {"InternalError", "ServerTimeout", "Timeout"}
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts; the last for all that follow."""


@dataclass(unsafe_hash=True)  # not frozen: whoever raises an exception again sets its traceback
class Refused(Exception):
    """The API endpoint refused an object: HTTP status, reason (`Invalid`, ...) and message as it gave them."""

    status: int
    reason: str
    message: str

    def __str__(self) -> str:
        return self.message


class Asking:
    """Calls to one endpoint, each of which may be repeated: what changes objects here is the same done twice.

    An endpoint that restarts, is overloaded or behind a proxy that has lost it is no gateway's failure. One that has
    never answered is not waited for: it is not there.
    """

    def __init__(self) -> None:
        self._answered = False
        self._closing = threading.Event()

    def close(self) -> None:
        """Nobody waits any more: what is under way gets one answer or none."""
        self._closing.set()

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` returns. Raises Refused, or SetupProblem when there was no answer within `deadlines.ENDPOINT`."""
        end, attempt = deadlines.now() + deadlines.ENDPOINT, 0
        while True:
            try:
                found = work()
            except ApiException as error:
                if not is_passing(error):
                    self._answered = True
                    raise refused(error) from error
                problem, cause = _unanswered(f"answers {error.status}: {refused(error)}", "is it overloaded?"), error
            except urllib3.exceptions.HTTPError as error:
                problem, cause = _unanswered(f"does not answer: {error}", "is the cluster running?"), error
            else:
                self._answered = True
                return found
            if not self._answered or deadlines.now() > end or self.rest(attempt):
                raise problem from cause
            attempt += 1

    def rest(self, attempt: int = 0) -> bool:
        """Leave the endpoint alone for a moment before another attempt; whether there shall be none."""
        return self._closing.wait(_PAUSES[min(attempt, len(_PAUSES) - 1)])


def _unanswered(what: str, remedy: str) -> SetupProblem:
    return SetupProblem(f"the Kubernetes API endpoint {what}", remedy=remedy)


def is_passing(error: ApiException) -> bool:
    """Whether the endpoint may answer otherwise in a moment.

    A 500 may be a final word: that of server-side apply about a field that no schema has comes without a reason.
    """
    if error.status != 500:
        return error.status in _BUSY
    said = _status(error)
    return not said or said.get("reason", "") in _INTERNAL


def refused(error: ApiException) -> Refused:
    """What an error of the client says, in the endpoint's words."""
    said = _status(error)
    return Refused(error.status or 0, str(said.get("reason", "")), redact(str(said.get("message") or error.reason)))


def _status(error: ApiException) -> dict[str, object]:
    """The Status object of an answer (API conventions, "Response Status Kind"); empty where it is something else."""
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
